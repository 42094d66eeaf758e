// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/lock.hpp"

#include <fcntl.h>
#include <poll.h>

#include "base/names.hpp"

namespace gpuboot::execute {

namespace {

bool try_lock(int fd) {
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return ::fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

} // namespace

Result<Lock> Lock::take(const Root& root, Effects& effects, std::chrono::milliseconds deadline) {
    return take_file(root, effects, root.is_system() ? names::lock_file : names::offline_lock_file,
                     deadline);
}

Result<Lock> Lock::take_bake(const Root& root, Effects& effects,
                             std::chrono::milliseconds deadline) {
    return take_file(root, effects, names::bake_lock_file, deadline);
}

Result<Lock> Lock::take_cdi(const Root& root, Effects& effects,
                            std::chrono::milliseconds deadline) {
    return take_file(root, effects, names::cdi_lock_file, deadline);
}

Result<Lock> Lock::take_file(const Root& root, Effects& effects, std::string_view path,
                             std::chrono::milliseconds deadline) {
    using Clock = std::chrono::steady_clock;
    const std::string_view folder = path.substr(0, path.rfind('/'));
    if (auto made = effects.ensure_directory(folder, 0755); !made)
        return forward(std::move(made).error());
    auto fd = root.open_at(path, O_RDWR | O_NOFOLLOW);
    if (!fd && fd.error().code == Errc::NotFound) {
        // Another may make it at the same moment; it is the one file for both.
        if (auto made = effects.create_file(path, {}, 0600); !made && made.error().sys != EEXIST)
            return forward(std::move(made).error(), "taking the lock");
        fd = root.open_at(path, O_RDWR | O_NOFOLLOW);
    }
    if (!fd) return forward(std::move(fd).error(), "taking the lock");
    if (auto regular = require_regular(fd->get(), path); !regular)
        return forward(std::move(regular).error());
    // F_OFD_SETLKW knows no deadline, so it is asked for again and again.
    for (const auto end = Clock::now() + deadline;;) {
        if (try_lock(fd->get())) return Lock(std::move(*fd));
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return fail_errno("locking " + std::string(path));
        if (Clock::now() >= end)
            return fail(Errc::Busy,
                        "another gpuboot is at work (it holds " + std::string(path) + ")");
        (void)::poll(nullptr, 0, 50);
    }
}

} // namespace gpuboot::execute
