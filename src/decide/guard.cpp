// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/guard.hpp"

#include <algorithm>

namespace gpuboot::decide {

namespace {

using namespace model;

const KernelState* state_of(const GuardInput& input, const std::string& kernel) {
    const auto found = std::ranges::find(input.states, kernel, &KernelState::kernel);
    return found == input.states.end() ? nullptr : &*found;
}

bool has_bake(const GuardInput& input, const std::string& kernel) {
    const KernelState* state = state_of(input, kernel);
    return state != nullptr && !state->bake.empty();
}

/// Of the older ones the first in the loader's order, so the newest of them.
const BootEntry* entry_to_keep(const GuardInput& input) {
    const auto& entries = input.choice.entries;
    if (entries.empty() || state_of(input, entries.front().kernel) == nullptr) return nullptr;
    const auto older = std::ranges::find_if(
        entries, [&](const BootEntry& entry) { return has_bake(input, entry.kernel); });
    return older == entries.end() || older == entries.begin() ? nullptr : &*older;
}

/// A default that was about to be changed may be the old one: then nothing is ours yet.
bool is_ours(const GuardInput& input) {
    const auto& record = input.record;
    return record && record->stage != GuardStage::Overruled && record->file == input.choice.file &&
           record->set == input.choice.set;
}

/// Somebody wrote another default over ours.
bool was_overruled(const GuardInput& input) {
    const auto& record = input.record;
    if (!record || is_ours(input) || record->file != input.choice.file) return false;
    return record->stage == GuardStage::Set ||
           (record->stage == GuardStage::Changing && record->before != input.choice.set);
}

Guard let_go(const GuardInput& input) {
    Guard guard;
    if (!input.record) return guard;
    guard.record = *input.record;
    guard.act = is_ours(input) ? GuardAct::Release : GuardAct::Forget;
    return guard;
}

bool is_theirs(const GuardInput& input, const std::string& newest) {
    const bool so_far = input.record && input.record->stage == GuardStage::Overruled &&
                        input.record->newest == newest;
    return so_far || was_overruled(input);
}

std::string why_not(const GuardInput& input, const std::string& newest) {
    const BootChoice& choice = input.choice;
    if (!choice.obstacle.empty()) return choice.obstacle;
    if (is_theirs(input, newest))
        return "somebody set another default in " + choice.file + " since the guard did";
    if (is_ours(input) || choice.kernel == newest) return "";
    return choice.file + " names another default already" +
           (choice.kernel.empty() ? "" : ": " + choice.kernel);
}

/// Told, not done. What is ours and would not be heeded goes back; what is not is remembered as
/// theirs, or the next run would take the default for one that nobody cares about.
Guard stay_away(const GuardInput& input, Guard guard) {
    if (!input.record) return guard;
    guard.record = *input.record;
    if (is_ours(input)) {
        guard.act = GuardAct::Release;
    } else if (!is_theirs(input, guard.newest)) {
        guard.act = GuardAct::Forget;
    } else if (guard.record.stage != GuardStage::Overruled) {
        guard.act = GuardAct::Yield;
        guard.record.stage = GuardStage::Overruled;
        guard.record.newest = guard.newest;
    }
    return guard;
}

} // namespace

Guard guard(const GuardInput& input) {
    const BootChoice& choice = input.choice;
    Guard guard;
    if (!choice.flaw.empty()) {
        guard.obstacle = choice.flaw;
        return guard;
    }
    const BootEntry* kept = input.on ? entry_to_keep(input) : nullptr;
    if (kept == nullptr) return let_go(input);
    guard.newest = choice.entries.front().kernel;
    guard.kernel = kept->kernel;
    guard.reasons = state_of(input, guard.newest)->reasons;
    guard.obstacle = why_not(input, guard.newest);
    if (!guard.obstacle.empty()) return stay_away(input, std::move(guard));
    const bool ours = is_ours(input);
    guard.act = ours && choice.set == kept->id ? GuardAct::Stand : GuardAct::Set;
    guard.record = {guard.act == GuardAct::Stand ? GuardStage::Set : GuardStage::Changing,
                    choice.file,
                    kept->id,
                    ours ? input.record->before : choice.set,
                    guard.kernel,
                    guard.newest};
    return guard;
}

} // namespace gpuboot::decide
