// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/target.hpp"

#include <sys/utsname.h>

#include <algorithm>

#include "base/digest.hpp"
#include "input/kernel_config.hpp"

namespace gpuboot::source {

namespace {

constexpr std::string_view modules = "/lib/modules";
constexpr std::size_t header_limit = std::size_t{64} << 20;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// A compile is native: the tree's own compiler runs here.
Result<void> require_native(const std::string& arch) {
    struct utsname machine{};
    if (::uname(&machine) != 0) return fail_errno("uname");
    if (arch == machine.machine) return {};
    return fail(Errc::Unsupported, "the kernel is for " + arch + ", this machine is " +
                                       machine.machine + ": bake on a machine of that kind");
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// It goes into the marker as it is.
bool is_printable(const std::string& text) {
    return !text.empty() && text.size() <= 400 &&
           std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

Result<std::string> read_compiler(const input::KernelConfig& config, const std::string& program,
                                  const RunInside& run) {
    auto ran = run({program, "--version"});
    if (!ran) return forward(std::move(ran).error());
    std::string text = first_line(ran->output);
    if (!is_printable(text)) return fail(Errc::Io, program + " --version says nothing readable");
    if (!ran->succeeded()) return fail(Errc::Io, program + " --version failed: " + text);
    const std::string found = input::major_version(text);
    if (found != config.compiler_major)
        return fail(Errc::Unsupported, "the kernel was compiled with " + config.compiler_text +
                                           ", but " + program + " is " + text + ": install " +
                                           (config.clang ? "clang-" : "gcc-") +
                                           config.compiler_major);
    return text;
}

/// What a distribution's build of the headers leaves in them: its configuration, symbols and
/// their CRCs, and the build's own number and date. Absent files count as absent.
std::string digest_headers(const Root& root, const std::string& headers) {
    Sha256 sum;
    for (const char* file : {"/.config", "/Module.symvers", "/include/config/auto.conf",
                             "/include/generated/compile.h", "/include/generated/utsrelease.h",
                             "/include/generated/utsversion.h"}) {
        const auto text = root.read_text(headers + file, header_limit);
        sum.add(bytes_of(file + std::string(text ? ":" + sha256_hex(bytes_of(*text)) : "") + "\n"));
    }
    return sum.hex();
}

} // namespace

Result<std::string> choose_kernel(const Root& root, const std::optional<std::string>& asked,
                                  const model::Pin& pin) {
    const auto& wanted = asked ? asked : pin.kernel;
    if (wanted && !model::is_kernel_release(*wanted))
        return fail(Errc::BadInput, "\"" + *wanted + "\" is no kernel release");
    if (wanted) return *wanted;
    std::vector<std::string> found;
    if (auto names = root.list(modules))
        for (const std::string& name : *names)
            if (model::is_kernel_release(name) && root.exists(input::headers_of(name)))
                found.push_back(name);
    if (found.size() == 1) return found.front();
    if (found.empty())
        return fail(Errc::NotFound, "no kernel headers under " + std::string(modules) +
                                        ": install linux-headers-KERNEL, or name the kernel with "
                                        "--kernel");
    return fail(Errc::BadInput,
                "several kernels have headers (" + joined(found) + "): choose with --kernel");
}

Result<Target> read_target(const Root& root, const std::string& kernel, input::Toolchain tools,
                           const RunInside& run) {
    const std::string headers = input::headers_of(kernel);
    auto text = root.read_text(headers + "/.config", input::kernel_config_limit);
    if (!text) return forward(std::move(text).error(), "reading the kernel's configuration");
    auto config = input::read_kernel_config(*text);
    if (!config) return forward(std::move(config).error(), headers + "/.config");
    if (auto native = require_native(config->arch); !native)
        return forward(std::move(native).error());
    auto compiler = read_compiler(*config, tools.compiler, run);
    if (!compiler) return forward(std::move(compiler).error());
    return Target{kernel,
                  config->arch,
                  sha256_hex(bytes_of(*text)),
                  std::move(*compiler),
                  digest_headers(root, headers),
                  std::move(tools)};
}

} // namespace gpuboot::source
