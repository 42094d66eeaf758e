// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/records.hpp"

#include "base/names.hpp"

namespace gpuboot::model {

namespace {

struct File {
    std::string operator()(const Trial&) const { return "trial"; }
    std::string operator()(const BadBake& r) const { return "bad/" + r.bake; }
    std::string operator()(const GoodBake& r) const { return "last-good-" + r.kernel; }
    std::string operator()(const ColdRead& r) const { return "cold/" + r.bake; }
};

struct Sentence {
    std::string operator()(const Trial& r) const {
        return "note try " + std::to_string(r.tries) + " of bake " + r.bake +
               ", which has never served";
    }
    std::string operator()(const BadBake& r) const { return "mark bake " + r.bake + " bad"; }
    std::string operator()(const GoodBake& r) const {
        return "note bake " + r.bake + " as the last good one";
    }
    std::string operator()(const ColdRead& r) const {
        return "note that the userspace of bake " + r.bake +
               (r.damaged.empty() ? " is whole" : " is damaged: " + r.damaged);
    }
};

} // namespace

std::string file_of(const Record& record) { return std::visit(File{}, record); }
std::string path_of_record(std::string_view file) {
    return std::string(names::records_directory) + "/" + std::string(file);
}

std::string to_text(const Record& record) { return std::visit(Sentence{}, record); }

} // namespace gpuboot::model
