// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/boot_loader.hpp"

#include <doctest/doctest.h>

#include "fakes/boot_menu.hpp"
#include "fakes/temporary_root.hpp"
#include "input/grub_environment.hpp"
#include "input/grub_menu.hpp"

using namespace gpuboot;
using namespace gpuboot::fakes;
using input::read_boot_choice;
using model::BootChoice;
using model::BootEntry;
using model::BootLoader;

namespace {

using Entries = std::vector<BootEntry>;

constexpr const char* cfg = "/boot/grub/grub.cfg";
constexpr const char* env = "/boot/grub/grubenv";

struct Grub : TemporaryRoot {
    Grub() {
        write(cfg, grub_menu({newest, older, oldest}));
        write(env, grub_environment(""));
    }
    BootChoice with_saved(const std::string& saved) const {
        write(env, grub_environment("kept=1\nsaved_entry=" + saved + "\n"));
        return read_boot_choice(root);
    }
};

/// Debian's systemd-boot: a glob as the default, entries of kernel-install(8), the newest counted.
struct Systemd : TemporaryRoot {
    Systemd() {
        write("/boot/efi/EFI/systemd/systemd-bootx64.efi", "program");
        write("/boot/efi/loader/loader.conf", "timeout 3\n#default x\ndefault  ab12-*\n");
        for (const std::string_view kernel : {oldest, newest, older}) {
            const std::string tries = kernel == newest ? "+3-0" : "";
            write("/boot/efi/loader/entries/ab12-" + std::string(kernel) + tries + ".conf",
                  "title Debian\nversion " + std::string(kernel) + "\nlinux /ab12/linux\n");
        }
    }
};

std::string id_of(std::string_view kernel) { return "ab12-" + std::string(kernel) + ".conf"; }

} // namespace

TEST_CASE_FIXTURE(Grub, "Debian's menu: the first entry of each kernel, in the menu's order") {
    const BootChoice choice = read_boot_choice(root);
    CHECK(choice.flaw == "");
    CHECK(choice.obstacle == "");
    CHECK(choice.loader == BootLoader::Grub);
    CHECK(choice.file == env);
    const Entries wanted{{std::string(newest), "gnulinux-simple-0c1d"},
                         {std::string(older), entry_id(older)},
                         {std::string(oldest), entry_id(oldest)}};
    CHECK((choice.entries == wanted));
    CHECK(choice.set == "");
    CHECK(choice.kernel == newest);
}

TEST_CASE_FIXTURE(Grub, "a saved entry leads where GRUB would go: by ids, titles and numbers") {
    CHECK(with_saved(entry_id(older)).set == entry_id(older));
    CHECK(with_saved(entry_id(older)).kernel == older);
    CHECK(with_saved("0").kernel == newest);
    CHECK(with_saved("1>2").kernel == older);
    CHECK(with_saved("1>4").kernel == oldest);
    CHECK(with_saved("Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux " +
                     std::string(oldest))
              .kernel == oldest);
    CHECK(with_saved("osprober-gnulinux-simple-9f").kernel == "");
    CHECK(with_saved("Bob's memory test").kernel == "");
    for (const char* nowhere : {"1", "9", "1>9", "gone", ">", "1>", "gnulinux-simple-0c1d>0"})
        CHECK(with_saved(nowhere).kernel == "");
}

TEST_CASE_FIXTURE(Grub, "a default that GRUB does not take from saved_entry cannot be set") {
    write(cfg, grub_menu({newest, older}, "0"));
    CHECK(read_boot_choice(root).obstacle.contains("GRUB_DEFAULT=saved"));
    write(cfg, grub_menu({newest, older}) + "set default=\"2\"\n");
    CHECK(read_boot_choice(root).obstacle.contains("GRUB_DEFAULT=saved"));
    write(cfg, grub_menu({newest, older}));
    write("/boot/grub/custom.cfg", "set default=1\n");
    CHECK(read_boot_choice(root).obstacle.contains("custom.cfg"));
}

