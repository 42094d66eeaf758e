// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/report.hpp"

namespace gpuboot::model {

std::string_view to_text(Outcome outcome) {
    switch (outcome) {
    case Outcome::Done: return "done";
    case Outcome::Failed: return "failed";
    case Outcome::Skipped: return "skipped";
    }
    return "skipped";
}

} // namespace gpuboot::model
