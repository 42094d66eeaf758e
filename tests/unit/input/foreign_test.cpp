// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/foreign.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "fakes/module_image.hpp"
#include "fakes/temporary_root.hpp"
#include "input/dkms_marker.hpp"

using namespace gpuboot;
using namespace gpuboot::input;
using fakes::TemporaryRoot;
using namespace std::string_view_literals;

namespace {

constexpr const char* kernel = "6.1.0-50-cloud-amd64";
const std::string modules = std::string("/lib/modules/") + kernel;
const std::string good = "kernel=6.1.0-50-cloud-amd64\ndriver_version=535.261.03\n"
                         "driver_kind=cuda\narch=x86_64\n";

std::string flaw_of(std::string_view text) {
    const auto reading = parse_dkms_marker(text);
    CHECK(reading.value.has_value() == reading.flaw.empty());
    return reading.flaw;
}

std::string image(std::string_view name) {
    return fakes::module_image(name, kernel, "version=570.86.15\0"sv);
}

} // namespace

TEST_CASE("an older tool's marker is read, and each defect of one is named") { // F-48 S1-13 S1-20
    const auto marker = parse_dkms_marker(good);
    REQUIRE(marker.value);
    CHECK((*marker.value == DkmsMarker{kernel, "535.261.03", "cuda", "x86_64"}));
    CHECK(flaw_of("") == "has no newline at its end; kernel is missing; driver_version is missing; "
                         "driver_kind is missing; arch is missing");
    CHECK(flaw_of(good.substr(0, good.size() - 1)) == "has no newline at its end");
    CHECK(flaw_of("\xef\xbb\xbf" + good) == "begins with a byte order mark");
    CHECK(flaw_of(good + "arch=x86_64\n") == "line 5: arch stands there twice");
    CHECK(flaw_of(good + "made=by\n") == "line 5: unknown key \"made\"");
    CHECK(flaw_of(good + "\n") == "line 5: wanted KEY=VALUE, found \"\"");
    CHECK(flaw_of("kernel=\n" + good.substr(good.find('\n') + 1)) == "line 1: kernel is blank");
    CHECK(flaw_of("kernel=  \n" + good.substr(good.find('\n') + 1)) == "line 1: kernel is blank");
    CHECK(flaw_of("kernel=6.1 \n" + good.substr(good.find('\n') + 1)) ==
          "line 1: kernel cannot be \"6.1 \"");
    CHECK(flaw_of("kernel=../x\n" + good.substr(good.find('\n') + 1)).contains("cannot be"));
    CHECK(flaw_of("kernel=6.1\r\n" + good.substr(good.find('\n') + 1))
              .starts_with("holds a carriage return; line 1: kernel cannot be"));
    CHECK(flaw_of(good + std::string("arch=\0\n", 7)).starts_with("holds a NUL byte"));
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "x=" + std::to_string(i) + "\n";
    CHECK(flaw_of(many).size() < 400);
}

TEST_CASE("what lies at the marker's path must be a file of root's") { // F-48
    const TemporaryRoot tree;
    const std::string path(dkms_marker_path);
    CHECK((read_dkms_marker(tree.root) == model::Reading<DkmsMarker>{}));
    SUBCASE("a good one") {
        tree.write(path, good);
        CHECK(read_dkms_marker(tree.root).value);
    }
    SUBCASE("writable by others") {
        tree.write(path, good);
        ::chmod(tree.outside(path).c_str(), 0666);
        CHECK(read_dkms_marker(tree.root).flaw == "others than root may write it");
    }
    SUBCASE("a symlink") {
        tree.write("/good", good);
        tree.link(path, "/good");
        CHECK(read_dkms_marker(tree.root).flaw == "is a symlink");
    }
    SUBCASE("a directory") {
        tree.write(path + "/x", "");
        CHECK(read_dkms_marker(tree.root).flaw == "is no regular file");
    }
    SUBCASE("a FIFO") {
        tree.write("/opt/azure/aks-gpu/x", "");
        REQUIRE(::mkfifo(tree.outside(path).c_str(), 0600) == 0);
        CHECK(read_dkms_marker(tree.root).flaw == "is no regular file");
    }
    SUBCASE("huge") {
        tree.write(path, std::string(5000, '#'));
        CHECK(read_dkms_marker(tree.root).flaw == "has 5000 bytes: wanted four lines");
    }
}

