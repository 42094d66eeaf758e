// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/headers_digest.hpp"

#include <fcntl.h>

#include "base/digest.hpp"
#include "source/tree_digest.hpp"

namespace gpuboot::source {

namespace {

class Walk {
  public:
    Walk(const Root& root, const HeadersLimits& limits) : root_(root), limits_(limits) {}

    Result<void> into(const std::string& folder, std::size_t depth) {
        if (depth > limits_.depth) return beyond(folder);
        auto names = root_.list(folder, limits_.entries);
        if (!names) return forward(std::move(names).error());
        for (const std::string& name : *names)
            if (auto took = take(folder + "/" + name, depth); !took) return took;
        return {};
    }

    std::string hex() { return sum_.hex(); }

  private:
    Result<void> take(const std::string& path, std::size_t depth) {
        if (++entries_ > limits_.entries) return beyond(path);
        auto status = root_.status(path);
        if (!status) return forward(std::move(status).error());
        if (S_ISDIR(status->st_mode)) return into(path, depth + 1);
        if (S_ISLNK(status->st_mode)) {
            auto target = root_.read_link(path);
            if (!target) return forward(std::move(target).error());
            return add("link", path, sha256_hex(bytes_of(*target)));
        }
        if (!S_ISREG(status->st_mode)) return add("other", path, "");
        bytes_ += static_cast<std::uint64_t>(status->st_size);
        if (bytes_ > limits_.bytes) return beyond(path);
        auto fd = root_.open_at(path, O_RDONLY | O_NOFOLLOW);
        if (!fd) return forward(std::move(fd).error());
        if (auto regular = require_regular(fd->get(), path); !regular)
            return forward(std::move(regular).error());
        auto hex = read_hashed(fd->get(), file_limit, [](ByteView) { return Result<void>(); });
        if (!hex) return forward(std::move(hex).error(), path);
        return add("file", path, *hex);
    }

    /// The name by its length, so that no name can pass for two entries.
    Result<void> add(std::string_view kind, const std::string& path, const std::string& hex) {
        sum_.add(bytes_of(std::string(kind) + " " + std::to_string(path.size()) + " " + path + " " +
                          hex + "\n"));
        return {};
    }

    std::unexpected<Error> beyond(const std::string& path) const {
        return fail(Errc::BadInput, path + ": more headers than any kernel has");
    }

    const Root& root_;
    const HeadersLimits& limits_;
    Sha256 sum_;
    std::size_t entries_ = 0;
    std::uint64_t bytes_ = 0;
};

} // namespace

Result<std::string> digest_all_headers(const Root& root, const std::string& kernel,
                                       const HeadersLimits& limits) {
    const std::string modules = "/lib/modules/" + kernel;
    Walk walk(root, limits);
    for (const char* folder : {"/build", "/build/scripts", "/source"}) {
        if (!root.exists(modules + folder)) continue;
        if (auto walked = walk.into(modules + folder, 0); !walked)
            return forward(std::move(walked).error());
    }
    return walk.hex();
}

} // namespace gpuboot::source
