// SPDX-License-Identifier: LGPL-2.1-or-later
// A kernel module that no kernel would run: an ELF file of the right shape with nothing in it but
// what it says of itself. Needs no compiler and no kernel.
#pragma once

#include <elf.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gpuboot::fakes {

struct ModuleContent {
    std::string name;
    std::string vermagic;
    std::string depends{};
    std::string srcversion{"0123456789ABCDEF0123456"};
    std::string more{}; ///< further "key=value" entries of .modinfo, each ended by a NUL
    std::vector<std::pair<std::string, std::uint32_t>> imports{};
    std::vector<std::string> exports{};
    std::uint16_t machine = EM_X86_64;
};

/// Sections behind a header, the names last.
class ModuleFile {
  public:
    void add(std::string_view name, std::uint32_t type, std::string_view bytes,
             std::uint32_t link = 0) {
        Elf64_Shdr section{};
        section.sh_name = static_cast<Elf64_Word>(names_.size());
        section.sh_type = type;
        section.sh_flags = SHF_ALLOC;
        section.sh_link = link;
        section.sh_offset = sizeof(Elf64_Ehdr) + data_.size();
        section.sh_size = bytes.size();
        names_.append(name).push_back('\0');
        data_.append(bytes);
        data_.resize((data_.size() + 7) / 8 * 8, '\0');
        sections_.push_back(section);
    }

    std::string finish(std::uint16_t machine) {
        add(".shstrtab", SHT_STRTAB, names_ + ".shstrtab" + '\0');
        Elf64_Ehdr header{};
        constexpr std::array<unsigned char, 7> ident{ELFMAG0,    ELFMAG1,     ELFMAG2,   ELFMAG3,
                                                     ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
        std::memcpy(header.e_ident, ident.data(), ident.size());
        header.e_type = ET_REL;
        header.e_machine = machine;
        header.e_version = EV_CURRENT;
        header.e_ehsize = sizeof header;
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = static_cast<Elf64_Half>(sections_.size());
        header.e_shstrndx = static_cast<Elf64_Half>(sections_.size() - 1);
        header.e_shoff = sizeof header + data_.size();
        std::string image(reinterpret_cast<const char*>(&header), sizeof header);
        image.append(data_);
        return image.append(reinterpret_cast<const char*>(sections_.data()),
                            sections_.size() * sizeof(Elf64_Shdr));
    }

  private:
    std::vector<Elf64_Shdr> sections_{Elf64_Shdr{}};
    std::string names_{"\0", 1};
    std::string data_;
};

inline std::string versions_of(const ModuleContent& content) {
    std::string versions;
    for (const auto& [symbol, crc] : content.imports) {
        const std::uint64_t wide = crc;
        versions.append(reinterpret_cast<const char*>(&wide), sizeof wide);
        versions.append(symbol).resize((versions.size() + 63) / 64 * 64, '\0');
    }
    return versions;
}

inline std::string module_image(const ModuleContent& content) {
    using namespace std::string_view_literals;
    std::string modinfo;
    const auto say = [&](std::string_view key, std::string_view value) {
        modinfo.append(key).append("=").append(value).push_back('\0');
    };
    say("name", content.name);
    say("vermagic", content.vermagic);
    say("depends", content.depends);
    if (!content.srcversion.empty()) say("srcversion", content.srcversion);
    modinfo += content.more;
    std::string exports;
    for (const std::string& symbol : content.exports)
        exports.append(symbol).push_back('\0');

    ModuleFile file;
    file.add(".symtab", SHT_SYMTAB, std::string(sizeof(Elf64_Sym), '\0'), 2);
    file.add(".strtab", SHT_STRTAB, "\0"sv);
    file.add(".modinfo", SHT_PROGBITS, modinfo);
    file.add(".gnu.linkonce.this_module", SHT_PROGBITS, std::string(64, '\0'));
    if (!content.imports.empty()) file.add("__versions", SHT_PROGBITS, versions_of(content));
    if (!exports.empty()) file.add("__ksymtab_strings", SHT_PROGBITS, exports);
    return file.finish(content.machine);
}

/// `more` holds further "key=value" entries, each ended by a NUL.
inline std::string module_image(std::string_view name, std::string_view kernel,
                                std::string_view more = {}) {
    ModuleContent content{std::string(name), std::string(kernel) + " SMP mod_unload "};
    content.more = more;
    return module_image(content);
}

} // namespace gpuboot::fakes
