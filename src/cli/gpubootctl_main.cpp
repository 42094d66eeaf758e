// SPDX-License-Identifier: LGPL-2.1-or-later
// gpubootctl: parses the command line and says errors; everything else is a command.
#include <CLI/CLI.hpp>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "model/pin.hpp"

namespace {

using namespace gpuboot;
using Command = Result<int> (*)(const cli::Options&);

struct Words {
    std::string root = "/";
    std::string kernel;
    bool json = false;
    bool force = false;
    std::string pci, kind, arch, driver;
    std::vector<std::string> bakes;
    bool all = false, foreign = false, dry_run = false, strict = false, later = false;
};

struct Entry {
    const char* name;
    const char* help;
    Command run;
    bool takes_kernel = false;
    bool takes_force = false;
    bool takes_machine = false;
    bool takes_bakes = false;
};

constexpr Entry entries[] = {
    {"status", "what holds now: state, driver, GPUs, reasons", cli::status},
    {"check", "judge this machine, or the tree at --root; changes nothing", cli::check, true},
    {"why", "tell the story of this boot: found, done, what to do next", cli::why},
    {"plan", "show the steps that the present verdict leads to", cli::plan, true},
    {"simulate", "say what would happen on another machine with this store", cli::simulate, true,
     false, true},
    {"bake", "compile the pinned driver into the store; needs no GPU", cli::bake, true, true},
    {"kernels", "say of each installed kernel whether its GPU would be ready", cli::kernels},
    {"adopt", "take over modules of the pinned version that another tool compiled", cli::adopt,
     true},
    {"rebuild", "have this machine's driver compiled and loaded", cli::rebuild, false, true},
    {"list", "list the bakes in the store, and what keeps one from fitting", cli::list, true},
    {"purge", "delete bakes from the store, or other installations of the driver", cli::purge,
     false, false, false, true},
    {"audit", "list what of a GPU driver is live in the tree at --root; changes nothing",
     cli::audit},
    {"collect", "delete the bakes that the store's bounds leave no room for", cli::collect},
    {"deactivate", "take the driver away from this machine until it boots again", cli::deactivate},
    {"opt-out", "the same for good: no driver from gpuboot on this machine", cli::opt_out},
    {"opt-in", "take deactivate and opt-out back", cli::opt_in},
    {"facts", "print what is judged; a bug report that can become a test", cli::facts, true},
    {"version", "versions of gpuboot and of the pin", cli::version},
};

void add_machine(CLI::App& command, Words& parsed) {
    command.add_option("--pci", parsed.pci, "the GPU, as in 10de:2330")
        ->type_name("VENDOR:DEVICE")
        ->required();
    command.add_option("--kind", parsed.kind, "open, proprietary or grid; else the pin's");
    command.add_option("--arch", parsed.arch, "as uname -m prints it; else this machine's");
    command.add_option("--driver", parsed.driver, "the driver's version; else the pin's");
}

void add_purge(CLI::App& command, Words& parsed) {
    command.add_option("id", parsed.bakes, "the bakes that are meant; with --foreign, the kinds");
    command.add_flag("--all", parsed.all, "every bake but the active one");
    command.add_flag("--foreign", parsed.foreign,
                     "other installations: modules, dkms, marker, libraries, aks-gpu; none named: "
                     "what policy names");
    command.add_flag("--dry-run", parsed.dry_run, "with --foreign: only say what would go");
    command.add_flag("--strict", parsed.strict, "with --foreign: fail unless all of it is gone");
}

const Entry* parse(int count, char** words, Words& parsed, int& code) {
    CLI::App app("Gets this machine's GPU driver ready at boot, and says why when it cannot.",
                 "gpubootctl");
    app.require_subcommand(1);
    app.footer(
        "Exit codes: 0 ready or done, 1 failed, 2 usage, 3 blocked or, of audit, not clean,\n"
        "4 idle, 5 opted out, 6 a rebuild is needed, 7 a bake fits but is not active.");
    const Entry* chosen = nullptr;
    for (const Entry& entry : entries) {
        CLI::App* command = app.add_subcommand(entry.name, entry.help);
        command->add_flag("--json", parsed.json, "one JSON document instead of text");
        command->add_option("--root", parsed.root, "work on the tree at DIR")
            ->type_name("DIR")
            ->check(CLI::ExistingDirectory);
        if (entry.takes_kernel)
            command->add_option("--kernel", parsed.kernel, "the kernel release that is meant")
                ->type_name("RELEASE");
        if (entry.takes_force) command->add_flag("--force", parsed.force, "even if a bake fits");
        if (entry.run == cli::bake)
            command->add_flag("--later", parsed.later, "in the background, with --kernel");
        if (entry.takes_machine) add_machine(*command, parsed);
        if (entry.takes_bakes) add_purge(*command, parsed);
        command->callback([&chosen, &entry] { chosen = &entry; });
    }
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        code = app.exit(error) == 0 ? cli::exit_ready : cli::exit_usage;
        return nullptr;
    }
    return chosen;
}

int say(const Error& error) {
    std::fprintf(stderr, "gpubootctl: %s\n", error.what.c_str());
    return cli::exit_failed;
}

} // namespace

int main(int count, char** words) {
    Words parsed;
    int code = cli::exit_usage;
    const Entry* entry = parse(count, words, parsed, code);
    if (!entry) return code;
    if (!parsed.kernel.empty() && !model::is_kernel_release(parsed.kernel)) {
        std::fprintf(stderr, "gpubootctl: --kernel: wanted a kernel release, found \"%s\"\n",
                     parsed.kernel.c_str());
        return cli::exit_usage;
    }
    auto root = Root::open(parsed.root);
    if (!root) return say(root.error());
    cli::Options options{std::move(*root), std::nullopt, parsed.json, parsed.force, {}, {}, {}, {}};
    options.bakes = parsed.bakes;
    options.all = parsed.all;
    options.foreign = parsed.foreign;
    options.dry_run = parsed.dry_run;
    options.strict = parsed.strict;
    options.later = parsed.later;
    if (!parsed.kernel.empty()) options.kernel = parsed.kernel;
    if (!parsed.pci.empty()) options.pci = parsed.pci;
    if (!parsed.kind.empty()) options.kind = parsed.kind;
    if (!parsed.arch.empty()) options.arch = parsed.arch;
    if (!parsed.driver.empty()) options.driver = parsed.driver;
    auto result = entry->run(options);
    return result ? *result : say(result.error());
}
