// SPDX-License-Identifier: LGPL-2.1-or-later
// gpuboot-probe open NODE... | nvml COUNT: asks the driver in a process of its own, because the
// answer can hang in the kernel and NVML is code of the driver's vendor.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

int open_nodes(char** first, char** end) {
    for (char** node = first; node != end; ++node) {
        const int fd = ::open(*node, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
            std::fprintf(stderr, "open %s: %s\n", *node, std::strerror(errno));
            return 1;
        }
        ::close(fd);
    }
    return 0;
}

template <class Function> Function symbol(void* library, const char* name) {
    return reinterpret_cast<Function>(::dlsym(library, name));
}

int say(const char* what, const char* why) {
    std::fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

// The three entries and their signatures are NVML's stable ABI (nvml.h, nvmlReturn_t = int).
int ask_nvml(std::string_view wanted_text) {
    unsigned wanted = 0, found = 0;
    std::from_chars(wanted_text.data(), wanted_text.data() + wanted_text.size(), wanted);
    void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW);
    if (!library) return say("NVML", ::dlerror());
    const auto init = symbol<int (*)()>(library, "nvmlInit_v2");
    const auto count = symbol<int (*)(unsigned*)>(library, "nvmlDeviceGetCount_v2");
    const auto text = symbol<const char* (*)(int)>(library, "nvmlErrorString");
    if (!init || !count || !text) return say("NVML", "libnvidia-ml.so.1 lacks its entries");
    if (const int error = init(); error != 0) return say("nvmlInit", text(error));
    if (const int error = count(&found); error != 0) return say("nvmlDeviceGetCount", text(error));
    if (found == wanted) return 0;
    std::fprintf(stderr, "NVML counts %u GPUs, the driver serves %u\n", found, wanted);
    return 1;
}

} // namespace

int main(int count, char** words) {
    const std::string_view test = count > 2 ? words[1] : "";
    if (test == "open") return open_nodes(words + 2, words + count);
    if (test == "nvml" && count == 3) return ask_nvml(words[2]);
    std::fputs("usage: gpuboot-probe open NODE... | nvml COUNT\n", stderr);
    return 2;
}
