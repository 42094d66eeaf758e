// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/module_image.hpp"

#include <doctest/doctest.h>

#include <random>

#include "fakes/module_image.hpp"

using namespace gpuboot;
using fakes::ModuleContent;
using fakes::ModuleFile;

namespace {

ModuleContent content() {
    ModuleContent content{"nvidia_uvm", "6.1.0-1 SMP mod_unload "};
    content.depends = "nvidia,drm";
    content.imports = {{"module_layout", 0x1234abcd}, {"nvUvmInterface", 7}};
    content.exports = {"one", "two"};
    return content;
}

Result<input::ModuleImage> read(const std::string& image, const char* arch = "x86_64") {
    return input::read_module_image(bytes_of(image), arch);
}

std::string flaw(const std::string& image, const char* arch = "x86_64") {
    const auto read_image = read(image, arch);
    return read_image ? "" : read_image.error().what;
}

constexpr std::string_view modinfo{"name=m\0vermagic=v\0", 18};

/// The sections of a module, but `leave_out`; `twice` is there twice.
std::string module_with(std::string_view leave_out, std::string_view twice = "",
                        std::string_view info = modinfo) {
    ModuleFile file;
    const auto add = [&](std::string_view name, std::uint32_t type, std::string_view bytes,
                         std::uint32_t link = 0) {
        if (name == leave_out) return;
        file.add(name, type, bytes, link);
        if (name == twice) file.add(name, type, bytes, link);
    };
    file.add(".strtab", SHT_STRTAB, std::string_view("\0", 1));
    add(".symtab", SHT_SYMTAB, std::string(24, '\0'), 1);
    add(".modinfo", SHT_PROGBITS, info);
    add(".gnu.linkonce.this_module", SHT_PROGBITS, "x");
    return file.finish(EM_X86_64);
}

std::string with_versions(const std::string& bytes) {
    ModuleFile file;
    file.add(".strtab", SHT_STRTAB, std::string_view("\0", 1));
    file.add(".symtab", SHT_SYMTAB, std::string(24, '\0'), 1);
    file.add(".modinfo", SHT_PROGBITS, modinfo);
    file.add(".gnu.linkonce.this_module", SHT_PROGBITS, "x");
    file.add("__versions", SHT_PROGBITS, bytes);
    return file.finish(EM_X86_64);
}

} // namespace

TEST_CASE("a module tells its name, needs, imports and exports") { // S1-20
    const auto image = read(module_image(content()));
    REQUIRE_MESSAGE(image, image.error().what);
    CHECK(image->name == "nvidia_uvm");
    CHECK(image->vermagic == "6.1.0-1 SMP mod_unload ");
    CHECK(image->srcversion == "0123456789ABCDEF0123456");
    CHECK(image->depends == std::vector<std::string>{"nvidia", "drm"});
    REQUIRE(image->imports.size() == 2);
    CHECK(image->imports[0].symbol == "module_layout");
    CHECK(image->imports[0].crc == 0x1234abcd);
    CHECK(image->imports[1].symbol == "nvUvmInterface");
    CHECK(image->exports == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a signature behind the module is no part of it") { // F-39
    CHECK(flaw(module_image(content()) + std::string(700, '\x30') +
               "~Module signature appended~") == "");
}

TEST_CASE("of a key that stands twice the first counts, as for the kernel") {
    ModuleContent twice = content();
    twice.more = std::string("name=other\0vermagic=6.1.0-9 \0", 29);
    const auto image = read(module_image(twice));
    REQUIRE(image);
    CHECK(image->name == "nvidia_uvm");
    CHECK(image->vermagic == "6.1.0-1 SMP mod_unload ");
}

TEST_CASE("another architecture's module is none for this one") {
    const std::string image = module_image(content());
    CHECK(flaw(image, "aarch64") == "for ELF machine 62");
    ModuleContent arm = content();
    arm.machine = EM_AARCH64;
    CHECK(flaw(module_image(arm), "aarch64") == "");
    CHECK(flaw(module_image(arm)) == "for ELF machine 183");
    std::string program = image;
    program[offsetof(Elf64_Ehdr, e_type)] = ET_DYN;
    CHECK(flaw(program) == "no relocatable ELF file");
}

TEST_CASE("what the kernel looks for is there exactly once") { // F-66
    CHECK(flaw(module_with("")) == "");
    CHECK(flaw(module_with(".modinfo")) == "wanted one section .modinfo");
    CHECK(flaw(module_with("", ".modinfo")) == "wanted one section .modinfo");
    CHECK(flaw(module_with(".gnu.linkonce.this_module")).contains("this_module"));
    CHECK(flaw(module_with("", ".gnu.linkonce.this_module")).contains("this_module"));
    CHECK(flaw(module_with(".symtab")) == "wanted one symbol table");
    CHECK(flaw(module_with("", ".symtab")) == "wanted one symbol table");
}

TEST_CASE("a .modinfo without an end, a name or a vermagic") {
    CHECK(flaw(module_with("", "", "name=m")) == ".modinfo does not end with a NUL");
    CHECK(flaw(module_with("", "", "")) == ".modinfo tells no name");
    CHECK(flaw(module_with("", "", {"vermagic=v\0", 11})) == ".modinfo tells no name");
    CHECK(flaw(module_with("", "", {"name=m\0", 7})) == ".modinfo tells no vermagic");
    CHECK(flaw(module_with("", "", {"\0\0junk\0name=m\0\0vermagic=v\0", 27})) == "");
}

TEST_CASE("broken versions of symbols") {
    std::string entry(64, '\0');
    entry[8] = 'a';
    CHECK(flaw(with_versions(entry)) == "");
    CHECK(flaw(with_versions(entry.substr(0, 63))) == "a broken section __versions");
    CHECK(flaw(with_versions(entry + "x")) == "a broken section __versions");
    CHECK(flaw(with_versions(std::string(64, '\0'))) == "a broken entry in __versions");
    CHECK(flaw(with_versions(std::string(8, '\0') + std::string(56, 'a'))) ==
          "a broken entry in __versions");
    entry[4] = 1; // a CRC of more than 32 bits
    CHECK(flaw(with_versions(entry)) == "a broken entry in __versions");
}

// The sanitizers watch: no byte outside the image is ever read.
TEST_CASE("damaged and cut modules never break the reader") { // F-31 F-32
    const std::string good = module_image(content());
    std::mt19937 random(20);
    std::size_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string bad = good;
        for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
            bad[random() % bad.size()] = static_cast<char>(random());
        if (i % 4 == 0) bad.resize(random() % bad.size());
        const Bytes exact(bytes_of(bad).begin(),
                          bytes_of(bad).end()); // its end is the end of memory
        refused += input::read_module_image(exact, "x86_64") ? 0 : 1;
    }
    CHECK(refused > 5'000);
}
