// SPDX-License-Identifier: LGPL-2.1-or-later
#include "golden/marker_case.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "base/fields.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "input/store.hpp"
#include "report/sentences.hpp"
#include "unit/input/bake_on_disk.hpp"

namespace gpuboot::golden {

namespace {

using tests::BakeOnDisk;

/// Replaces the first line that begins so; no such line is a mistake in the case.
bool replace_line(std::string& text, const std::string& beginning, const std::string& with) {
    const auto at = text.starts_with(beginning) ? 0 : text.find("\n" + beginning) + 1;
    if (at == 0 && !text.starts_with(beginning)) return false;
    text.replace(at, text.find('\n', at) + 1 - at, with.empty() ? "" : with + "\n");
    return true;
}

std::string with_crlf(const std::string& text) {
    std::string dos;
    for (const char c : text)
        dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return dos;
}

/// "\xNN" stands for a byte: TOML itself holds no NUL and nothing but UTF-8.
std::string bytes_in(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text.compare(i, 2, "\\x") == 0 && i + 3 < text.size()) {
            bytes += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
            i += 3;
        } else {
            bytes += text[i];
        }
    return bytes;
}

void edit(Fields& fields, std::string& text) {
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    if (auto beginning = fields.optional_text("replace"))
        if (!replace_line(text, *beginning, bytes_in(fields.optional_text("with").value_or(""))))
            fields.refuse("replace", "the beginning of a line of the marker", *beginning);
    if (auto length = fields.optional_number("length", 0, most))
        text.assign(static_cast<std::size_t>(*length), '\0');
    text.insert(0, bytes_in(fields.optional_text("before").value_or("")));
    text += bytes_in(fields.optional_text("after").value_or(""));
    if (fields.optional_text("line_ends"))
        if (fields.choice("line_ends", {"crlf"}) == "crlf") text = with_crlf(text);
    if (auto cut = fields.optional_number("cut_last", 1, most))
        text.resize(text.size() - std::min(text.size(), static_cast<std::size_t>(*cut)));
}

void replace_file(Fields& fields, const BakeOnDisk& bake) {
    const std::string path = bake.outside("marker.toml");
    if (auto owner = fields.optional_number("owner", 0, 65534))
        if (::chown(path.c_str(), static_cast<uid_t>(*owner), 0) != 0)
            fields.refuse("owner", "a test that runs as root", "no right to give files away");
    if (auto mode = fields.optional_text("mode"))
        ::chmod(path.c_str(), static_cast<mode_t>(std::stoi(*mode, nullptr, 8)));
    if (!fields.optional_text("instead")) return;
    const auto kind = fields.choice("instead", {"nothing", "symlink", "directory", "fifo"});
    std::filesystem::remove(path);
    if (kind == "symlink") bake.tree.link(bake.path("marker.toml"), "/etc/marker.toml");
    if (kind == "directory") ::mkdir(path.c_str(), 0755);
    if (kind == "fifo") ::mkfifo(path.c_str(), 0644);
}

/// A machine for which the bake is just right.
model::Facts machine() {
    model::Facts facts;
    facts.host = {BakeOnDisk::kernel, BakeOnDisk::arch};
    facts.pin.value = model::Pin{BakeOnDisk::version,
                                 model::Kind::Open,
                                 {"dkms", "nvidia-current-open", std::string(64, 'a')},
                                 std::nullopt};
    facts.policy.modules = {"nvidia", "nvidia-uvm"};
    facts.gpus = {{"0000:01:00.0", "10de:20b0", ""}};
    facts.records.good = {{BakeOnDisk::kernel, BakeOnDisk::id}}; // it has served before
    return facts;
}

} // namespace

Result<Answer> answer_marker(const std::string& file, const Node& record) {
    Fields fields(file, record);
    const BakeOnDisk bake;
    std::string text = bake.tree.read(bake.path("marker.toml"));
    edit(fields, text);
    bake.tree.write(bake.path("marker.toml"), text);
    replace_file(fields, bake);
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);

    model::Facts facts = machine();
    auto store = input::read_store(bake.tree.root,
                                   {facts.host.kernel, facts.host.arch, BakeOnDisk::version});
    facts.bakes = std::move(store.bakes);
    facts.store_flaw = std::move(store.flaw);
    const auto verdict = decide::judge(facts);
    return Answer{report::to_sentences(verdict) + "Steps:\n" +
                      report::to_sentences(decide::plan(facts, verdict)),
                  verdict.reasons};
}

} // namespace gpuboot::golden
