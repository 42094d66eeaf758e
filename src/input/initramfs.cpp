// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/initramfs.hpp"

#include <fcntl.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/compression.hpp"
#include "input/module_files.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t image_limit = std::size_t{512} << 20;
constexpr std::size_t header_size = 110; // "070701" and 13 numbers of eight hex digits
constexpr std::size_t size_at = 54, name_size_at = 94;
constexpr std::string_view last_member = "TRAILER!!!";

std::optional<std::size_t> number_at(std::string_view header, std::size_t at) {
    std::uint32_t number = 0;
    const std::string_view digits = header.substr(at, 8);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

std::size_t aligned(std::size_t at) { return (at + 3) & ~std::size_t{3}; }

bool is_archive(std::string_view rest) {
    return rest.starts_with("070701") || rest.starts_with("070702");
}

/// Walks one archive from `at` on and returns where it ends; absent: it is cut or broken.
std::optional<std::size_t> walk(std::string_view image, std::size_t at,
                                std::vector<std::string>& found) {
    while (image.size() >= at + header_size && is_archive(image.substr(at))) {
        const std::string_view header = image.substr(at, header_size);
        const auto size = number_at(header, size_at), name_size = number_at(header, name_size_at);
        if (!size || !name_size || *name_size == 0) return std::nullopt;
        const std::size_t content = aligned(at + header_size + *name_size);
        if (content > image.size() || *size > image.size() - content) return std::nullopt;
        const std::string_view name = image.substr(at + header_size, *name_size - 1);
        at = std::min(aligned(content + *size), image.size());
        if (name == last_member) return at;
        if (is_driver_file(std::string(name.substr(name.rfind('/') + 1)))) found.emplace_back(name);
    }
    return std::nullopt;
}

Compression compression_at(std::string_view rest) {
    using namespace std::string_view_literals;
    if (rest.starts_with("\x1f\x8b"sv)) return Compression::Gzip;
    if (rest.starts_with("\xfd\x37zXZ\0"sv)) return Compression::Xz;
    if (rest.starts_with("\x28\xb5\x2f\xfd"sv)) return Compression::Zstd;
    return Compression::None;
}

Result<void> read_part(ByteView image, bool packed, std::vector<std::string>& found) {
    const std::string_view text = text_of(image);
    for (std::size_t at = 0;;) {
        at = text.find_first_not_of('\0', at);
        if (at == std::string_view::npos) return {};
        if (is_archive(text.substr(at))) {
            const auto end = walk(text, at, found);
            if (!end) return fail(Errc::BadInput, "its cpio archive is cut or broken");
            at = *end;
            continue;
        }
        const Compression compression = compression_at(text.substr(at));
        if (compression == Compression::None || packed)
            return fail(Errc::Unsupported, "neither cpio nor gzip, xz or zstd from byte " +
                                               std::to_string(at) + " on");
        auto unpacked = decompress(compression, image.subspan(at), image_limit);
        if (!unpacked) return forward(std::move(unpacked).error());
        return read_part(*unpacked, true, found);
    }
}

} // namespace

Result<std::vector<std::string>> driver_modules_in(ByteView image) {
    std::vector<std::string> found;
    if (auto read = read_part(image, false, found); !read) return forward(std::move(read).error());
    return found;
}

Result<std::vector<std::string>> driver_modules_in_file(const Root& root, const std::string& path) {
    auto fd = root.open_at(path, O_RDONLY);
    if (!fd) return forward(std::move(fd).error());
    if (auto regular = require_regular(fd->get(), path); !regular)
        return forward(std::move(regular).error());
    auto image = read_rest(fd->get(), image_limit);
    if (!image) return forward(std::move(image).error());
    return driver_modules_in(*image);
}

std::string told_of(const std::vector<std::string>& modules) {
    return std::to_string(modules.size()) + (modules.size() == 1 ? " module" : " modules") +
           " inside, among them " + modules.front();
}

std::vector<model::Foreign> read_initramfs(const Root& root, const std::string& kernel) {
    std::vector<model::Foreign> foreign;
    const std::array paths{"/boot/initrd.img-" + kernel, "/boot/initramfs-" + kernel + ".img",
                           "/boot/initrd-" + kernel};
    for (const std::string& path : paths) {
        const auto modules = driver_modules_in_file(root, path);
        if (!modules &&
            (modules.error().code == Errc::Unsupported || modules.error().code == Errc::NotFound))
            continue;
        if (!modules)
            foreign.push_back({model::ForeignKind::Initramfs, path, "", "", modules.error().what});
        else if (!modules->empty())
            foreign.push_back({model::ForeignKind::Initramfs, path, "", told_of(*modules), ""});
    }
    return foreign;
}

} // namespace gpuboot::input
