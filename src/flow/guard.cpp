// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/guard.hpp"

#include "base/document.hpp"
#include "base/names.hpp"
#include "decide/guard.hpp"
#include "execute/guard.hpp"
#include "execute/guard_record.hpp"
#include "flow/kernels.hpp"
#include "input/boot_loader.hpp"
#include "input/gather.hpp"
#include "input/host.hpp"
#include "input/policy.hpp"
#include "report/guard_telling.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

constexpr std::size_t word_limit = std::size_t{64} << 10;

/// Said once in a boot, and whenever it changes; nothing that fails here fails the guard.
void tell(const Machine& machine, const Guard& guard) {
    execute::Effects& effects = machine.effects;
    const std::string text = report::motd_of(guard);
    const bool written = !text.empty() && effects.ensure_directory(names::motd_directory, 0755) &&
                         effects.replace_file(names::motd, text, 0644);
    if (!written) (void)effects.remove(names::motd);
    const std::string sentence = report::sentence_of(guard);
    const std::string word =
        to_json(Table{{"status", report::status_of(guard)},
                      {"sentence", sentence},
                      {"reason", guard.reasons.empty() ? "" : to_text(guard.reasons.front())}}) +
        "\n";
    if (machine.root.read_text(names::guard_word, word_limit).value_or("") == word) return;
    report::send_guard(guard);
    if (sentence.empty()) {
        (void)effects.remove(names::guard_word);
    } else if (effects.ensure_directory(names::run_directory, 0755)) {
        (void)effects.replace_file(names::guard_word, word, 0644);
    }
}

/// Nobody's GPU is served by an older kernel on a machine that has none, or wants no driver.
Result<bool> is_asked_for(const Root& root) {
    const auto policy = input::read_policy(root);
    if (!policy.flaw.empty()) return fail(Errc::BadInput, policy.flaw);
    if (!policy.policy.guard_kernels) return false;
    const auto facts = input::gather_machine(root, input::read_host());
    if (!facts) return fail(facts.error().code, facts.error().what);
    return !facts->gpus.empty() && facts->opted_out.empty();
}

} // namespace

Result<Guard> guard_default(const Machine& machine, bool on, std::vector<KernelState> states) {
    auto record = execute::read_guard_record(machine.root);
    if (!record) return forward(std::move(record).error());
    GuardInput input{on, std::move(states), {}, std::move(*record)};
    Guard guard;
    if (on || input.record) {
        input.choice = input::read_boot_choice(machine.root);
        guard = decide::guard(input);
    }
    auto done = execute::perform(machine.root, machine.effects, guard, input);
    if (!done && guard.act == GuardAct::Set) {
        guard.act = GuardAct::None;
        guard.obstacle = done.error().what;
    }
    tell(machine, guard);
    return done ? Result<Guard>(std::move(guard)) : forward(std::move(done).error());
}

Result<Guard> guard_kernels(const Machine& machine, GuardWish wish) {
    if (wish == GuardWish::Release) return guard_default(machine, false, {});
    const auto asked = is_asked_for(machine.root);
    if (!asked) return forward(asked.error());
    if (!*asked) return guard_default(machine, false, {});
    auto states = look_at_kernels(machine.root);
    if (!states) return forward(std::move(states).error());
    return guard_default(machine, true, std::move(*states));
}

std::string last_word_of_guard(const Root& root) {
    const auto text = root.read_text(names::guard_word, word_limit);
    const auto word = text ? parse_json(*text) : fail(Errc::NotFound, "");
    return word ? printable(word->text("sentence")) : "";
}

} // namespace gpuboot::flow
