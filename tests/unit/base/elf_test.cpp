// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/elf.hpp"

#include <doctest/doctest.h>
#include <elf.h>

#include <cstddef>

#include "fakes/module_image.hpp"

using namespace gpuboot;

namespace {

const std::string image = fakes::module_image("nvidia", "6.1.0-1");

template <class T> std::string with(std::size_t offset, T value) {
    std::string changed = image;
    std::memcpy(changed.data() + offset, &value, sizeof value);
    return changed;
}

std::string flaw(const std::string& bytes) {
    const auto elf = read_elf(bytes_of(bytes));
    return elf ? "" : elf.error().what;
}

std::size_t section(std::size_t number, std::size_t field) {
    Elf64_Ehdr header;
    std::memcpy(&header, image.data(), sizeof header);
    return header.e_shoff + number * sizeof(Elf64_Shdr) + field;
}

} // namespace

TEST_CASE("sections are found by name, as views into the file") {
    const auto elf = read_elf(bytes_of(image));
    REQUIRE(elf);
    CHECK(elf->type == ET_REL);
    CHECK(elf->machine == EM_X86_64);
    CHECK(elf->sections.front().name == "");
    const ElfSection* modinfo = elf->find(".modinfo");
    REQUIRE(modinfo);
    CHECK(text_of(modinfo->bytes).starts_with("name=nvidia"));
    CHECK(text_of(modinfo->bytes).data() == image.data() + image.find("name=nvidia"));
    CHECK(elf->count(".modinfo") == 1);
    CHECK(elf->find(".nothing") == nullptr);
}

TEST_CASE("each field of the header is held to its value") { // F-31 F-66
    CHECK(flaw(image) == "");
    CHECK(flaw("") == "no ELF file");
    CHECK(flaw(image.substr(0, 63)) == "no ELF file");
    CHECK(flaw(with(0, 'x')) == "no ELF file");
    CHECK(flaw(with(EI_CLASS, ELFCLASS32)).contains("64-bit"));
    CHECK(flaw(with(EI_DATA, ELFDATA2MSB)).contains("little-endian"));
    CHECK(flaw(with(EI_VERSION, '\2')) == "unknown ELF version");
    CHECK(flaw(with(offsetof(Elf64_Ehdr, e_version), 7)) == "unknown ELF version");
    CHECK(flaw(with(offsetof(Elf64_Ehdr, e_ehsize), Elf64_Half{63})) == "wrong e_ehsize");
    CHECK(flaw(with(offsetof(Elf64_Ehdr, e_shentsize), Elf64_Half{63})) == "wrong e_shentsize");
    CHECK(flaw(with(offsetof(Elf64_Ehdr, e_shnum), Elf64_Half{0})) == "no section table");
    CHECK(flaw(with(offsetof(Elf64_Ehdr, e_shnum), Elf64_Half{0xffff})) ==
          "the section table lies outside the file");
    for (const Elf64_Off offset : {image.size(), ~std::size_t{0}, ~std::size_t{0} - 63})
        CHECK(flaw(with(offsetof(Elf64_Ehdr, e_shoff), offset)) ==
              "the section table lies outside the file");
    for (const Elf64_Half index : {Elf64_Half{0}, Elf64_Half{0xffff}})
        CHECK(flaw(with(offsetof(Elf64_Ehdr, e_shstrndx), index)) == "e_shstrndx names no section");
    CHECK(flaw(with(offsetof(Elf64_Ehdr, e_shstrndx), Elf64_Half{3})) ==
          "the section of names is none");
}

TEST_CASE("no section reaches beyond the file, whatever its fields add up to") {
    CHECK(flaw(with(section(0, offsetof(Elf64_Shdr, sh_type)), 1)) ==
          "section 0: not the empty one");
    CHECK(flaw(with(section(0, offsetof(Elf64_Shdr, sh_size)), Elf64_Xword{1})) ==
          "section 0: not the empty one");
    for (const std::uint64_t huge : {image.size() + 1, ~std::size_t{0}, ~std::size_t{0} - 8}) {
        CHECK(flaw(with(section(3, offsetof(Elf64_Shdr, sh_size)), huge)) ==
              "section 3: lies outside the file");
        CHECK(flaw(with(section(3, offsetof(Elf64_Shdr, sh_offset)), huge)) ==
              "section 3: lies outside the file");
    }
    CHECK(flaw(with(section(3, offsetof(Elf64_Shdr, sh_name)), Elf64_Word{0xfffffff0})) ==
          "section 3: its name lies outside");
    // A section without bytes in the file may say any size.
    CHECK(flaw(with(section(4, offsetof(Elf64_Shdr, sh_type)), Elf64_Word{SHT_NOBITS})) == "");
}

TEST_CASE("names without an end are no names") {
    const auto elf = read_elf(bytes_of(image));
    REQUIRE(elf);
    const ByteView names = elf->find(".shstrtab")->bytes;
    const auto last =
        static_cast<std::size_t>(text_of(names).data() - image.data()) + names.size() - 1;
    CHECK(flaw(with(last, 'x')) == "the section of names is none");
}

TEST_CASE("a file cut off anywhere is refused, and read within its bounds") { // F-32
    for (std::size_t size = 0; size < image.size(); ++size)
        CHECK(flaw(image.substr(0, size)) != "");
}
