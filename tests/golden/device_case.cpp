// SPDX-License-Identifier: LGPL-2.1-or-later
#include "golden/device_case.hpp"

#include <algorithm>

#include "base/fields.hpp"
#include "decide/cdi.hpp"
#include "decide/devices.hpp"
#include "decide/gpu_trouble.hpp"
#include "decide/plan.hpp"
#include "decide/runtimes.hpp"
#include "decide/services.hpp"
#include "input/gpu_trouble.hpp"
#include "report/devices_record.hpp"
#include "report/sentences.hpp"

namespace gpuboot::golden {

namespace {

using namespace model;

struct Question {
    std::string address;
    Policy policy;
    std::size_t fails = 0; ///< counted from 1 over both plans; 0: no step fails
    std::string error;
    std::string kernel_says;          ///< a record of /dev/kmsg
    std::vector<DeviceUser> users;    ///< who has that GPU open
    std::vector<std::string> remarks; ///< of the readiness test, which is passed
};

Result<Question> question_of(const std::string& file, const Node& ask) {
    Question question;
    Fields fields(file, ask, "ask.");
    question.address = fields.optional_text("address").value_or("");
    if (fields.optional_text("ready_test")) {
        const std::string test = fields.choice("ready_test", {"bound", "open", "nvml"});
        for (ReadyTest known : {ReadyTest::Bound, ReadyTest::Open, ReadyTest::Nvml})
            if (test == to_text(known)) question.policy.ready_test = known;
    }
    if (auto units = fields.optional_texts("critical_units"))
        question.policy.critical_units = *units;
    if (auto units = fields.optional_texts("deferred_units"))
        question.policy.deferred_units = *units;
    if (fields.optional_text("persistence")) {
        const std::string rule = fields.choice("persistence", {"auto", "hold", "off"});
        for (auto known : {PersistenceRule::Auto, PersistenceRule::Hold, PersistenceRule::Off})
            if (rule == to_text(known)) question.policy.persistence = known;
    }
    if (fields.optional_text("fabric_manager") &&
        fields.choice("fabric_manager", {"auto", "off"}) == "off")
        question.policy.fabric_manager = FabricManagerRule::Off;
    question.fails = static_cast<std::size_t>(fields.optional_number("fails", 1, 99).value_or(0));
    question.error = fields.optional_text("error").value_or("");
    question.kernel_says = fields.optional_text("kernel_says").value_or("");
    for (Fields& user : fields.optional_tables("user")) {
        question.users.push_back({static_cast<int>(user.number("pid", 1, 1 << 22)),
                                  user.text("comm"), user.optional_text("unit").value_or(""),
                                  "nvidia"});
        fields.adopt(user);
    }
    if (auto remarks = fields.optional_texts("remarks")) question.remarks = *remarks;
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);
    return question;
}

std::string lines_of(const std::vector<Reason>& reasons) {
    if (reasons.empty()) return "  nothing is wrong\n";
    std::string text;
    for (const Reason& reason : reasons)
        text += "  - " + to_text(reason) + " [" + std::string(name_of(reason)) + "]\n  => " +
                std::string(remedy_of(reason)) + "\n";
    return text;
}

/// The plans run one after the other: the second is only made when the nodes are right.
Answer answer(const DeviceFacts& facts, const Question& question) {
    Answer answer;
    answer.reasons = decide::judge_devices(facts, question.address);
    for (Reason& reason : decide::judge_runtimes(facts.runtimes))
        answer.reasons.push_back(std::move(reason));
    for (Reason& reason : decide::judge_services(facts.services, question.policy))
        answer.reasons.push_back(std::move(reason));
    const bool right = std::ranges::none_of(
        answer.reasons, [&](const Reason& r) { return decide::fails_the_machine(r, facts); });
    for (Reason& reason : decide::judge_cdi(facts))
        answer.reasons.push_back(std::move(reason));
    answer.text = "Devices:\n" + lines_of(answer.reasons);
    Plan steps = decide::plan_nodes(facts, question.address);
    answer.text += "Nodes:\n" + report::to_sentences(steps);
    if (right && question.address.empty()) {
        steps = decide::plan_test(facts, question.policy);
        const Plan ready = decide::plan_ready(facts, question.policy);
        steps.insert(steps.end(), ready.begin(), ready.end());
        answer.text += "Ready:\n" + report::to_sentences(steps);
    }
    if (const auto trouble = input::trouble_in(question.kernel_says)) {
        const std::vector<Reason> told{decide::reason_of(*trouble, question.users)};
        answer.text += "The kernel says:\n" + lines_of(told);
        answer.reasons.push_back(told.front());
    }
    if (const auto told = decide::reasons_of(question.remarks); !told.empty()) {
        answer.text += "The test says:\n" + lines_of(told);
        answer.reasons.insert(answer.reasons.end(), told.begin(), told.end());
    }
    if (question.fails == 0 || question.fails > steps.size()) return answer;
    const std::vector<Reason> failed{decide::reason_of(steps[question.fails - 1], question.error)};
    answer.text += "Step " + std::to_string(question.fails) + " fails:\n" + lines_of(failed);
    answer.reasons.push_back(failed.front());
    return answer;
}

} // namespace

Result<Answer> answer_devices(const std::string& file, const Node& record) {
    Table facts;
    Node ask = Table{};
    for (const Member& member : std::get<Table>(record.value))
        if (member.key == "ask")
            ask = member.node;
        else
            facts.push_back(member);
    auto question = question_of(file, ask);
    if (!question) return forward(std::move(question).error());
    auto devices = report::devices_of(file, facts);
    if (!devices) return forward(std::move(devices).error());
    if (question->fails > 0 && question->error.empty())
        return fail(Errc::BadInput, file + ": a step that fails has an error");
    return answer(*devices, *question);
}

} // namespace gpuboot::golden