TEST_CASE("a clean machine has nothing foreign") {
    const TemporaryRoot tree;
    CHECK(read_foreign(tree.root, kernel).empty());
    tree.write(modules + "/kernel/drivers/video/fbdev/nvidia/nvidiafb.ko", image("nvidiafb"));
    tree.write(modules + "/kernel/drivers/video/nvidiafb.ko", image("nvidiafb"));
    tree.write(modules + "/updates/dkms/zfs.ko", image("zfs"));
    tree.write("/var/lib/dkms/zfs/2.1/source/x", "");
    tree.write("/etc/ld.so.conf.d/libc.conf", "/usr/local/lib\n");
    tree.write("/var/lib/gpuboot/bakes/b1/modules/nvidia.ko", image("nvidia"));
    tree.link(modules + "/updates/gpuboot", "/var/lib/gpuboot/bakes/b1/modules"); // our own
    CHECK(read_foreign(tree.root, kernel).empty());
}

TEST_CASE("copies of the driver are found with path and version") { // S1-19 F-82
    const TemporaryRoot tree;
    tree.write(modules + "/updates/dkms/nvidia-uvm.ko", image("nvidia_uvm"));
    tree.write(modules + "/updates/dkms/nvidia.ko", image("nvidia"));
    tree.write(modules + "/extra/nvidia/nvidia.ko.xz", "compressed");
    tree.write(modules + "/kernel/drivers/video/nvidia-current.ko", image("nvidia"));
    tree.write("/lib/modules/6.5/updates/nvidia.ko", image("nvidia")); // another kernel's
    tree.write("/var/lib/dkms/nvidia/570.86.15/" + std::string(kernel) + "/x86_64/module/nvidia.ko",
               "");
    tree.link("/var/lib/dkms/nvidia/570.86.15/source", "/usr/src/nvidia-570.86.15");
    tree.link("/var/lib/dkms/nvidia/kernel-" + std::string(kernel), "570.86.15");
    tree.write("/var/lib/dkms/nvidia-fs/2.17.5/build/x", "");
    tree.write(std::string(dkms_marker_path), "kernel=\n");
    tree.write("/etc/ld.so.conf.d/nvidia.conf", "# moved\n/usr/bin/lib64\n/nowhere\n");
    tree.write("/usr/bin/lib64/libcuda.so.570.86.15", "");
    const auto found = read_foreign(tree.root, kernel);
    REQUIRE(found.size() == 7);
    using model::Foreign, model::ForeignKind;
    CHECK(
        (found[0] == Foreign{ForeignKind::Modules, modules + "/extra/nvidia", "", "1 module", ""}));
    CHECK((found[1] == Foreign{ForeignKind::Modules, modules + "/kernel/drivers/video", "570.86.15",
                               "1 module", ""}));
    CHECK((found[2] ==
           Foreign{ForeignKind::Modules, modules + "/updates/dkms", "570.86.15", "2 modules", ""}));
    CHECK((found[3] == Foreign{ForeignKind::Dkms, "/var/lib/dkms/nvidia/570.86.15", "570.86.15",
                               "built by DKMS for 6.1.0-50-cloud-amd64", ""}));
    CHECK((found[4] == Foreign{ForeignKind::Dkms, "/var/lib/dkms/nvidia-fs/2.17.5", "2.17.5",
                               "registered with DKMS", ""}));
    CHECK(found[5].flaw.starts_with("line 1: kernel is blank; driver_version is missing"));
    CHECK((found[6] == Foreign{ForeignKind::Libraries, "/etc/ld.so.conf.d/nvidia.conf", "",
                               "libraries in /usr/bin/lib64", ""}));
}
