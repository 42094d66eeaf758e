// SPDX-License-Identifier: LGPL-2.1-or-later
// A libnvidia-ml.so.1 that answers as it is told: NVML_INIT is what it says when it is initialised
// (nvmlReturn_t), NVML_COUNT how many GPUs it counts, NVML_INFOROM what it says of the second one's
// infoROM, NVML_FABRIC the second one's state there (nvmlGpuFabricInfo_t) and NVML_FABRIC_STATUS
// how that went. NVML_FABRIC_AFTER: it is "in progress" the first so many times. Minors count down
// from 9.
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

/// What a phase calls has an environment of its own: there a file in /run/nvml tells it.
int told(const char* name) {
    if (const char* text = std::getenv(name)) return std::atoi(text);
    char path[64], line[16] = "";
    std::snprintf(path, sizeof path, "/run/nvml/%s", name);
    if (std::FILE* file = std::fopen(path, "re")) {
        (void)std::fgets(line, sizeof line, file);
        std::fclose(file);
    }
    return std::atoi(line);
}

} // namespace

extern "C" {

int nvmlInit_v2() { return told("NVML_INIT"); }

int nvmlDeviceGetCount_v2(unsigned* count) {
    *count = static_cast<unsigned>(told("NVML_COUNT"));
    return 0;
}

int nvmlSystemGetNVMLVersion(char* version, unsigned length) {
    std::strncpy(version, "12.550.54.14", length);
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
    static char devices[16];
    *device = devices + index;
    devices[index] = static_cast<char>(index);
    return 0;
}

int nvmlDeviceGetMinorNumber(void* device, unsigned* minor) {
    *minor = 9U - static_cast<unsigned>(*static_cast<char*>(device));
    return 0;
}

int nvmlDeviceValidateInforom(void* device) {
    return *static_cast<char*>(device) == 1 ? told("NVML_INFOROM") : 0;
}

int nvmlDeviceGetGpuFabricInfo(void* device, void* info) {
    static int asked = 0;
    auto* bytes = static_cast<char*>(info);
    const bool second = *static_cast<char*>(device) == 1;
    int state = second ? told("NVML_FABRIC") : 3, status = second ? told("NVML_FABRIC_STATUS") : 0;
    if (second && asked++ < told("NVML_FABRIC_AFTER")) state = 2;
    std::memset(bytes, 0x5a, 16);
    std::memcpy(bytes + 16, &status, sizeof status);
    std::memset(bytes + 20, 0, 4);
    bytes[24] = static_cast<char>(state);
    return told("NVML_FABRIC_ERROR");
}

const char* nvmlErrorString(int error) {
    if (error == 14) return "infoROM is corrupted";
    return error == 18 ? "Driver/library version mismatch" : "Driver Not Loaded";
}

} // extern "C"
