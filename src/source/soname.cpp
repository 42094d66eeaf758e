// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/soname.hpp"

#include <elf.h>

#include <cstring>
#include <optional>
#include <vector>

namespace gpuboot::source {

namespace {

/// A copy, because nothing says that the file is aligned; absent when it does not lie inside.
template <class T> std::optional<T> value_at(ByteView image, std::uint64_t offset) {
    if (offset > image.size() || sizeof(T) > image.size() - offset) return std::nullopt;
    T value;
    std::memcpy(&value, image.data() + offset, sizeof value);
    return value;
}

bool is_machine(std::uint16_t machine, std::string_view arch) {
    if (arch == "x86_64") return machine == EM_X86_64;
    if (arch == "aarch64") return machine == EM_AARCH64;
    return true;
}

bool is_library(const Elf64_Ehdr& header, std::string_view arch) {
    return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
           header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
           header.e_type == ET_DYN && header.e_phentsize == sizeof(Elf64_Phdr) &&
           is_machine(header.e_machine, arch);
}

/// Where in the file an address lies once it is mapped.
std::optional<std::uint64_t> offset_of(const std::vector<Elf64_Phdr>& segments,
                                       std::uint64_t address) {
    for (const Elf64_Phdr& segment : segments)
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
            address - segment.p_vaddr < segment.p_filesz)
            return segment.p_offset + (address - segment.p_vaddr);
    return std::nullopt;
}

std::optional<std::string> soname_in(ByteView image, const Elf64_Ehdr& header) {
    std::vector<Elf64_Phdr> segments;
    for (std::size_t i = 0; i < header.e_phnum; ++i)
        if (const auto segment =
                value_at<Elf64_Phdr>(image, header.e_phoff + i * sizeof(Elf64_Phdr)))
            segments.push_back(*segment);
    std::optional<std::uint64_t> names, name;
    for (const Elf64_Phdr& segment : segments) {
        if (segment.p_type != PT_DYNAMIC) continue;
        for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz;
             at += sizeof(Elf64_Dyn)) {
            const auto entry = value_at<Elf64_Dyn>(image, segment.p_offset + at);
            if (!entry || entry->d_tag == DT_NULL) break;
            if (entry->d_tag == DT_STRTAB) names = offset_of(segments, entry->d_un.d_ptr);
            if (entry->d_tag == DT_SONAME) name = entry->d_un.d_val;
        }
    }
    if (!names || !name || *name >= image.size() || *names >= image.size() - *name)
        return std::nullopt;
    const std::string_view rest = text_of(image.subspan(*names + *name));
    return std::string(rest.substr(0, rest.find('\0')));
}

} // namespace

std::string soname_of(std::string_view file, ByteView image, std::string_view arch) {
    if (!file.starts_with("lib") || !file.contains(".so")) return "";
    const auto header = value_at<Elf64_Ehdr>(image, 0);
    if (!header || !is_library(*header, arch)) return "";
    const auto soname = soname_in(image, *header);
    return soname && !soname->empty() ? *soname : std::string(file);
}

} // namespace gpuboot::source
