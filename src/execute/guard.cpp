// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/guard.hpp"

#include "execute/guard_record.hpp"
#include "input/boot_loader.hpp"

namespace gpuboot::execute {

namespace {

using namespace model;

/// Read again, so that what others wrote into the file meanwhile is kept.
Result<void> put_default(const Root& root, Effects& effects, const BootChoice& choice,
                         const std::string& value) {
    const auto text = input::read_default_file(root, choice);
    if (!text) return forward(text.error());
    const auto changed = input::with_default(choice, *text, value);
    if (!changed) return forward(changed.error(), choice.file);
    return *changed == *text ? Result<void>() : effects.replace_settings(choice.file, *changed);
}

Result<void> give_back(const Root& root, Effects& effects, const BootChoice& choice,
                       GuardRecord record) {
    record.stage = GuardStage::Changing;
    if (auto noted = write_guard_record(effects, record); !noted) return noted;
    return put_default(root, effects, choice, record.before);
}

Result<void> set(const Root& root, Effects& effects, const Guard& guard, const GuardInput& input) {
    // From one kept kernel to another by what was there before: a record knows two values.
    if (input.choice.set != guard.record.before)
        if (auto back = give_back(root, effects, input.choice, *input.record); !back) return back;
    GuardRecord record = guard.record;
    if (auto noted = write_guard_record(effects, record); !noted) return noted;
    if (auto put = put_default(root, effects, input.choice, record.set); !put) return put;
    record.stage = GuardStage::Set;
    return write_guard_record(effects, record);
}

} // namespace

Result<void> perform(const Root& root, Effects& effects, const Guard& guard,
                     const GuardInput& input) {
    switch (guard.act) {
    case GuardAct::None: return {};
    case GuardAct::Set: return set(root, effects, guard, input);
    case GuardAct::Stand:
    case GuardAct::Yield:
        return input.record == guard.record ? Result<void>()
                                            : write_guard_record(effects, guard.record);
    case GuardAct::Release:
        if (auto back = give_back(root, effects, input.choice, guard.record); !back) return back;
        return remove_guard_record(effects);
    case GuardAct::Forget: return remove_guard_record(effects);
    }
    return {};
}

} // namespace gpuboot::execute
