// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/kernel_config.hpp"

#include "model/pin.hpp"

namespace gpuboot::source {

namespace {

/// The text after "KEY=" at the start of a line; "" when no line has it.
std::string_view value_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
            return line.substr(key.size() + 1);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return "";
}

std::string_view without_quotes(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        return text.substr(1, text.size() - 2);
    return text;
}

} // namespace

Result<KernelConfig> read_kernel_config(std::string_view text) {
    KernelConfig config;
    if (value_of(text, "CONFIG_X86_64") == "y") config.arch = "x86_64";
    if (value_of(text, "CONFIG_ARM64") == "y") config.arch = "aarch64";
    if (config.arch.empty())
        return fail(Errc::Unsupported, "this architecture is not supported: wanted x86_64 or "
                                       "aarch64");
    if (value_of(text, "CONFIG_MODULES") != "y")
        return fail(Errc::Unsupported, "this kernel loads no modules (CONFIG_MODULES)");
    config.compiler_text = without_quotes(value_of(text, "CONFIG_CC_VERSION_TEXT"));
    config.compiler = config.compiler_text.substr(0, config.compiler_text.find(' '));
    config.compiler_major = major_version(config.compiler_text);
    if (!model::is_source_name(config.compiler) || config.compiler_major.empty())
        return fail(Errc::BadInput, "CONFIG_CC_VERSION_TEXT names no compiler");
    if (config.compiler.contains("clang"))
        return fail(Errc::Unsupported, "kernels compiled with clang are not supported yet");
    return config;
}

std::string major_version(std::string_view compiler_text) {
    const auto space = compiler_text.rfind(' ');
    if (space == std::string_view::npos) return "";
    const std::string_view version = compiler_text.substr(space + 1);
    return std::string(version.substr(0, version.find_first_not_of("0123456789")));
}

} // namespace gpuboot::source
