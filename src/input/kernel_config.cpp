// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/kernel_config.hpp"

#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

constexpr std::string_view digits = "0123456789";

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

bool is_version(std::string_view word) {
    const auto dot = word.find_first_not_of(digits);
    return dot != 0 && dot != std::string_view::npos && word[dot] == '.' &&
           word.find_first_of(digits, dot) == dot + 1;
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
    config.objtool =
        value_of(text, "CONFIG_OBJTOOL") == "y" || value_of(text, "CONFIG_STACK_VALIDATION") == "y";
    config.compiler_text = without_quotes(value_of(text, "CONFIG_CC_VERSION_TEXT"));
    config.clang = value_of(text, "CONFIG_CC_IS_CLANG") == "y";
    config.compiler =
        config.clang ? "clang" : config.compiler_text.substr(0, config.compiler_text.find(' '));
    config.compiler_major = major_version(config.compiler_text);
    if (!model::is_source_name(config.compiler) || config.compiler_major.empty())
        return fail(Errc::BadInput, "CONFIG_CC_VERSION_TEXT names no compiler");
    return config;
}

std::string major_version(std::string_view compiler_text) {
    std::string_view found;
    // gcc tells its version last, behind what its maker has to say; clang behind that word.
    while (!compiler_text.empty()) {
        const std::string_view word = compiler_text.substr(0, compiler_text.find(' '));
        const bool clang = compiler_text.starts_with("version ");
        compiler_text.remove_prefix(std::min(word.size() + 1, compiler_text.size()));
        if (is_version(word)) found = word;
        if (clang && is_version(compiler_text))
            return std::string(compiler_text.substr(0, compiler_text.find('.')));
    }
    return std::string(found.substr(0, found.find('.')));
}

} // namespace gpuboot::input
