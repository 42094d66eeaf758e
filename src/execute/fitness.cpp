// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/fitness.hpp"

#include "decide/judge.hpp"
#include "input/cold_files.hpp"
#include "input/store.hpp"
#include "source/bake_id.hpp"

namespace gpuboot::execute {

std::string unfit(const Root& root, const std::string& folder, const model::Marker& inputs,
                  Depth depth) {
    const auto reading = input::read_one(root, folder, inputs.id,
                                         {inputs.kernel, inputs.arch, inputs.driver_version});
    const model::BakeFact& bake = reading.bakes.front();
    model::Facts facts;
    facts.host = {inputs.kernel, inputs.arch};
    facts.pin.value = {inputs.driver_version, inputs.kind, {"", "", inputs.source_sha256}, {}};
    if (!inputs.userspace_sha256.empty())
        facts.pin.value->userspace = {"folder", "", inputs.userspace_sha256};
    facts.pin.value->accept_adopted = true; // that is the boot's to say
    facts.abi = reading.abi;
    facts.policy.modules.clear(); // which modules this machine loads does not matter here
    if (const auto reasons = decide::judge_bake(facts, bake); !reasons.empty())
        return to_text(reasons.front());
    // The name is a digest of the inputs: a marker that tells other inputs is not this bake's.
    const bool own = bake.marker.value && source::bake_id(*bake.marker.value) == inputs.id;
    if (!own) return "its marker tells other inputs";
    if (depth == Depth::Looks) return "";
    const auto damage = input::read_cold_files(root, folder, *bake.marker.value);
    return damage ? to_text(model::Reason{model::ReasonCode::FileDigestDiffers,
                                          inputs.id + "/" + damage->path, damage->wanted,
                                          damage->found})
                  : "";
}

} // namespace gpuboot::execute
