// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/cdi.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "base/document.hpp"
#include "base/names.hpp"
#include "input/companions.hpp"

namespace gpuboot::input {

namespace {

using model::CdiFacts;

constexpr std::size_t spec_limit = std::size_t{4} << 20;

/// What programs load by these names (dlopen, or as needed by one of them): the driver's manual,
/// chapter "Installed Components".
constexpr std::array<std::string_view, 22> libraries{
    "libcuda.so.1",
    "libcudadebugger.so.1",
    "libnvidia-ml.so.1",
    "libnvidia-ptxjitcompiler.so.1",
    "libnvidia-nvvm.so.4",
    "libnvidia-opencl.so.1",
    "libnvidia-cfg.so.1",
    "libnvidia-allocator.so.1",
    "libnvidia-encode.so.1",
    "libnvidia-fbc.so.1",
    "libnvidia-opticalflow.so.1",
    "libnvcuvid.so.1",
    "libnvoptix.so.1",
    "libEGL_nvidia.so.0",
    "libGLX_nvidia.so.0",
    "libGLESv1_CM_nvidia.so.1",
    "libGLESv2_nvidia.so.2",
    "libvdpau_nvidia.so.1",
    "libnvidia-egl-gbm.so.1",
    "libnvidia-egl-wayland.so.1",
    "libnvidia-ngx.so.1",
    "libnvidia-nvvm70.so.4",
};
/// These carry the driver's version instead of a number of their own.
constexpr std::array<std::string_view, 9> versioned{
    "libnvidia-gpucomp.so.", "libnvidia-eglcore.so.",   "libnvidia-glcore.so.",
    "libnvidia-glsi.so.",    "libnvidia-glvkspirv.so.", "libnvidia-rtcore.so.",
    "libnvidia-tls.so.",     "libnvidia-pkcs11.so.",    "libnvidia-pkcs11-openssl3.so."};
constexpr std::array<std::string_view, 5> programs{"nvidia-smi", "nvidia-debugdump",
                                                   "nvidia-persistenced", "nvidia-cuda-mps-control",
                                                   "nvidia-cuda-mps-server"};
constexpr std::array<std::string_view, 2> sockets{"/run/nvidia-persistenced/socket",
                                                  "/run/nvidia-fabricmanager/socket"};

bool is_file(const Root& root, const std::string& path) {
    return root.open_at(path, O_PATH).has_value();
}

void add_libraries(const Root& root, const std::string& version, const std::string& arch,
                   CdiFacts& facts) {
    std::vector<std::string> names(libraries.begin(), libraries.end());
    for (const std::string_view stem : versioned)
        names.push_back(std::string(stem) + version);
    const std::vector<std::string_view> wanted(names.begin(), names.end());
    for (const model::Library& library : find_libraries(root, arch, wanted))
        if (library.version == version) // P2: never those of another driver
            facts.libraries.push_back({library.path, facts.folder + "/" + library.name});
}

void add_files(const Root& root, const std::string& version, CdiFacts& facts) {
    for (const std::string_view program : programs)
        for (const std::string_view folder : {"/run/gpuboot/active/bin/", "/usr/bin/"}) {
            const std::string path = std::string(folder) + std::string(program);
            if (!is_file(root, path)) continue;
            facts.files.push_back({path, "/usr/bin/" + std::string(program)});
            break;
        }
    const std::string firmware = "/lib/firmware/nvidia/" + version;
    for (const std::string& folder : {"/run/gpuboot/active/firmware/nvidia/" + version, firmware}) {
        const auto names = root.list(folder);
        if (!names) continue;
        for (const std::string& name : *names)
            if (name.ends_with(".bin"))
                facts.files.push_back({folder + "/" + name, firmware + "/" + name});
        break;
    }
    for (const std::string_view socket : sockets)
        if (root.exists(socket)) facts.files.push_back({std::string(socket), std::string(socket)});
}

std::string kind_of(const Root& root, const std::string& path) {
    const auto text = root.read_text(path, spec_limit);
    return text ? kind_of_spec(path, *text) : "";
}

void add_rivals(const Root& root, CdiFacts& facts) {
    for (const std::string_view folder : {"/etc/cdi", "/run/cdi"}) {
        const auto names = root.list(folder);
        if (!names) continue;
        for (const std::string& name : *names) {
            const std::string path = std::string(folder) + "/" + name;
            const bool spec = name.ends_with(".json") || name.ends_with(".yaml");
            if (spec && path != names::cdi_spec && kind_of(root, path) == model::cdi_kind)
                facts.rivals.push_back(path);
        }
    }
}

} // namespace

std::string kind_of_spec(const std::string& path, const std::string& text) {
    if (path.ends_with(".json")) {
        const auto spec = parse_json(text);
        return spec ? spec->text("kind") : "";
    }
    // A YAML spec is a mapping, so its kind stands at a line's begin.
    constexpr std::string_view key = "kind:";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(key)) continue;
        std::string_view kind = std::string_view(line).substr(key.size());
        kind = kind.substr(0, kind.find(" #"));
        kind.remove_prefix(std::min(kind.find_first_not_of(" \t\"'"), kind.size()));
        return std::string(kind.substr(0, kind.find_last_not_of(" \t\r\"'") + 1));
    }
    return "";
}

CdiFacts read_cdi(const Root& root, const std::string& version, const std::string& arch) {
    CdiFacts facts;
    facts.folder = "/usr/lib/" + arch + "-linux-gnu";
    add_libraries(root, version, arch, facts);
    add_files(root, version, facts);
    for (const char* hook : {"/usr/bin/nvidia-cdi-hook", "/usr/bin/nvidia-ctk"})
        if (facts.hook.empty() && is_file(root, hook)) facts.hook = hook;
    add_rivals(root, facts);
    return facts;
}

} // namespace gpuboot::input
