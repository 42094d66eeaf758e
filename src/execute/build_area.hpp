// SPDX-License-Identifier: LGPL-2.1-or-later
// The scratch of one compile: a private folder that holds a copy of the source tree, belongs to
// the build user while it compiles, and is gone when this object is.
#pragma once

#include <string>

#include "base/root.hpp"
#include "execute/confine.hpp"
#include "execute/conftest.hpp"
#include "execute/effects.hpp"
#include "source/dkms_tree.hpp"

namespace gpuboot::execute {

class BuildArea {
  public:
    /// `id` names the folder. `root` and `effects` must outlive this.
    BuildArea(const Root& root, Effects& effects, const std::string& id);
    BuildArea(const BuildArea&) = delete;
    BuildArea& operator=(const BuildArea&) = delete;
    ~BuildArea();

    /// Copies the tree in, proves that the copy is the recipe's source, lays kept answers beside it
    /// and hands it all over.
    Result<void> fill(const source::Recipe& recipe, const Answers& kept, const BuildUser& user);

    /// The folder itself.
    const std::string& path() const { return path_; }
    /// Where the copy lies, inside the root.
    std::string tree() const { return path_ + "/tree"; }
    /// For the compiler's temporary files: none of ours lies in a folder others can write.
    std::string temporary() const { return path_ + "/tmp"; }

  private:
    Result<void> copy(const source::Recipe& recipe, const BuildUser& user);
    Result<std::string> copy_file(const source::Tree& tree, const source::TreeFile& file,
                                  const BuildUser& user);

    const Root& root_;
    Effects& effects_;
    std::string path_;
};

/// Takes a folder back from the build user, whatever was done to it, and deletes it.
Result<void> remove_build(Effects& effects, const std::string& path);

} // namespace gpuboot::execute
