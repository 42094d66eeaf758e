// SPDX-License-Identifier: LGPL-2.1-or-later
// The one place where several processors work for one process: reading and hashing what a boot
// waits for. Nothing else in gpuboot knows threads.
#pragma once

#include <cstddef>
#include <functional>

namespace gpuboot {

/// Of those this process may run on; at least 1.
std::size_t processors();

/// Calls `work(i)` once for each i below `count`, in order of i, each as soon as one of `workers`
/// is free, and returns when all are done. Calls run at the same time: each writes to a place of
/// its own. Where no thread can be started, the caller does it alone. What `work` throws is thrown
/// here, after the others have ended.
void at_once(std::size_t count, const std::function<void(std::size_t)>& work,
             std::size_t workers = processors());

} // namespace gpuboot
