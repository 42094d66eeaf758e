// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/at_once.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace gpuboot {

namespace {

/// False where no further thread can be had: those that there are do it all.
bool add(std::vector<std::jthread>& helpers, std::function<void()> work) {
    try {
        helpers.emplace_back(std::move(work));
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

} // namespace

std::size_t processors() { return std::max(1U, std::thread::hardware_concurrency()); }

void at_once(std::size_t count, const std::function<void(std::size_t)>& work, std::size_t workers) {
    std::atomic<std::size_t> next{0};
    std::vector<std::exception_ptr> thrown(std::clamp<std::size_t>(count, 1, workers));
    const auto take = [&](std::exception_ptr& error) noexcept {
        try {
            for (std::size_t i; (i = next++) < count;)
                work(i);
        } catch (...) {
            error = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> helpers;
        while (helpers.size() + 1 < thrown.size() &&
               add(helpers, [&, place = helpers.size() + 1] { take(thrown[place]); })) {
        }
        take(thrown.front());
    }
    for (const std::exception_ptr& error : thrown)
        if (error) std::rethrow_exception(error);
}

} // namespace gpuboot
