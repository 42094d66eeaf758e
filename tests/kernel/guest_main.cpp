// SPDX-License-Identifier: LGPL-2.1-or-later
// The only process of a small guest. Each line of /rows is a module to load: gpuboot's own code
// judges it, gives it to the kernel, and judges again with what the kernel said. Prints one line
// "ROW {json}" for each, and turns the machine off.
#include <linux/reboot.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/digest.hpp"
#include "base/document.hpp"
#include "base/names.hpp"
#include "decide/judge.hpp"
#include "execute/kernel_modules.hpp"
#include "execute/marker_text.hpp"
#include "input/gather.hpp"
#include "input/host.hpp"
#include "input/kernel_log.hpp"
#include "input/modinfo.hpp"
#include "report/facts_record.hpp"

namespace {

using namespace gpuboot;
namespace fs = std::filesystem;

struct Row {
    std::string name, variant, module, how, options;
};

constexpr const char* claimed_gpu = "0000:01:00.0"; // the GPU that this machine claims to have

void say(const char* word, const Node& node) {
    std::printf("\n%s %s\n", word, to_json(node, false).c_str());
    std::fflush(stdout);
}

void mount_all() {
    for (const char* folder :
         {"/proc", "/sys", "/dev", "/run", "/var/lib/gpuboot/bakes", "/etc/modprobe.d", "/tmp"})
        fs::create_directories(folder);
    ::mount("proc", "/proc", "proc", 0, nullptr);
    ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
    ::mount("securityfs", "/sys/kernel/security", "securityfs", 0, nullptr);
    ::mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
}

std::vector<Row> read_rows() {
    std::vector<Row> rows;
    std::ifstream lines("/rows");
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        Row row;
        words >> row.name >> row.variant >> row.module >> row.how >> std::ws;
        std::getline(words, row.options);
        rows.push_back(row);
    }
    return rows;
}

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// A bake that is right in everything but what is odd about the module.
void write_bake(const Row& row, const std::string& image, const model::Facts& facts) {
    model::Marker marker;
    marker.id = "1.0.0-open-" + facts.host.kernel + "-0123456789ab";
    marker.driver_version = facts.pin.value->version;
    marker.kernel = facts.host.kernel;
    marker.arch = facts.host.arch;
    marker.source = "dkms:test";
    marker.source_sha256 = facts.pin.value->source.sha256;
    marker.kernel_config_sha256 = std::string(64, 'b');
    marker.compiler = marker.made_by = "tests/kernel";
    const std::string folder = std::string(names::store) + "/" + marker.id;
    const std::string path = "modules/" + row.module + ".ko";
    fs::remove_all(folder);
    fs::create_directories(folder + "/modules");
    write(folder + "/" + path, image);
    model::MarkerModule module{
        row.module, path, image.size(), sha256_hex(bytes_of(image)), facts.host.kernel + " SMP",
        "",         {}};
    const auto root = Root::open();
    auto fd = root->open_at(folder + "/" + path, 0);
    if (const auto info = input::read_modinfo(fd->get(), path)) {
        if (!info->vermagic.empty()) module.vermagic = info->vermagic;
        module.srcversion = info->srcversion;
        module.depends = info->depends;
    }
    marker.modules = {module};
    write(folder + "/marker.toml", execute::marker_text(marker));
}

Node record_of(const model::Verdict& verdict) {
    Array names, texts;
    for (const model::Reason& reason : verdict.reasons) {
        names.push_back(std::string(name_of(reason)));
        texts.push_back(to_text(reason));
    }
    return Table{{"verdict", to_text(verdict.kind)}, {"names", names}, {"texts", texts}};
}

/// Gives the module to the kernel in a child process; the errno, 0 when it was taken.
template <class Load> pid_t start(Load load) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(load());
    return child;
}

