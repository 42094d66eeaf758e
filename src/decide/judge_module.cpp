// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge_module.hpp"

#include <algorithm>

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

constexpr std::size_t named_at_most = 5;

std::string or_nothing(const std::string& text) { return text.empty() ? "nothing" : text; }

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ",") + name;
    return or_nothing(text);
}

/// "52 of 315 symbols: module_layout (0x.. here 0x..), a (0x.., not exported), and 47 more".
std::string told(const SymbolComparison& symbols) {
    std::string text = std::to_string(symbols.differing.size()) + " of " +
                       std::to_string(symbols.compared) + " symbols differ:";
    std::size_t named = 0;
    for (const SymbolDifference& each : symbols.differing) {
        if (named == named_at_most) break;
        text += (named == 0 ? " " : ", ") + each.symbol + " (" + each.wanted + ", ";
        text += each.found.empty() ? "not exported)" : "here " + each.found + ")";
        ++named;
    }
    const std::size_t rest = symbols.differing.size() - named;
    return rest == 0 ? text : text + " and " + std::to_string(rest) + " more";
}

std::string_view words_after_release(std::string_view vermagic) {
    return vermagic.substr(std::min(vermagic.find(' '), vermagic.size()));
}

/// The kernel compares the words letter by letter, and the release only where CRCs do not tell
/// more than it (same_magic in kernel/module/version.c).
std::optional<Reason> judge_vermagic(const Facts& facts, const std::string& file,
                                     const FileFact& found) {
    const std::string& own = facts.abi.vermagic;
    if (!own.empty() && words_after_release(found.vermagic) != words_after_release(own))
        return Reason{VermagicDiffers, file, "\"" + own + "\"", found.vermagic};
    const auto release = found.vermagic.substr(0, found.vermagic.find(' '));
    if (release != facts.host.kernel && found.symbols.compared == 0)
        return Reason{VermagicDiffers, file, facts.host.kernel, found.vermagic};
    return std::nullopt;
}

} // namespace

std::optional<Reason> judge_module(const Facts& facts, const std::string& file,
                                   const MarkerModule& wanted, const FileFact& found) {
    if (!found.malformed.empty())
        return Reason{ModuleMalformed, file, "a kernel module for " + facts.host.arch,
                      found.malformed};
    if (found.name != wanted.name)
        return Reason{ModuleMalformed, file, "module " + wanted.name,
                      "it calls itself " + found.name};
    if (found.srcversion != wanted.srcversion)
        return Reason{SrcversionDiffers, file, or_nothing(wanted.srcversion),
                      or_nothing(found.srcversion)};
    if (found.depends != wanted.depends)
        return Reason{DependsDiffer, file, joined(wanted.depends), joined(found.depends)};
    if (!found.symbols.differing.empty())
        return Reason{SymbolsDiffer, file, facts.abi.symvers, told(found.symbols)};
    return judge_vermagic(facts, file, found);
}

} // namespace gpuboot::decide
