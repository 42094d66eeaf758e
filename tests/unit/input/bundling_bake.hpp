// SPDX-License-Identifier: LGPL-2.1-or-later
// A bake on disk that brings a userspace of three files.
#pragma once

#include "input/store.hpp"
#include "unit/input/bake_on_disk.hpp"

namespace gpuboot::tests {

class BundlingBake : public BakeOnDisk {
  public:
    BundlingBake() {
        tree.write(path("lib/libcuda.so.535.261.03"), "library");
        tree.link(path("lib/libcuda.so.1"), "libcuda.so.535.261.03");
        tree.write(path("bin/nvidia-smi"), "program");
        std::string marker = tree.read(path("marker.toml"));
        marker.replace(marker.find("format = 1"), 10, "format = 2");
        marker.insert(marker.find("\n[[module]]"),
                      "userspace_sha256 = \"" + std::string(64, 'b') + "\"\n");
        marker +=
            "\n[[file]]\npath = \"lib/libcuda.so.535.261.03\"\nsize = 7\nsha256 = \"" +
            sha256_hex(bytes_of("library")) +
            "\"\nsoname = \"libcuda.so.1\"\n\n[[file]]\npath = \"lib/libcuda.so.1\"\ntarget = "
            "\"libcuda.so.535.261.03\"\n\n[[file]]\npath = \"bin/nvidia-smi\"\nsize = 7\n"
            "sha256 = \"" +
            sha256_hex(bytes_of("program")) + "\"\n";
        tree.write(path("marker.toml"), marker);
    }

    static input::Wanted wanted() { return {kernel, arch, version}; }
};

} // namespace gpuboot::tests