int end(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

Result<void> result_of(const Row& row, int error) {
    return error == 0 ? Result<void>() : fail_errno("init_module " + row.module, error);
}

/// Four loaders at once: two that hear the kernel's own word, and two of gpuboot's.
Result<void> race(const Row& row, const std::string& image) {
    std::vector<pid_t> plain, own;
    for (int i = 0; i < 2; ++i) {
        plain.push_back(start([&] {
            const auto done =
                ::syscall(SYS_init_module, image.data(), image.size(), row.options.c_str());
            return done == 0 ? 0 : errno;
        }));
        own.push_back(start([&] {
            const auto done = execute::insert_image(row.module, bytes_of(image));
            return done ? 0 : done.error().sys;
        }));
    }
    bool late = false; // one that came while another's load was under way
    int refused = 0;
    for (const pid_t child : plain) {
        const int error = end(child);
        if (error == EEXIST || error == EBUSY)
            late = true;
        else if (error != 0)
            refused = error;
    }
    for (const pid_t child : own)
        if (const int error = end(child); error != 0) refused = error;
    if (!late) return fail(Errc::Internal, "no loader was late");
    return result_of(row, refused);
}

Result<void> insert(const Row& row, const std::string& image) {
    if (row.how == "race") return race(row, image);
    if (row.how == "twice") { // the kernel's own word first: insert_image takes it for done
        if (auto first = execute::insert_image(row.module, bytes_of(image)); !first) return first;
        if (::syscall(SYS_init_module, image.data(), image.size(), "") != 0 && errno != EEXIST)
            return fail_errno("the second load");
        return execute::insert_image(row.module, bytes_of(image));
    }
    if (row.how != "powerless") return execute::insert_image(row.module, bytes_of(image));
    return result_of(row, end(start([&] {
                         if (::setresuid(65534, 65534, 65534) != 0) return 255;
                         const auto done = execute::insert_image(row.module, bytes_of(image));
                         return done ? 0 : done.error().sys;
                     })));
}

/// A machine without a GPU is not asked what its kernel demands, so that this one gets one.
Result<model::Facts> look(const Root& root) {
    auto facts = input::gather_machine(root, input::read_host());
    if (!facts) return facts;
    facts->gpus = {{claimed_gpu, "10de:20b0", ""}};
    input::read_surroundings(root, *facts);
    return facts;
}

Result<void> run(const Row& row) {
    if (row.how == "disabled") write("/proc/sys/kernel/modules_disabled", "1\n");
    write("/etc/modprobe.d/row.conf",
          row.options.empty() ? "" : "options " + row.module + " " + row.options + "\n");
    std::ostringstream bytes;
    bytes << std::ifstream("/variants/" + row.variant, std::ios::binary).rdbuf();
    const std::string image = std::move(bytes).str();

    auto root = Root::open();
    auto facts = look(*root);
    if (!facts) return forward(std::move(facts).error());
    facts->policy.modules = {row.module};
    facts->lacks = {}; // judged as on a machine that has a compiler
    write_bake(row, image, *facts);
    input::World world{std::move(*facts), {}, false};
    input::read_bakes(*root, world);
    const model::Verdict before = decide::judge(world.facts);

    input::KernelLog kernel_log;
    const auto done = insert(row, image);
    const std::string line = kernel_log.complaint();
    if (!done)
        world.facts.refused.push_back({world.facts.bakes.front().id, row.module, done.error().sys,
                                       line.empty() ? done.error().what : line});
    const char* error = done ? "" : ::strerrorname_np(done.error().sys);
    say("ROW", Table{{"row", row.name},
                     {"errno", error ? error : done.error().what.c_str()},
                     {"line", line},
                     {"before", record_of(before)},
                     {"after", record_of(decide::judge(world.facts))}});
    return done ? execute::remove_module(row.module) : Result<void>();
}

} // namespace

int main() {
    mount_all();
    for (const Row& row : read_rows())
        if (auto done = run(row); !done)
            say("BROKEN", Table{{"row", row.name}, {"error", done.error().what}});
    if (const auto root = Root::open())
        if (const auto facts = look(*root)) say("FACTS", report::record_of(*facts));
    ::sync();
    ::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF,
              nullptr);
    return 0;
}
