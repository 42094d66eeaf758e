// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge_compile.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

ReasonCode code_of(Lack::What what) {
    switch (what) {
    case Lack::What::Headers: return HeadersMissing;
    case Lack::What::Compiler: return CompilerMissing;
    case Lack::What::Tool: return ToolMissing;
    }
    return ToolMissing;
}

} // namespace

std::vector<Reason> judge_lacks(const std::vector<Lack>& lacks) {
    std::vector<Reason> reasons;
    reasons.reserve(lacks.size());
    for (const Lack& lack : lacks)
        reasons.push_back({code_of(lack.what), lack.path, lack.package, lack.found});
    return reasons;
}

std::optional<Reason> judge_attempt(const RebuildAttempt& attempt) {
    if (attempt.error.empty()) return std::nullopt;
    switch (attempt.cause) {
    case RebuildAttempt::Cause::Failed: return Reason{RebuildFailed, "", "a bake", attempt.error};
    case RebuildAttempt::Cause::Repeated:
        return Reason{BuildFailedBefore, attempt.bake, "a bake", attempt.error};
    case RebuildAttempt::Cause::Memory:
        return Reason{BuildNeedsMemory, "", "1.5 GiB", attempt.error};
    }
    return std::nullopt;
}

Reason judge_failed(const FailedBuild& failed) {
    return {BuildFailedBefore, failed.id, "a bake", failed.error};
}

} // namespace gpuboot::decide
