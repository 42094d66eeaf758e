// SPDX-License-Identifier: LGPL-2.1-or-later
// gpuboot-probe open NODE... | nvml COUNT | hold FOLDER: asks the driver in a process of its own,
// because the answer can hang in the kernel and NVML is code of the driver's vendor; or holds its
// GPUs open, which keeps them initialised.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr int corrupted_inforom = 14; // NVML_ERROR_CORRUPTED_INFOROM
constexpr int version_mismatch = 18;  // NVML_ERROR_LIB_RM_VERSION_MISMATCH

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

/// "nvidia0" and its like, which are a GPU's; "nvidiactl" is none.
bool is_gpu_node(std::string_view name) {
    constexpr std::string_view prefix = "nvidia";
    if (!name.starts_with(prefix) || name.size() == prefix.size()) return false;
    return name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

/// GPUs that do not open are said and left: the others are held.
std::vector<int> open_gpus(const char* folder) {
    std::vector<int> held;
    DIR* devices = ::opendir(folder);
    if (!devices) return held;
    while (const dirent* entry = ::readdir(devices)) {
        if (!is_gpu_node(entry->d_name)) continue;
        const int fd =
            ::openat(::dirfd(devices), entry->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
            std::fprintf(stderr, "open %s/%s: %s\n", folder, entry->d_name, std::strerror(errno));
        else
            held.push_back(fd);
    }
    ::closedir(devices);
    return held;
}

/// sd_notify(3), by hand: this program links nothing but libc.
void say_ready() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path || *path != '/' || std::strlen(path) >= sizeof address.sun_path) return;
    std::strcpy(address.sun_path, path);
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    constexpr std::string_view ready = "READY=1";
    (void)::sendto(fd, ready.data(), ready.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(fd);
}

/// Until it is told to end. SIGHUP: all are opened anew before the old ones are closed, so that a
/// GPU which stays is never let go, and one that is being removed is: the driver refuses to open
/// it (nv.c, nv_open_device).
int hold_nodes(const char* folder) {
    sigset_t again;
    ::sigemptyset(&again);
    ::sigaddset(&again, SIGHUP);
    ::sigprocmask(SIG_BLOCK, &again, nullptr);
    for (std::vector<int> held;;) {
        std::vector<int> anew = open_gpus(folder);
        for (const int fd : held)
            ::close(fd);
        held = std::move(anew);
        say_ready();
        int signal = 0;
        if (::sigwait(&again, &signal) != 0) return 1;
    }
}

template <class Function> Function symbol(void* library, const char* name) {
    return reinterpret_cast<Function>(::dlsym(library, name));
}

int say(const char* what, const char* why) {
    std::fprintf(stderr, "%s: %s\n", what, why);
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

/// NVML's own words; when it and the driver are of two versions, which ones (P2). That is the one
/// thing it tells before it is initialised.
int say_init_failed(void* library, int error, const char* words) {
    const auto version = symbol<int (*)(char*, unsigned)>(library, "nvmlSystemGetNVMLVersion");
    std::array<char, 80> of_library{};
    if (error != version_mismatch || !version ||
        version(of_library.data(), static_cast<unsigned>(of_library.size() - 1)) != 0)
        return say("nvmlInit", words);
    std::fprintf(stderr, "nvmlInit: %s: NVML is of %s, the driver in the kernel of %s\n", words,
                 of_library.data(), driver_version().c_str());
    return 1;
}

/// nvidia-smi warns of these, too; a GPU whose infoROM is corrupted works all the same. An older
/// NVML has no such entry, and a GPU without an infoROM is not one with a bad one.
void say_inforoms(void* library, unsigned count, const char* (*text)(int)) {
    const auto handle = symbol<int (*)(unsigned, void**)>(library, "nvmlDeviceGetHandleByIndex_v2");
    const auto minor = symbol<int (*)(void*, unsigned*)>(library, "nvmlDeviceGetMinorNumber");
    const auto validate = symbol<int (*)(void*)>(library, "nvmlDeviceValidateInforom");
    if (!handle || !minor || !validate) return;
    for (unsigned index = 0; index < count; ++index) {
        void* device = nullptr;
        unsigned number = 0;
        if (handle(index, &device) != 0 || validate(device) != corrupted_inforom) continue;
        if (minor(device, &number) != 0) number = index;
        std::printf("inforom /dev/nvidia%u: %s\n", number, text(corrupted_inforom));
    }
}

// The entries, their signatures and the error are NVML's stable ABI (nvml.h, nvmlReturn_t = int).
int ask_nvml(std::string_view wanted_text) {
    unsigned wanted = 0, found = 0;
    std::from_chars(wanted_text.data(), wanted_text.data() + wanted_text.size(), wanted);
    void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW);
    if (!library) return say("NVML", ::dlerror());
    const auto init = symbol<int (*)()>(library, "nvmlInit_v2");
    const auto count = symbol<int (*)(unsigned*)>(library, "nvmlDeviceGetCount_v2");
    const auto text = symbol<const char* (*)(int)>(library, "nvmlErrorString");
    if (!init || !count || !text) return say("NVML", "libnvidia-ml.so.1 lacks its entries");
    if (const int error = init(); error != 0) return say_init_failed(library, error, text(error));
    if (const int error = count(&found); error != 0) return say("nvmlDeviceGetCount", text(error));
    if (found == wanted) {
        say_inforoms(library, found, text);
        return 0;
    }
    std::fprintf(stderr, "NVML counts %u GPUs, the driver serves %u\n", found, wanted);
    return 1;
}

} // namespace

int main(int count, char** words) {
    const std::string_view test = count > 2 ? words[1] : "";
    if (test == "open") return open_nodes(words + 2, words + count);
    if (test == "nvml" && count == 3) return ask_nvml(words[2]);
    if (test == "hold" && count == 3) return hold_nodes(words[2]);
    std::fputs("usage: gpuboot-probe open NODE... | nvml COUNT | hold FOLDER\n", stderr);
    return 2;
}
