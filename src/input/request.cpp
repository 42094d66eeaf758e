// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/request.hpp"

#include <fcntl.h>

#include "base/fields.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t request_limit = 4096;
constexpr std::int64_t highest_job = 4'294'967'295;

Result<std::string> read_distrusted(const Root& root, const std::string& path, uid_t writer) {
    auto fd = root.open_at(path, O_RDONLY | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    auto status = require_regular(fd->get(), path);
    if (!status) return forward(std::move(status).error());
    if (status->st_uid != 0 && status->st_uid != writer)
        return fail(Errc::Denied, path + ": wanted owner root or gpuboot, found uid " +
                                      std::to_string(status->st_uid));
    auto bytes = read_rest(fd->get(), request_limit);
    if (!bytes) return forward(std::move(bytes).error(), path);
    return std::string(text_of(*bytes));
}

} // namespace

Result<model::Job> read_request(const Root& root, const std::string& path, uid_t writer) {
    auto text = read_distrusted(root, path, writer);
    if (!text) return forward(std::move(text).error());
    auto document = parse_toml(*text, path);
    if (!document) return forward(std::move(document).error());
    Fields fields(path, *document);
    fields.number("schema", 1, 1);
    model::Job job;
    const std::string verb =
        fields.choice("verb", {"check", "rebuild", "init", "deactivate", "opt-out", "opt-in"});
    job.request.verb = model::verb_of(verb).value_or(model::Verb::Check);
    job.id = static_cast<std::uint32_t>(fields.number("job", 0, highest_job));
    job.request.force = fields.optional_flag("force").value_or(false);
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);
    return job;
}

} // namespace gpuboot::input
