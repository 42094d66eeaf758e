// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/module_image.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "base/elf.hpp"
#include "input/modinfo.hpp"

namespace gpuboot::input {

namespace {

constexpr std::string_view this_module = ".gnu.linkonce.this_module";
constexpr std::size_t imports_at_most = 65'536;

/// struct modversion_info of a 64-bit kernel.
struct Version {
    std::uint64_t crc;
    char name[56];
};
static_assert(sizeof(Version) == 64);

std::unexpected<Error> malformed(std::string what) { return fail(Errc::BadInput, std::move(what)); }

bool is_for(std::uint16_t machine, std::string_view arch) {
    return (machine == EM_X86_64 && arch == "x86_64") ||
           (machine == EM_AARCH64 && arch == "aarch64");
}

/// As the kernel asks: one section each of what it looks up by name, and one table of symbols.
Result<void> judge_shape(const Elf& elf, std::string_view arch) {
    if (elf.type != ET_REL) return malformed("no relocatable ELF file");
    if (!is_for(elf.machine, arch))
        return malformed("for ELF machine " + std::to_string(elf.machine));
    for (const std::string_view name : {std::string_view(".modinfo"), this_module})
        if (elf.count(name) != 1) return malformed("wanted one section " + std::string(name));
    if (elf.count("__versions") > 1) return malformed("two sections __versions");
    if (elf.find(this_module)->size == 0) return malformed(std::string(this_module) + " is empty");
    if (std::ranges::count(elf.sections, std::uint32_t{SHT_SYMTAB}, &ElfSection::type) != 1)
        return malformed("wanted one symbol table");
    const auto table =
        std::ranges::find(elf.sections, std::uint32_t{SHT_SYMTAB}, &ElfSection::type);
    if (table->bytes.empty() || table->bytes.size() % sizeof(Elf64_Sym) != 0)
        return malformed("a broken symbol table");
    if (table->link >= elf.sections.size() || elf.sections[table->link].type != SHT_STRTAB)
        return malformed("a symbol table without names");
    return {};
}

/// Calls `use` for each text that a NUL ends; false when the last has none.
template <class Use> bool for_each_text(std::string_view bytes, Use use) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\0');
        if (end == std::string_view::npos) return false;
        if (end > 0) use(bytes.substr(0, end)); // between them lies padding
        bytes.remove_prefix(end + 1);
    }
    return true;
}

/// Of several values for a key the first counts, as for the kernel.
Result<void> read_modinfo(const ElfSection& section, ModuleImage& image) {
    std::string_view depends;
    const auto take = [](auto& place, std::string_view value) {
        if (place.empty()) place = value;
    };
    const bool whole = for_each_text(text_of(section.bytes), [&](std::string_view entry) {
        const auto equals = entry.find('=');
        if (equals == std::string_view::npos) return;
        const auto key = entry.substr(0, equals), value = entry.substr(equals + 1);
        if (key == "name") take(image.name, value);
        if (key == "vermagic") take(image.vermagic, value);
        if (key == "srcversion") take(image.srcversion, value);
        if (key == "version") take(image.version, value);
        if (key == "depends") take(depends, value);
    });
    if (!whole) return malformed(".modinfo does not end with a NUL");
    if (image.name.empty()) return malformed(".modinfo tells no name");
    if (image.vermagic.empty()) return malformed(".modinfo tells no vermagic");
    image.depends = split_names(depends);
    return {};
}

Result<void> read_imports(ByteView bytes, ModuleImage& image) {
    const std::size_t count = bytes.size() / sizeof(Version);
    if (bytes.size() % sizeof(Version) != 0 || count > imports_at_most)
        return malformed("a broken section __versions");
    image.imports.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        Version version;
        std::memcpy(&version, bytes.data() + i * sizeof version, sizeof version);
        const std::size_t length = ::strnlen(version.name, sizeof version.name);
        if (length == 0 || length == sizeof version.name || version.crc > UINT32_MAX)
            return malformed("a broken entry in __versions");
        image.imports.push_back(
            {std::string(version.name, length), static_cast<std::uint32_t>(version.crc)});
    }
    return {};
}

} // namespace

Result<ModuleImage> read_module_image(ByteView bytes, std::string_view arch) {
    auto elf = read_elf(bytes);
    if (!elf) return forward(std::move(elf).error());
    if (auto shape = judge_shape(*elf, arch); !shape) return forward(std::move(shape).error());
    ModuleImage image;
    if (auto read = read_modinfo(*elf->find(".modinfo"), image); !read)
        return forward(std::move(read).error());
    if (const ElfSection* versions = elf->find("__versions"))
        if (auto read = read_imports(versions->bytes, image); !read)
            return forward(std::move(read).error());
    // Names of exports, and of the namespaces they are in: more than exact is harmless here.
    if (const ElfSection* names = elf->find("__ksymtab_strings"))
        if (!for_each_text(text_of(names->bytes),
                           [&](std::string_view name) { image.exports.emplace_back(name); }))
            return malformed("__ksymtab_strings does not end with a NUL");
    return image;
}

} // namespace gpuboot::input
