// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/request_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.hpp"
#include "input/request.hpp"
#include "report/job_record.hpp"

namespace gpuboot::daemon {

namespace {

/// Read by root without capabilities, through the daemon's group (units/gpuboot-request.service).
constexpr mode_t request_mode = 0640;

Result<Fd> open_directory(const Root& root) {
    auto directory = root.open_at(names::want_directory, O_RDONLY | O_DIRECTORY);
    if (!directory) return forward(std::move(directory).error(), "the folder for requests");
    return directory;
}

Result<void> fill(const Fd& file, const std::string& name, const std::string& text) {
    if (::fchmod(file.get(), request_mode) != 0) return fail_errno(name); // whatever the umask is
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0) return fail_errno(name);
    if (static_cast<std::size_t>(written) != text.size())
        return fail(Errc::Io, name + ": written in part only");
    return {};
}

} // namespace

Result<void> write_request(const Root& root, const model::Job& job) {
    auto directory = open_directory(root);
    if (!directory) return forward(std::move(directory).error());
    const std::string name = report::request_name(job.id);
    // No name that the path unit's "*.toml" matches.
    const std::string unfinished = "." + name + ".new";
    // Left by a daemon that was killed while writing; nobody else writes here.
    (void)::unlinkat(directory->get(), unfinished.c_str(), 0);
    const Fd file(::openat(directory->get(), unfinished.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, request_mode));
    if (!file) return fail_errno(unfinished);
    auto done = fill(file, unfinished, report::request_text(job));
    if (done && ::renameat2(directory->get(), unfinished.c_str(), directory->get(), name.c_str(),
                            RENAME_NOREPLACE) != 0)
        done = fail_errno(name);
    // What could not become a request is not left behind; the reason told is the first one.
    if (!done) (void)::unlinkat(directory->get(), unfinished.c_str(), 0);
    return done;
}

Result<void> withdraw_request(const Root& root, std::uint32_t job) {
    auto directory = open_directory(root);
    if (!directory) return forward(std::move(directory).error());
    const std::string name = report::request_name(job);
    if (::unlinkat(directory->get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return fail_errno(name);
    return {};
}

std::vector<model::Job> read_requests(const Root& root, std::vector<std::string>& flaws) {
    std::vector<model::Job> jobs;
    auto names = root.list(names::want_directory);
    if (!names) {
        if (names.error().code != Errc::NotFound) flaws.push_back(names.error().what);
        return jobs;
    }
    for (const std::string& name : *names) {
        if (!name.ends_with(".toml")) continue;
        const std::string path = std::string(names::want_directory) + "/" + name;
        const auto job = input::read_request(root, path, ::geteuid());
        if (!job && job.error().code != Errc::NotFound) flaws.push_back(job.error().what);
        // Number 0 is a phase that asks for another one: nobody waits for it on the bus.
        if (job && job->id != 0) jobs.push_back(*job);
    }
    return jobs;
}

} // namespace gpuboot::daemon
