// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/elf.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace gpuboot {

namespace {

/// The part that begins at `offset`; absent when it does not lie inside. Cannot overflow.
std::optional<ByteView> part(ByteView image, std::uint64_t offset, std::uint64_t size) {
    if (offset > image.size() || size > image.size() - offset) return std::nullopt;
    return image.subspan(offset, size);
}

/// A copy, because nothing says that the file is aligned.
template <class T> T copied(ByteView bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

Result<void> judge(const Elf64_Ehdr& header) {
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return fail(Errc::BadInput, "no ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(Errc::BadInput, "no 64-bit little-endian ELF file");
    if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT)
        return fail(Errc::BadInput, "unknown ELF version");
    if (header.e_ehsize != sizeof(Elf64_Ehdr)) return fail(Errc::BadInput, "wrong e_ehsize");
    if (header.e_shentsize != sizeof(Elf64_Shdr)) return fail(Errc::BadInput, "wrong e_shentsize");
    if (header.e_shnum == 0) return fail(Errc::BadInput, "no section table");
    if (header.e_shstrndx == SHN_UNDEF || header.e_shstrndx >= header.e_shnum)
        return fail(Errc::BadInput, "e_shstrndx names no section");
    return {};
}

std::unexpected<Error> bad_section(std::size_t number, std::string_view what) {
    return fail(Errc::BadInput, "section " + std::to_string(number) + ": " + std::string(what));
}

/// Its name is still to come: that needs the section of names.
Result<ElfSection> read_section(ByteView image, const Elf64_Shdr& header, std::size_t number) {
    ElfSection section{"", header.sh_type, header.sh_link, header.sh_size, {}};
    if (number == 0) {
        // The kernel, too, refuses a file whose first entry is not the empty one.
        if (header.sh_type != SHT_NULL || header.sh_size != 0 || header.sh_addr != 0)
            return bad_section(0, "not the empty one");
        return section;
    }
    if (header.sh_type == SHT_NULL || header.sh_type == SHT_NOBITS) return section;
    const auto bytes = part(image, header.sh_offset, header.sh_size);
    if (!bytes) return bad_section(number, "lies outside the file");
    section.bytes = *bytes;
    return section;
}

} // namespace

std::size_t Elf::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(sections, name, &ElfSection::name));
}

const ElfSection* Elf::find(std::string_view name) const {
    const auto found = std::ranges::find(sections, name, &ElfSection::name);
    return found == sections.end() ? nullptr : &*found;
}

Result<Elf> read_elf(ByteView image) {
    if (image.size() < sizeof(Elf64_Ehdr)) return fail(Errc::BadInput, "no ELF file");
    const auto header = copied<Elf64_Ehdr>(image);
    if (auto judged = judge(header); !judged) return forward(std::move(judged).error());
    const auto table =
        part(image, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
    if (!table) return fail(Errc::BadInput, "the section table lies outside the file");

    Elf elf{header.e_type, header.e_machine, {}};
    elf.sections.reserve(header.e_shnum);
    std::vector<std::uint32_t> name_offsets;
    name_offsets.reserve(header.e_shnum);
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        const auto entry = copied<Elf64_Shdr>(table->subspan(i * sizeof(Elf64_Shdr)));
        auto section = read_section(image, entry, i);
        if (!section) return forward(std::move(section).error());
        elf.sections.push_back(*section);
        name_offsets.push_back(entry.sh_name);
    }
    const ElfSection& holder = elf.sections[header.e_shstrndx];
    const std::string_view names = text_of(holder.bytes);
    if (holder.type != SHT_STRTAB || !names.ends_with('\0'))
        return fail(Errc::BadInput, "the section of names is none");
    for (std::size_t i = 0; i < elf.sections.size(); ++i) {
        if (name_offsets[i] >= names.size()) return bad_section(i, "its name lies outside");
        elf.sections[i].name = names.data() + name_offsets[i]; // a NUL ends the table
    }
    return elf;
}

} // namespace gpuboot
