// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/at_once.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace gpuboot {

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
        try {
            while (helpers.size() + 1 < thrown.size())
                helpers.emplace_back(take, std::ref(thrown[helpers.size() + 1]));
        } catch (const std::system_error&) {
            // Too few processes allowed: those that there are do it.
        }
        take(thrown.front());
    }
    for (const std::exception_ptr& error : thrown)
        if (error) std::rethrow_exception(error);
}

} // namespace gpuboot
