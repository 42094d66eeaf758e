// SPDX-License-Identifier: LGPL-2.1-or-later
// A small tree of its own to take as "/", gone with the object.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "base/root.hpp"

namespace gpuboot::fakes {

class TemporaryRoot {
  public:
    TemporaryRoot() : directory_(make()), root(*Root::open(directory_)) {}
    ~TemporaryRoot() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    TemporaryRoot(const TemporaryRoot&) = delete;
    TemporaryRoot& operator=(const TemporaryRoot&) = delete;

    void write(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(outside(path)).parent_path());
        std::ofstream(outside(path), std::ios::binary) << text;
    }
    void link(const std::string& path, const std::string& target) const {
        std::filesystem::create_directories(std::filesystem::path(outside(path)).parent_path());
        std::filesystem::create_symlink(target, outside(path));
    }
    std::string read(const std::string& path) const {
        return root.read_text(path, std::size_t{1} << 24).value_or("");
    }
    /// The path on this system.
    std::string outside(const std::string& path) const { return directory_ + path; }

  private:
    static std::string make() {
        // In memory where there is room: what these tests force to disk need not reach one.
        std::error_code ignored;
        const bool memory = std::filesystem::space("/dev/shm", ignored).available + 1 > 1U << 30;
        std::string name = std::string(memory ? "/dev/shm" : "/tmp") + "/gpuboot-test-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
        ::umask(022);
        ::chmod(name.c_str(), 0755);
        return name;
    }

    std::string directory_;

  public:
    const Root root;
};

} // namespace gpuboot::fakes
