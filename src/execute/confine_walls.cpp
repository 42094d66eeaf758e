// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "execute/confine_parts.hpp"

namespace gpuboot::confine {

namespace {

bool is_read_only(const char* path) {
    struct statvfs now{};
    return ::statvfs(path, &now) == 0 && (now.f_flag & ST_RDONLY) != 0;
}

/// Mounts that are there already keep what else they are; 0 when the kernel did it.
int set_read_only(const char* path, bool read_only, unsigned flags) {
    struct mount_attr attributes{};
    (read_only ? attributes.attr_set : attributes.attr_clr) = MOUNT_ATTR_RDONLY;
    if (read_only) attributes.attr_set |= MOUNT_ATTR_NOSUID;
    return ::mount_setattr(AT_FDCWD, path, flags, &attributes, sizeof attributes);
}

} // namespace

void require_walls(const Request& request) {
    if (::getuid() != request.user || ::geteuid() != request.user || ::getgid() != request.group ||
        ::getegid() != request.group)
        refuse("not the user of the compile");
    if (has_capabilities()) refuse("capabilities are left");
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) refuse("no_new_privs is not set");
    if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER) refuse("no calls are filtered");
    if (!has_only_loopback()) refuse("there is a network");
    for (const char* path : {"/", "/etc", "/usr", "/var"})
        if (!is_read_only(path)) refuse(std::string(path) + " can be written");
}

void live_as_long_as_the_caller() {
    const pid_t child = ::fork();
    demand(child >= 0, "fork");
    if (child == 0) {
        const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        demand(nothing >= 0 && ::dup2(nothing, 0) == 0, "opening /dev/null");
        return;
    }
    const int ended = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    demand(ended >= 0, "following the compile");
    std::array<pollfd, 2> sources{{{0, POLLIN, 0}, {ended, POLLIN, 0}}};
    while (::poll(sources.data(), sources.size(), -1) < 0 && errno == EINTR) {
    }
    // systemd kills all the rest of the unit when this process, its main one, is gone.
    if (sources[1].revents == 0) std::_Exit(128 + SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    // A unit that is stopped from outside ends as well as one that is done; this tells them apart.
    constexpr std::string_view end = "gpuboot-confine: ended\n";
    (void)!::write(STDOUT_FILENO, end.data(), end.size());
    std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void close_file_systems(const Request& request) {
    if (::unshare(CLONE_NEWNS) != 0) return;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    const char* own = request.writable.c_str();
    const bool writes = !request.writable.empty();
    if (writes && ::mount(own, own, nullptr, MS_BIND, nullptr) != 0) return;
    if (set_read_only("/", true, AT_RECURSIVE) != 0) return;
    // From here on there is no way back to a tree that could be written.
    if (writes) demand(set_read_only(own, false, 0) == 0, own);
    for (const std::string path : {"/tmp", "/var/tmp", "/dev/shm"})
        if (::access(path.c_str(), F_OK) == 0 && !request.writable.starts_with(path + "/"))
            demand(::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
                           "mode=1777,size=512m") == 0,
                   path.c_str());
}

} // namespace gpuboot::confine
