// SPDX-License-Identifier: LGPL-2.1-or-later
// gpuboot-confine: the wall between root and a compile.
//
//   gpuboot-confine --user UID --group GID [--root DIR] --directory DIR [--writable DIR]
//                   [--setenv KEY=VALUE]... [--walls given] -- /absolute/program argument...
//
// Started as root; runs the program as that user with no way back, without network, with limits,
// a fixed environment and no inherited files, and takes it along when it dies itself. Anything
// that cannot be had is a refusal (exit 125), never a weaker wall. Inside a unit that has all walls
// already ("--walls given") it looks for them and refuses where one is missing. Only libc, so that
// it can be read in one go.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "execute/confine_parts.hpp"

namespace gpuboot::confine {

void refuse(const std::string& what, int number) {
    std::fprintf(stderr, "gpuboot-confine: %s%s%s\n", what.c_str(), number != 0 ? ": " : "",
                 number != 0 ? std::strerror(number) : "");
    std::exit(125);
}

void demand(bool done, const char* what) {
    if (!done) refuse(what, errno);
}

bool has_only_loopback() {
    FILE* file = std::fopen("/proc/self/net/dev", "re");
    if (file == nullptr) return false;
    std::array<char, 512> line{};
    bool only = true;
    for (int number = 1; std::fgets(line.data(), line.size(), file) != nullptr; ++number) {
        const std::string_view text(line.data());
        const auto colon = text.find(':');
        if (number <= 2 || colon == std::string_view::npos) continue; // two lines of headings
        std::string_view name = text.substr(0, colon);
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        only = only && name == "lo";
    }
    std::fclose(file);
    return only;
}

bool has_capabilities() {
    struct __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};
    demand(::syscall(SYS_capget, &header, sets.data()) == 0, "capget");
    return std::ranges::any_of(sets, [](const __user_cap_data_struct& set) {
        return set.effective != 0 || set.permitted != 0 || set.inheritable != 0;
    });
}

} // namespace gpuboot::confine

namespace {

using namespace gpuboot::confine;

unsigned read_id(std::string_view name, const char* text) {
    char* end = nullptr;
    const unsigned long id = std::strtoul(text, &end, 10);
    // 0 is root; -1 would mean "leave it as it is".
    if (*text < '0' || *text > '9' || *end != '\0' || id == 0 || id >= 0xffffffffUL)
        refuse(std::string(name) + ": wanted an id other than root's, found \"" + text + "\"");
    return static_cast<unsigned>(id);
}

Request read_request(int argc, char** argv) {
    Request request;
    int at = 1;
    for (; at < argc && std::string_view(argv[at]) != "--"; at += 2) {
        const std::string_view option = argv[at];
        if (at + 1 == argc) refuse("no value for " + std::string(option));
        const char* value = argv[at + 1];
        if (option == "--user")
            request.user = read_id(option, value);
        else if (option == "--group")
            request.group = read_id(option, value);
        else if (option == "--root")
            request.root = value;
        else if (option == "--directory")
            request.directory = value;
        else if (option == "--writable")
            request.writable = value;
        else if (option == "--walls" && std::string_view(value) == "given")
            request.given = true;
        else if (option == "--setenv" && std::strchr(value, '=') != nullptr)
            request.environment.emplace_back(value);
        else
            refuse("unknown option " + std::string(option));
    }
    if (request.user == 0 || request.group == 0 || request.directory.empty() || at + 1 >= argc)
        refuse("usage: gpuboot-confine --user UID --group GID [--root DIR] --directory DIR "
               "[--writable DIR] [--setenv KEY=VALUE]... [--walls given] -- PROGRAM ARGUMENT...");
    request.command = argv + at + 1;
    if (request.command[0][0] != '/') refuse("the program must be an absolute path");
    return request;
}

void normalise_descriptors() {
    for (int fd = 0; fd <= 2; ++fd)
        if (::fcntl(fd, F_GETFD) < 0)
            demand(::open("/dev/null", O_RDWR) == fd, "opening /dev/null");
    demand(::syscall(SYS_close_range, 3U, ~0U, 0U) == 0, "closing inherited files");
}

void limit(int resource, rlim_t most) {
    struct rlimit now{};
    demand(::getrlimit(resource, &now) == 0, "reading a limit");
    const rlim_t value = std::min(most, now.rlim_max); // RLIM_INFINITY is the largest value
    const struct rlimit wanted{value, value};
    demand(::setrlimit(resource, &wanted) == 0, "setting a limit");
}

void limit_resources() {
    constexpr rlim_t gib = rlim_t{1} << 30;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 2 * gib);
    limit(RLIMIT_AS, 4 * gib);
    limit(RLIMIT_CPU, 3600); // seconds of one process
    limit(RLIMIT_NPROC, 4096);
    limit(RLIMIT_MSGQUEUE, 0);
    ::umask(022);
}