TEST_CASE_FIXTURE(Grub, "an environment elsewhere cannot be set") {
    write(env, grub_environment("env_block=512+1\n"));
    CHECK(read_boot_choice(root).obstacle.contains("env_block"));
    write("/boot/efi/EFI/fedora/grubenv", grub_environment(""));
    std::filesystem::remove(outside(env));
    link(env, "../efi/EFI/fedora/grubenv");
    CHECK(read_boot_choice(root).flaw == std::string(env) + ": wanted a plain file");
}

TEST_CASE_FIXTURE(Grub, "a hostile or broken grubenv is no environment") { // F-117
    const std::string right = grub_environment("saved_entry=0\n");
    for (const std::string& text :
         {std::string(), right.substr(1), right + "#", std::string(1024, '#'),
          std::string(1 << 20, '#'), "# grub environment block" + right.substr(24)}) {
        write(env, text);
        CHECK(read_boot_choice(root).flaw.starts_with(env));
    }
    // A backslash takes the line's end along, also the block's last one.
    std::string endless = right.substr(0, 1023) + "\\";
    write(env, endless);
    CHECK(read_boot_choice(root).set == "0");
}

TEST_CASE_FIXTURE(Grub, "a menu that has no end, or is nested or long beyond reason, is none") {
    std::string deep, wide;
    for (int level = 0; level < 100'000; ++level)
        deep += "submenu 'x' {\n";
    for (int entry = 0; entry < 2000; ++entry)
        wide += "menuentry 'x' {\n}\n";
    for (const std::string& text : {deep, wide, std::string("menuentry 'x' {\n")}) {
        write(cfg, text);
        CHECK(read_boot_choice(root).flaw.starts_with(cfg));
    }
    write(cfg, "}\n}\nmenuentry\n'\n\\\nset\nset default=\nlinux\nsubmenu {\n}\n");
    CHECK(read_boot_choice(root).flaw == "");
    CHECK((read_boot_choice(root).entries == Entries{}));
}

TEST_CASE("a variable of grubenv is set, replaced and taken out; all else is kept") {
    const std::string before = grub_environment("a=1\nsaved_entry=old\n# mine\nb=x\\\\y\\\nz\n");
    const auto changed = input::with_grub_variable(before, "saved_entry", "new>\\");
    REQUIRE(changed);
    CHECK(*changed == grub_environment("a=1\nsaved_entry=new>\\\\\n# mine\nb=x\\\\y\\\nz\n"));
    CHECK(input::grub_variable(*changed, "saved_entry") == "new>\\");
    CHECK(input::grub_variable(*changed, "b") == "x\\y\nz");
    CHECK(input::with_grub_variable(before, "saved_entry", "").value() ==
          grub_environment("a=1\n# mine\nb=x\\\\y\\\nz\n"));
    CHECK(input::with_grub_variable(before, "c", "2").value().contains("z\nc=2\n###"));
    CHECK(!input::with_grub_variable(before, "saved_entry", "a\nb=c"));
    CHECK(!input::with_grub_variable(before, "saved_entry", std::string(1000, 'x')));
}

TEST_CASE("entries in files are blscfg's menu, the newest kernel first") {
    const TemporaryRoot tree;
    tree.write("/boot/grub2/grub.cfg", "set default=\"${saved_entry}\"\ninsmod blscfg\nblscfg\n");
    tree.write("/boot/grub2/grubenv", grub_environment("saved_entry=ab-5.14.0-427.el9.x86_64\n"));
    for (const std::string kernel : {"5.14.0-427.el9.x86_64", "5.14.0-1000.el9.x86_64"})
        tree.write("/boot/loader/entries/ab-" + kernel + ".conf",
                   "title x\nlinux /vmlinuz-" + kernel + "\n");
    const BootChoice choice = read_boot_choice(tree.root);
    const Entries wanted{{"5.14.0-1000.el9.x86_64", "ab-5.14.0-1000.el9.x86_64"},
                         {"5.14.0-427.el9.x86_64", "ab-5.14.0-427.el9.x86_64"}};
    CHECK((choice.entries == wanted));
    CHECK(choice.kernel == "5.14.0-427.el9.x86_64");
    CHECK(choice.obstacle == "");
}

TEST_CASE_FIXTURE(Systemd, "systemd-boot: entries by their version, the default is a pattern") {
    const BootChoice choice = read_boot_choice(root);
    CHECK(choice.flaw == "");
    CHECK(choice.loader == BootLoader::SystemdBoot);
    CHECK(choice.file == "/boot/efi/loader/loader.conf");
    const Entries wanted{{std::string(newest), id_of(newest)},
                         {std::string(older), id_of(older)},
                         {std::string(oldest), id_of(oldest)}};
    CHECK((choice.entries == wanted));
    CHECK(choice.set == "ab12-*");
    CHECK(choice.kernel == newest);
    write("/boot/efi/loader/loader.conf", "default @saved\n");
    CHECK(read_boot_choice(root).kernel == "");
    write("/boot/efi/loader/loader.conf", "");
    CHECK(read_boot_choice(root).kernel == newest);
}

TEST_CASE_FIXTURE(Systemd, "the default of loader.conf is set in place, all other lines are kept") {
    const BootChoice choice = read_boot_choice(root);
    CHECK(input::with_default(choice, "a 1\n default\tx y \nb 2", "new").value() ==
          "a 1\ndefault new\nb 2");
    CHECK(input::with_default(choice, "a 1", "new").value() == "a 1\ndefault new\n");
    CHECK(input::with_default(choice, "a 1\ndefault new\n", "").value() == "a 1\n");
    CHECK(!input::with_default(choice, "", "a\ntimeout 0"));
}

TEST_CASE_FIXTURE(Systemd, "images are known by their name and a kernel that is installed") {
    write("/lib/modules/6.1.0-60-amd64/modules.builtin", "");
    write("/boot/EFI/Linux/my-2-host-6.1.0-60-amd64+2.efi", "MZ");
    write("/boot/EFI/Linux/debian-6.1.0-99-amd64.efi", "MZ");
    CHECK((read_boot_choice(root).entries.front() ==
           BootEntry{"6.1.0-60-amd64", "my-2-host-6.1.0-60-amd64.efi"}));
}

TEST_CASE_FIXTURE(Systemd, "an entry that would be a pattern, or names no kernel, is none") {
    for (const char* name : {"*.conf", "a?b.conf", "x\x1b[2J.conf", "memtest.conf"})
        write("/boot/efi/loader/entries/" + std::string(name),
              std::string(name) == "memtest.conf" ? "efi /memtest.efi\n" : "version 9.9.9\n");
    CHECK(read_boot_choice(root).entries.size() == 3);
}

TEST_CASE_FIXTURE(Systemd, "the firmware's variable wins over loader.conf") {
    write("/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "x");
    CHECK(read_boot_choice(root).obstacle.contains("LoaderEntryDefault"));
}

TEST_CASE_FIXTURE(Systemd, "beside GRUB the firmware says who ran") {
    write(cfg, grub_menu({newest}));
    write(env, grub_environment(""));
    CHECK(read_boot_choice(root).loader == BootLoader::Grub);
    std::string info("\x06\0\0\0", 4);
    for (const char c : std::string("systemd-boot 252"))
        info += std::string{c, '\0'};
    write("/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", info);
    CHECK(read_boot_choice(root).loader == BootLoader::SystemdBoot);
}

TEST_CASE("a machine without a loader that is known says so") {
    const TemporaryRoot tree;
    CHECK(read_boot_choice(tree.root).flaw.contains("no known boot loader"));
}
