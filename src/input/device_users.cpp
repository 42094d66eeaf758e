// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/device_users.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "base/handle.hpp"

namespace gpuboot::input {

namespace {

using Directory = Handle<DIR, closedir>;
using model::DeviceUser;

constexpr std::size_t most_processes = 1 << 17;
constexpr std::size_t most_descriptors = 1 << 21; // of all processes together
constexpr unsigned modeset_minor = 254;           // of the frontend's major

template <class T> std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Majors of the driver's character devices, and the module each belongs to.
std::map<unsigned, std::string> read_majors(const Root& root) {
    std::map<unsigned, std::string> majors;
    std::istringstream lines(root.read_text("/proc/devices", 1 << 16).value_or(""));
    for (std::string line; std::getline(lines, line) && !line.starts_with("Block");) {
        std::istringstream words(line);
        std::string major, name;
        words >> major >> name;
        const auto value = number<unsigned>(major);
        if (!value || (!name.starts_with("nvidia") && name != "drm")) continue;
        if (name == "drm")
            majors[*value] = "nvidia_drm";
        else if (name.starts_with("nvidia-uvm"))
            majors[*value] = "nvidia_uvm";
        else
            majors[*value] = "nvidia"; // several names share the frontend's major
    }
    return majors;
}

class Scan {
  public:
    explicit Scan(const Root& root, std::optional<dev_t> only = std::nullopt)
        : root_(root), majors_(read_majors(root)), only_(only) {}

    DeviceUsers run() {
        auto entries = root_.list("/proc", most_processes);
        if (!entries) return {{}, entries.error().what};
        for (const std::string& name : *entries)
            if (const auto pid = number<int>(name)) look_into(*pid);
        if (seen_ > most_descriptors) result_.flaw = "too many open files on this machine";
        if (refused_ > 0)
            result_.flaw = std::to_string(refused_) + " processes could not be looked into";
        std::ranges::sort(result_.users, {},
                          [](const DeviceUser& user) { return std::pair(user.pid, user.module); });
        return std::move(result_);
    }

  private:
    void look_into(int pid) {
        const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
        auto fd = root_.open_at(folder, O_RDONLY | O_DIRECTORY);
        if (!fd && fd.error().code == Errc::Denied) ++refused_;
        if (!fd) return; // ended meanwhile
        const Directory directory(fdopendir(fd->get()));
        if (!directory) return;
        (void)fd->release(); // closedir owns it now
        while (const dirent* entry = readdir(directory.get())) {
            if (++seen_ > most_descriptors) return;
            struct stat status{};
            // Looks at the open file behind the entry and opens nothing.
            if (entry->d_name[0] == '.' ||
                ::fstatat(dirfd(directory.get()), entry->d_name, &status, 0) != 0 ||
                !S_ISCHR(status.st_mode) || (only_ && status.st_rdev != *only_))
                continue;
            note(pid, module_of(major(status.st_rdev), minor(status.st_rdev)));
        }
    }

    std::string module_of(unsigned major, unsigned minor) const {
        const auto known = majors_.find(major);
        if (known == majors_.end()) return "";
        if (known->second == "nvidia" && minor == modeset_minor) return "nvidia_modeset";
        if (known->second != "nvidia_drm") return known->second;
        auto driver = root_.read_link("/sys/dev/char/" + std::to_string(major) + ":" +
                                      std::to_string(minor) + "/device/driver");
        return driver && driver->ends_with("/nvidia") ? "nvidia_drm" : "";
    }

    void note(int pid, const std::string& module) {
        const auto same = [&](const DeviceUser& user) {
            return user.pid == pid && user.module == module;
        };
        if (module.empty() || std::ranges::any_of(result_.users, same)) return;
        const std::string folder = "/proc/" + std::to_string(pid);
        const std::string comm = root_.read_text(folder + "/comm", 4096).value_or("?");
        result_.users.push_back({pid, comm.substr(0, comm.find('\n')), unit_of(folder), module});
    }

    /// "0::/system.slice/nvidia-persistenced.service" -> the service
    std::string unit_of(const std::string& folder) const {
        std::istringstream lines(root_.read_text(folder + "/cgroup", 1 << 16).value_or(""));
        for (std::string line; std::getline(lines, line);) {
            const std::string last = line.substr(line.rfind('/') + 1);
            if (line.starts_with("0::/system.slice/") && last.ends_with(".service")) return last;
        }
        return "";
    }

    const Root& root_;
    const std::map<unsigned, std::string> majors_;
    const std::optional<dev_t> only_;
    DeviceUsers result_;
    std::size_t seen_ = 0, refused_ = 0;
};

} // namespace

DeviceUsers read_device_users(const Root& root) { return Scan(root).run(); }

DeviceUsers read_node_users(const Root& root, unsigned major, unsigned minor) {
    return Scan(root, makedev(major, minor)).run();
}

} // namespace gpuboot::input
