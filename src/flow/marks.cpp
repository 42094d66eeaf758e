// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/marks.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "input/records.hpp"

namespace gpuboot::flow {

Result<void> require_unmarked(const Root& root, const std::string& bake) {
    const auto records = input::read_records(root);
    const auto bad = std::ranges::find(records.bad, bake, &model::BadBake::bake);
    if (bad == records.bad.end()) return {};
    return fail(Errc::Denied, "the same inputs would only make " + bake +
                                  " again, which is marked bad: " + bad->why +
                                  "; with --force it is compiled all the same");
}

Result<void> lift_marks(const Root& root, execute::Effects& effects, const std::string& bake) {
    const auto records = input::read_records(root);
    const std::string tried(names::tried_directory);
    std::vector<std::string> paths{model::path_of_record("bad/" + bake),
                                   model::path_of_record("cold/" + bake), tried + "/bad/" + bake,
                                   tried + "/load-" + bake + ".json"};
    if (records.trial && records.trial->bake == bake)
        paths.push_back(model::path_of_record("trial"));
    for (const model::GoodBake& good : records.good)
        if (good.bake == bake) paths.push_back(model::path_of_record(file_of(model::Record(good))));
    for (const std::string& path : paths)
        if (auto removed = effects.remove(path); !removed) return removed;
    return {};
}

} // namespace gpuboot::flow
