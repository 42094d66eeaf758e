// SPDX-License-Identifier: LGPL-2.1-or-later
// The entries, their signatures and the errors are NVML's stable ABI (nvml.h, nvmlReturn_t = int).
#include "execute/probe_nvml.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>

namespace gpuboot::probe {

namespace {

constexpr int corrupted_inforom = 14; // NVML_ERROR_CORRUPTED_INFOROM
constexpr int version_mismatch = 18;  // NVML_ERROR_LIB_RM_VERSION_MISMATCH

/// nvmlGpuFabricInfo_t, as it has been since it came with driver 525.
struct FabricInfo {
    std::array<unsigned char, 16> cluster{};
    int status = 0; ///< how it went, once it is completed
    unsigned clique = 0;
    unsigned char state = 0;
    std::array<unsigned char, 64> room{}; ///< for what a later NVML may append
};

/// NVML_GPU_FABRIC_STATE_*; 0 is a GPU that is in no fabric.
constexpr std::array<const char*, 4> fabric_states{"not supported", "not started", "in progress",
                                                   "completed"};
constexpr unsigned char no_fabric = 0, completed = 3;

template <class Function> Function symbol(void* library, const char* name) {
    return reinterpret_cast<Function>(::dlsym(library, name));
}

unsigned number_of(std::string_view text) {
    unsigned number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

int say(const std::string& what, const char* why) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), why);
    return 1;
}

/// The version of the driver in the kernel; "unknown" when the kernel does not tell.
std::string driver_version() {
    std::array<char, 64> text{};
    const int fd = ::open("/sys/module/nvidia/version", O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd < 0 ? -1 : ::read(fd, text.data(), text.size());
    if (fd >= 0) ::close(fd);
    std::string version(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    version.erase(std::find(version.begin(), version.end(), '\n'), version.end());
    return version.empty() ? "unknown" : version;
}

class Nvml {
  public:
    bool open() {
        library_ = ::dlopen("libnvidia-ml.so.1", RTLD_NOW);
        return library_ != nullptr;
    }

    /// 0, or it has been said why not.
    int begin() {
        const auto init = entry<int (*)()>("nvmlInit_v2");
        const auto count = entry<int (*)(unsigned*)>("nvmlDeviceGetCount_v2");
        text_ = entry<const char* (*)(int)>("nvmlErrorString");
        handle_ = entry<int (*)(unsigned, void**)>("nvmlDeviceGetHandleByIndex_v2");
        minor_ = entry<int (*)(void*, unsigned*)>("nvmlDeviceGetMinorNumber");
        if (!init || !count || !text_ || !handle_ || !minor_)
            return say("NVML", "libnvidia-ml.so.1 lacks its entries");
        if (const int error = init(); error != 0) return say_init_failed(error);
        const int error = count(&count_);
        return error == 0 ? 0 : say("nvmlDeviceGetCount", text_(error));
    }

    template <class Function> Function entry(const char* name) const {
        return symbol<Function>(library_, name);
    }
    [[nodiscard]] unsigned count() const { return count_; }
    [[nodiscard]] const char* text(int error) const { return text_(error); }
    [[nodiscard]] void* device(unsigned index) const {
        void* device = nullptr;
        return handle_(index, &device) == 0 ? device : nullptr;
    }
    [[nodiscard]] std::string node(unsigned index) const {
        unsigned number = index;
        if (void* gpu = device(index); !gpu || minor_(gpu, &number) != 0) number = index;
        return "/dev/nvidia" + std::to_string(number);
    }

  private:
    /// NVML's own words; when it and the driver are of two versions, which ones (P2). That is the
    /// one thing it tells before it is initialised.
    [[nodiscard]] int say_init_failed(int error) const {
        const auto version = entry<int (*)(char*, unsigned)>("nvmlSystemGetNVMLVersion");
        std::array<char, 80> of_library{};
        if (error != version_mismatch || !version ||
            version(of_library.data(), static_cast<unsigned>(of_library.size() - 1)) != 0)
            return say("nvmlInit", text_(error));
        std::fprintf(stderr, "nvmlInit: %s: NVML is of %s, the driver in the kernel of %s\n",
                     text_(error), of_library.data(), driver_version().c_str());
        return 1;
    }

    void* library_ = nullptr;
    unsigned count_ = 0;
    const char* (*text_)(int) = nullptr;
    int (*handle_)(unsigned, void**) = nullptr;
    int (*minor_)(void*, unsigned*) = nullptr;
};

/// nvidia-smi warns of these, too; a GPU whose infoROM is corrupted works all the same. An older
/// NVML has no such entry, and a GPU without an infoROM is not one with a bad one.
void say_inforoms(const Nvml& nvml) {
    const auto validate = nvml.entry<int (*)(void*)>("nvmlDeviceValidateInforom");
    if (!validate) return;
    for (unsigned index = 0; index < nvml.count(); ++index)
        if (void* gpu = nvml.device(index); gpu && validate(gpu) == corrupted_inforom)
            std::printf("inforom %s: %s\n", nvml.node(index).c_str(), nvml.text(corrupted_inforom));
}

/// Of each GPU that is not where it has to be, its state; "" when none is left.
std::string missing_from_fabric(const Nvml& nvml, int (*ask)(void*, FabricInfo*)) {
    std::string missing;
    for (unsigned index = 0; index < nvml.count(); ++index) {
        FabricInfo info;
        void* gpu = nvml.device(index);
        if (!gpu || ask(gpu, &info) != 0 || info.state == no_fabric) continue;
        if (info.state == completed && info.status == 0) continue;
        missing += (missing.empty() ? "" : ", ") + nvml.node(index) + " ";
        missing += info.state < fabric_states.size() ? fabric_states[info.state] : "unknown";
        if (info.state == completed) missing += std::string(" with ") + nvml.text(info.status);
    }
    return missing;
}

std::int64_t now_in_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

} // namespace

int count_gpus(std::string_view wanted_text) {
    const unsigned wanted = number_of(wanted_text);
    Nvml nvml;
    if (!nvml.open()) return say("NVML", ::dlerror());
    if (const int failed = nvml.begin(); failed != 0) return failed;
    if (nvml.count() == wanted) {
        say_inforoms(nvml);
        return 0;
    }
    std::fprintf(stderr, "NVML counts %u GPUs, the driver serves %u\n", nvml.count(), wanted);
    return 1;
}

int wait_for_fabric(std::string_view seconds) {
    Nvml nvml;
    if (!nvml.open()) return 0;
    if (const int failed = nvml.begin(); failed != 0) return failed;
    const auto ask = nvml.entry<int (*)(void*, FabricInfo*)>("nvmlDeviceGetGpuFabricInfo");
    if (!ask) return 0;
    const std::int64_t deadline = now_in_seconds() + number_of(seconds);
    for (;;) {
        const std::string missing = missing_from_fabric(nvml, ask);
        if (missing.empty()) return 0;
        if (now_in_seconds() >= deadline) return say("fabric", missing.c_str());
        // The driver has no event for it.
        const timespec pause{0, 200'000'000};
        ::nanosleep(&pause, nullptr);
    }
}

} // namespace gpuboot::probe
