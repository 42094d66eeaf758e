// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/record_text.hpp"

#include "base/document.hpp"
#include "base/sealed.hpp"

namespace gpuboot::execute {

namespace {

using namespace model;

struct Members {
    Table operator()(const Trial& r) const {
        return {{"bake", r.bake}, {"boot_id", r.boot_id}, {"tries", r.tries}};
    }
    Table operator()(const BadBake& r) const {
        Table table{{"bake", r.bake}, {"kernel", r.kernel}, {"why", r.why}};
        if (!r.build.empty()) table.push_back({"build", r.build});
        if (!r.when.empty()) table.push_back({"when", r.when});
        return table;
    }
    Table operator()(const GoodBake& r) const { return {{"kernel", r.kernel}, {"bake", r.bake}}; }
    Table operator()(const ColdRead& r) const {
        Table table{{"bake", r.bake}, {"stamps", r.stamps}};
        if (!r.damaged.empty())
            table.insert(table.end(),
                         {{"damaged", r.damaged}, {"wanted", r.wanted}, {"found", r.found}});
        return table;
    }
};

} // namespace

std::string text_of(const Record& record) {
    Table table{{"format", record_format}};
    for (Member& member : std::visit(Members{}, record))
        table.push_back(std::move(member));
    return seal(to_json(table, false));
}

} // namespace gpuboot::execute
