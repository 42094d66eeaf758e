// SPDX-License-Identifier: LGPL-2.1-or-later
// gpuboot-probe open NODE... | nvml COUNT | fabric SECONDS | hold FOLDER: asks the driver in a
// process of its own, because the answer can hang in the kernel and NVML is code of the driver's
// vendor; or holds its GPUs open, which keeps them initialised.
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "execute/probe_nvml.hpp"

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

} // namespace

int main(int count, char** words) {
    const std::string_view test = count > 2 ? words[1] : "";
    if (test == "open") return open_nodes(words + 2, words + count);
    if (test == "nvml" && count == 3) return gpuboot::probe::count_gpus(words[2]);
    if (test == "fabric" && count == 3) return gpuboot::probe::wait_for_fabric(words[2]);
    if (test == "hold" && count == 3) return hold_nodes(words[2]);
    std::fputs("usage: gpuboot-probe open NODE... | nvml COUNT | fabric SECONDS | hold FOLDER\n",
               stderr);
    return 2;
}
