// SPDX-License-Identifier: LGPL-2.1-or-later
// A kernel module that no kernel would run but libkmod reads: an ELF file with nothing in it but
// a .modinfo section. Needs no compiler and no kernel.
#pragma once

#include <elf.h>

#include <array>
#include <string>
#include <string_view>

namespace gpuboot::fakes {

/// `more` holds further "key=value" entries, each ended by a NUL.
inline std::string module_image(std::string_view name, std::string_view kernel,
                                std::string_view more = {}) {
    using namespace std::string_view_literals;
    std::string modinfo;
    modinfo.append("name="sv).append(name).append("\0"sv);
    modinfo.append("vermagic="sv).append(kernel).append(" SMP mod_unload \0"sv);
    modinfo.append("depends=\0"sv).append("srcversion=0123456789ABCDEF0123456\0"sv).append(more);
    constexpr std::string_view names = "\0.modinfo\0.shstrtab\0"sv;

    Elf64_Ehdr header{};
    constexpr std::array<unsigned char, 7> ident{ELFMAG0,    ELFMAG1,     ELFMAG2,   ELFMAG3,
                                                 ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
    for (std::size_t i = 0; i < ident.size(); ++i)
        header.e_ident[i] = ident[i];
    header.e_type = ET_REL;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 3;
    header.e_shstrndx = 2;
    header.e_shoff = sizeof header;

    std::array<Elf64_Shdr, 3> sections{};
    const std::size_t data = sizeof header + sizeof sections;
    sections[1].sh_name = 1;
    sections[1].sh_type = SHT_PROGBITS;
    sections[1].sh_flags = SHF_ALLOC;
    sections[1].sh_offset = data;
    sections[1].sh_size = modinfo.size();
    sections[2].sh_name = 10;
    sections[2].sh_type = SHT_STRTAB;
    sections[2].sh_offset = data + modinfo.size();
    sections[2].sh_size = names.size();

    std::string image(reinterpret_cast<const char*>(&header), sizeof header);
    image.append(reinterpret_cast<const char*>(sections.data()), sizeof sections);
    return image.append(modinfo).append(names);
}

} // namespace gpuboot::fakes
