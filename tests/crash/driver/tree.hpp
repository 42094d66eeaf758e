// SPDX-License-Identifier: LGPL-2.1-or-later
// A machine as a small tree: foreign files, a pin, a source, kernel headers, a store. It can be
// copied, and compared with what it was.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/marker.hpp"

namespace gpuboot::crash {

inline constexpr const char* kernel = "6.1.0-1";
inline constexpr const char* other_kernel = "6.1.0-2";

class Tree {
  public:
    explicit Tree(std::string directory) : directory_(std::move(directory)) {}

    const std::string& directory() const { return directory_; }
    std::string outside(const std::string& path) const { return directory_ + path; }

    /// What every world has; the store's folder, strangers in it, no bake.
    void make() const;
    void write(const std::string& path, const std::string& text) const;
    void link(const std::string& path, const std::string& target) const;
    std::string read(const std::string& path) const; ///< "" when it is absent
    void become(const Tree& other) const;            ///< an exact copy
    void remove() const;

    /// Each path with its mode and content.
    std::map<std::string, std::string> content() const;
    std::vector<std::string> names(const std::string& path) const; ///< in a folder, sorted

  private:
    std::string directory_;
};

/// What a compile would have left in the marker; `compiler` makes the id another one.
model::Marker inputs(const Tree& tree, const std::string& kernel, const std::string& compiler);

/// The image of a module, `size` bytes or a little more, different for each name and kernel.
std::string image(const std::string& name, const std::string& kernel, std::size_t size);

} // namespace gpuboot::crash
