// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/garbage.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace gpuboot::decide {

namespace {

bool is_installed(const Store& store, const std::string& kernel) {
    return std::ranges::find(store.kernels, kernel) != store.kernels.end();
}

/// Which one of each installed kernel a boot would choose.
std::set<std::string> chosen(const Store& store) {
    std::map<std::string, std::string> of_kernel;
    for (const StoredBake& bake : store.bakes)
        if (bake.fits && is_installed(store, bake.kernel))
            of_kernel[bake.kernel] = std::max(of_kernel[bake.kernel], bake.id);
    std::set<std::string> ids;
    for (const auto& [kernel, id] : of_kernel)
        ids.insert(id);
    return ids;
}

} // namespace

std::vector<std::string> garbage(const Store& store, const model::StorePolicy& policy) {
    const std::set<std::string> kept = chosen(store);
    if (kept.empty()) return {};
    std::vector<const StoredBake*> spare;
    std::uint64_t bytes = 0;
    for (const StoredBake& bake : store.bakes) {
        bytes += bake.bytes;
        const bool last_good = bake.last_good && is_installed(store, bake.kernel);
        if (!kept.contains(bake.id) && bake.id != store.active && !last_good)
            spare.push_back(&bake);
    }
    // Of a kernel that is gone first, then what does not fit, then by id.
    std::ranges::sort(spare, {}, [&](const StoredBake* bake) {
        return std::tuple(is_installed(store, bake->kernel), bake->fits, bake->id);
    });
    std::vector<std::string> ids;
    for (const StoredBake* bake : spare) {
        const bool many = spare.size() - ids.size() > policy.keep;
        const bool gone = !is_installed(store, bake->kernel);
        if (!gone && !many && bytes <= policy.max_bytes) break;
        ids.push_back(bake->id);
        bytes -= bake->bytes;
    }
    return ids;
}

} // namespace gpuboot::decide
