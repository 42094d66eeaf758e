// SPDX-License-Identifier: LGPL-2.1-or-later
// A libnvidia-ml.so.1 that answers as it is told: NVML_INIT is what it says when it is initialised
// (nvmlReturn_t), NVML_COUNT how many GPUs it counts, NVML_INFOROM what it says of the second one's
// infoROM. Minors count down from 9.
#include <cstdlib>
#include <cstring>

namespace {

int told(const char* name) {
    const char* text = std::getenv(name);
    return text ? std::atoi(text) : 0;
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

const char* nvmlErrorString(int error) {
    if (error == 14) return "infoROM is corrupted";
    return error == 18 ? "Driver/library version mismatch" : "Driver Not Loaded";
}

} // extern "C"
