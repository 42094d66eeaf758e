// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/keeping.hpp"

#include <algorithm>
#include <iterator>

#include "decide/records.hpp"
#include "flow/look.hpp"

namespace gpuboot::flow {

using namespace model;

Result<void> put_records_right(const Machine& machine, input::World& world,
                               execute::Executor& executor, Run& run, const LookAgain& look_again) {
    Facts& facts = world.facts;
    Plan steps = decide::plan_records(facts, now_in_words());
    if (facts.loaded && !decide::judge_records(facts, facts.active).empty()) {
        input::read_bakes(machine.root, world); // a live driver left it unread
        std::ranges::move(decide::plan_retire(facts), std::back_inserter(steps));
    }
    if (steps.empty()) return {};
    run.add(executor.run(steps));
    return look_again(world);
}

void keep_refusal(execute::Executor& executor, Run& run, const Facts& facts,
                  const execute::Failure& failure) {
    const auto* load = std::get_if<LoadModule>(&failure.step);
    const bool refused = load && std::ranges::find(facts.refused, load->bake, &RefusedLoad::bake) !=
                                     facts.refused.end(); // else it is tried once more
    if (!refused) return;
    const bool of_bake = failure.error.code != Errc::Unsupported;
    run.add(executor.run(of_bake ? decide::plan_refused(facts, load->bake, now_in_words())
                                 : decide::plan_survived(facts, load->bake)));
}

} // namespace gpuboot::flow