bool leave_network() { return ::unshare(CLONE_NEWNET) == 0 || has_only_loopback(); }

/// An offline tree gets these devices and no other; its own /dev may hold anything.
void make_devices(const std::vector<std::pair<std::string, int>>& devices) {
    demand(::mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k") == 0,
           "mounting /dev in the tree");
    for (const auto& [path, tree] : devices) {
        const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        demand(fd >= 0 && ::close(fd) == 0, "making a device in the tree");
        demand(::move_mount(tree, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0,
               "mounting a device in the tree");
        ::close(tree);
    }
}

/// In a mount namespace of its own, so that nothing of it is seen, or left behind, outside.
void enter_root(const std::string& root) {
    if (root == "/") return;
    demand(::unshare(CLONE_NEWNS) == 0, "a mount namespace");
    demand(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
    std::vector<std::pair<std::string, int>> devices;
    for (const char* path :
         {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
        const int tree = ::open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        demand(tree >= 0, path);
        devices.emplace_back(path, tree);
    }
    // From here on every path is resolved inside the tree, whatever symlinks it holds.
    demand(::chroot(root.c_str()) == 0 && ::chdir("/") == 0, root.c_str());
    make_devices(devices);
}

/// With process ids of its own, what the program leaves running ends with it. Where the kernel or
/// a container refuses that, the unit's control group does the same.
void take_own_processes() {
    if (::unshare(CLONE_NEWPID) != 0) return;
    const pid_t child = ::fork();
    demand(child >= 0, "fork");
    if (child == 0) return;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void drop_capabilities() {
    if (!has_capabilities()) return;
    struct __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, 2> none{};
    demand(::syscall(SYS_capset, &header, none.data()) == 0, "dropping capabilities");
    if (has_capabilities()) refuse("capabilities are left");
}

void become(uid_t user, gid_t group) {
    demand(::setgroups(0, nullptr) == 0, "dropping groups");
    demand(::setresgid(group, group, group) == 0, "changing the group");
    demand(::setresuid(user, user, user) == 0, "changing the user");
    demand(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    drop_capabilities();
    if (::setuid(0) == 0 || ::setgid(0) == 0 || ::geteuid() != user || ::getegid() != group ||
        ::getgroups(0, nullptr) != 0)
        refuse("this process could become root again");
}

void write_file(const char* path, const std::string& text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    demand(fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
           path);
    ::close(fd);
}

/// Without CAP_SYS_ADMIN a network namespace comes only with a user namespace.
void leave_network_as(uid_t user, gid_t group) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        refuse("cannot take the network away from the compile, and will not compile with it; run "
               "where only \"lo\" exists (a unit with PrivateNetwork=yes, a container with "
               "--network=none) or where namespaces are allowed",
               errno);
    // After a change of user /proc/self belongs to root until the next exec.
    demand(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "opening /proc/self");
    const std::string u = std::to_string(user), g = std::to_string(group);
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", u + " " + u + " 1");
    write_file("/proc/self/gid_map", g + " " + g + " 1");
    drop_capabilities();
}

[[noreturn]] void run(const Request& request) {
    std::vector<std::string> words{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                   "HOME=" + request.directory, "SOURCE_DATE_EPOCH=0"};
    words.insert(words.end(), request.environment.begin(), request.environment.end());
    std::vector<char*> environment(words.size() + 1);
    std::ranges::transform(words, environment.begin(),
                           [](std::string& word) { return word.data(); });
    if (::chdir(request.directory.c_str()) != 0) refuse(request.directory, errno);
    ::execve(request.command[0], request.command, environment.data());
    refuse(request.command[0], errno);
}

} // namespace

int main(int argc, char** argv) {
    const Request request = read_request(argc, argv);
    // Set once more below: a change of user clears it.
    demand(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "dying with the parent");
    normalise_descriptors();
    limit_resources();
    if (request.given) {
        require_walls(request);
        live_as_long_as_the_caller();
        run(request);
    }
    const bool without_network = leave_network();
    enter_root(request.root);
    close_file_systems(request);
    take_own_processes();
    become(request.user, request.group);
    if (!without_network) leave_network_as(request.user, request.group);
    demand(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "dying with the parent");
    run(request);
}
