// SPDX-License-Identifier: LGPL-2.1-or-later
// A tree with one small bake in its store, right in everything.
#pragma once

#include <string>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "fakes/module_image.hpp"
#include "fakes/temporary_root.hpp"

namespace gpuboot::tests {

class BakeOnDisk {
  public:
    static constexpr const char* kernel = "6.1.0-50-cloud-amd64";
    static constexpr const char* arch = "x86_64";
    static constexpr const char* version = "535.261.03";
    static constexpr const char* id = "535.261.03-open-6.1.0-50-cloud-amd64-1f2e3d4c5b6a";

    struct Options {
        std::string nvidia_image; ///< "": a module
    };

    BakeOnDisk() : BakeOnDisk(Options{}) {}

    explicit BakeOnDisk(const Options& options) {
        const std::string nvidia =
            options.nvidia_image.empty() ? image("nvidia") : options.nvidia_image;
        tree.write(path("modules/nvidia.ko"), nvidia);
        tree.write(path("modules/nvidia-uvm.ko"), image("nvidia_uvm"));
        const std::string digest(64, 'a');
        tree.write(path("marker.toml"),
                   std::string("format = 1\nid = \"") + id + "\"\ndriver_version = \"" + version +
                       "\"\nkind = \"open\"\nkernel = \"" + kernel + "\"\narch = \"" + arch +
                       "\"\nsource = \"dkms:nvidia-current-open\"\nsource_sha256 = \"" + digest +
                       "\"\nkernel_config_sha256 = \"" + digest +
                       "\"\ncompiler = \"gcc 12\"\nmade_by = \"a test\"\n" +
                       module("nvidia", "nvidia", nvidia) +
                       module("nvidia_uvm", "nvidia-uvm", image("nvidia_uvm")));
    }

    std::string image(const std::string& name) const { return fakes::module_image(name, kernel); }

    /// Inside the tree; `file` is below the bake.
    std::string path(const std::string& file) const {
        return std::string(names::store) + "/" + id + "/" + file;
    }
    std::string outside(const std::string& file) const { return tree.outside(path(file)); }

    fakes::TemporaryRoot tree;

  private:
    static std::string module(const std::string& name, const std::string& file,
                              const std::string& bytes) {
        return "\n[[module]]\nname = \"" + name + "\"\npath = \"modules/" + file +
               ".ko\"\nsize = " + std::to_string(bytes.size()) + "\nsha256 = \"" +
               sha256_hex(bytes_of(bytes)) + "\"\npieces_sha256 = \"" +
               sha256_of_pieces(bytes_of(bytes)) + "\"\nvermagic = \"" + kernel +
               " SMP mod_unload \"\nsrcversion = \"0123456789ABCDEF0123456\"\n";
    }
};

} // namespace gpuboot::tests
