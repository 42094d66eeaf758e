// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/names.hpp"
#include "fakes/kernel_headers.hpp"
#include "fakes/module_image.hpp"
#include "input/pin.hpp"
#include "source/bake_id.hpp"
#include "source/tree_digest.hpp"

namespace gpuboot::crash {

namespace fs = std::filesystem;

namespace {

std::string arch() {
    struct utsname machine{};
    ::uname(&machine);
    return machine.machine;
}

} // namespace

void Tree::make() const {
    fs::create_directories(directory_);
    fs::permissions(directory_, fs::perms(0755));
    write("/etc/foreign", "not ours");
    fakes::install_headers(*this, kernel, "gcc-12 12.2.0");
    fakes::install_programs(*this);
    write("/lib/modules/6.1.0-2/modules.dep", "");
    write("/usr/src/drv-1.0.0/dkms.conf",
          "PACKAGE_NAME=drv\nPACKAGE_VERSION=1.0.0\nMAKE=make\nBUILT_MODULE_NAME[0]=nvidia\n"
          "BUILT_MODULE_NAME[1]=nvidia-uvm\n");
    write("/usr/src/drv-1.0.0/nvidia/a.c", "int a;\n");
    write("/usr/src/drv-1.0.0/b.c", "int b;\n");
    write("/usr/src/drv-1.0.0/conftest.sh", "");
    const auto root = Root::open(directory_);
    const auto listed = source::list_tree(*root, "/usr/src/drv-1.0.0");
    write("/etc/gpuboot/versions.toml", "schema = 1\n[driver]\nversion = \"1.0.0\"\nkind = "
                                        "\"open\"\n[driver.source]\ntype = \"dkms\"\n"
                                        "name = \"drv\"\nsha256 = \"" +
                                            *source::digest_tree(*root, *listed) + "\"\n");
    write(std::string(names::store) + "/stranger/file", "not ours");
    write(std::string(names::store) + "/.unknown/file", "not ours");
    write("/proc/modules", "");
}

void Tree::write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(outside(path)).parent_path());
    std::ofstream(outside(path), std::ios::binary) << text;
}

void Tree::link(const std::string& path, const std::string& target) const {
    fs::create_directories(fs::path(outside(path)).parent_path());
    fs::create_symlink(target, outside(path));
}

std::string Tree::read(const std::string& path) const {
    std::ostringstream text;
    text << std::ifstream(outside(path), std::ios::binary).rdbuf();
    return text.str();
}

void Tree::become(const Tree& other) const {
    remove();
    fs::copy(other.directory_, directory_,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

void Tree::remove() const { fs::remove_all(directory_); }

std::map<std::string, std::string> Tree::content() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(directory_)) {
        struct stat status{};
        ::lstat(entry.path().c_str(), &status);
        const std::string path = entry.path().string().substr(directory_.size());
        std::string text = std::to_string(status.st_mode) + ":";
        if (S_ISREG(status.st_mode)) text += read(path);
        if (S_ISLNK(status.st_mode)) text += fs::read_symlink(entry.path()).string();
        all.emplace(path, std::move(text));
    }
    return all;
}

std::vector<std::string> Tree::names(const std::string& path) const {
    std::vector<std::string> found;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(outside(path), absent))
        found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
}

model::Marker inputs(const Tree& tree, const std::string& kernel, const std::string& compiler) {
    const auto root = Root::open(tree.directory());
    const auto pin = input::read_pin(*root).pin.value;
    model::Marker marker;
    marker.driver_version = pin->version;
    marker.kind = pin->kind;
    marker.kernel = kernel;
    marker.arch = arch();
    marker.source = "dkms:drv";
    marker.source_sha256 = pin->source.sha256;
    marker.kernel_config_sha256 = std::string(64, 'b');
    marker.compiler = compiler;
    marker.made_by = "the crash driver";
    marker.id = source::bake_id(marker);
    return marker;
}

std::string image(const std::string& name, const std::string& kernel, std::size_t size) {
    // Not the same block again and again: a block that was lost must show.
    std::string noise = "noise=";
    for (std::uint32_t seed = 1; noise.size() < size; seed = seed * 1664525 + 1013904223)
        noise += static_cast<char>('a' + (seed >> 24) % 26);
    noise.push_back('\0');
    return fakes::module_image(name, kernel, noise);
}

} // namespace gpuboot::crash
