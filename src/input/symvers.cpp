// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/symvers.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/compression.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t file_limit = std::size_t{64} << 20;
/// Every kernel with modversions exports it, and every module of such a kernel imports it.
constexpr std::string_view layout = "module_layout";

struct Candidate {
    std::string path;
    std::string release; ///< a file beside it that says which kernel it is of; "": its path does
};

std::vector<Candidate> candidates(const std::string& kernel) {
    const std::string modules = "/lib/modules/" + kernel;
    std::vector<Candidate> list;
    for (const std::string& headers : {modules + "/build", "/usr/src/linux-headers-" + kernel})
        list.push_back({headers + "/Module.symvers", headers + "/include/generated/utsrelease.h"});
    for (const std::string& name : {modules + "/symvers", "/boot/symvers-" + kernel})
        for (const Compression packed : {Compression::Gzip, Compression::Xz, Compression::Zstd})
            list.push_back({name + std::string(suffix_of(packed)), ""});
    return list;
}

/// 0x4c9d28b0 TAB phys_base TAB vmlinux TAB ... ; absent: no such line.
std::optional<Export> parse(std::string_view line, std::size_t tab) {
    Export found;
    const char* const end = line.data() + tab;
    const auto [stop, error] = std::from_chars(line.data() + 2, end, found.crc, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    // Linux 5.3 to 5.6 had the namespace before the module's name, others have it last.
    found.of_kernel = line.contains("\tvmlinux\t") || line.ends_with("\tvmlinux");
    return found;
}

/// #define UTS_RELEASE "6.1.0-50-cloud-amd64"; "" when the file does not say it. (Debian's
/// include/config/kernel.release holds the version without the ABI's name.)
std::string release_in(const Root& root, const std::string& header) {
    if (header.empty()) return "";
    const std::string text = root.read_text(header, 4096).value_or("");
    const auto begin = text.find("UTS_RELEASE \"");
    if (begin == std::string::npos) return "";
    const std::string quoted = text.substr(text.find('"', begin) + 1);
    return quoted.substr(0, quoted.find('"'));
}

/// Absent: there is no such file. Else its text, or why it is not to be used.
std::optional<Result<Bytes>> read(const Root& root, const Candidate& candidate,
                                  const std::string& kernel) {
    auto fd = root.open_at(candidate.path, O_RDONLY);
    if (!fd && fd.error().code == Errc::NotFound) return std::nullopt;
    if (!fd) return forward(std::move(fd).error());
    if (auto regular = require_regular(fd->get(), candidate.path); !regular)
        return forward(std::move(regular).error());
    if (const std::string release = release_in(root, candidate.release);
        !release.empty() && release != kernel)
        return fail(Errc::BadInput, candidate.path + ": is of kernel " + release);
    auto bytes = read_rest(fd->get(), file_limit);
    const Compression packed = compression_of_file(candidate.path);
    if (bytes && packed != Compression::None) bytes = decompress(packed, *bytes, file_limit);
    if (!bytes) return forward(std::move(bytes).error(), candidate.path);
    return bytes;
}

} // namespace

std::string scan_symvers(std::string_view text, Exports& exports) {
    exports.reserve(static_cast<std::size_t>(std::ranges::count(text, '\n')));
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return "line " + std::to_string(number) + ": cut off";
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const auto tab = line.find('\t');
        const auto name_end = tab == std::string_view::npos ? tab : line.find('\t', tab + 1);
        if (!line.starts_with("0x") || name_end == std::string_view::npos)
            return "line " + std::to_string(number) + ": wanted CRC, symbol and module";
        const std::string_view name = line.substr(tab + 1, name_end - tab - 1);
        const auto found = parse(line, tab);
        if (!found) return "line " + std::to_string(number) + ": wanted a CRC of 32 bits";
        exports.try_emplace(name, *found);
    }
    return "";
}

Symvers read_symvers(const Root& root, const std::string& kernel) {
    Symvers symvers;
    const auto refuse = [&](std::string flaw) {
        if (symvers.flaw.empty()) symvers.flaw = std::move(flaw);
    };
    for (const Candidate& candidate : candidates(kernel)) {
        auto text = read(root, candidate, kernel);
        if (!text) continue;
        if (!*text) {
            refuse((*text).error().what);
            continue;
        }
        Exports exports;
        std::string flaw = scan_symvers(text_of(**text), exports);
        if (flaw.empty() && !exports.contains(layout)) flaw = "tells no versions of symbols";
        if (!flaw.empty()) {
            refuse(candidate.path + ": " + flaw);
            continue;
        }
        return {candidate.path, "", std::move(**text), std::move(exports)};
    }
    return symvers;
}

} // namespace gpuboot::input
