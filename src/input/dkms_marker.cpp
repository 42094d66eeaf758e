// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/dkms_marker.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using model::Reading;

constexpr std::size_t size_limit = 4096; // four short lines
constexpr std::size_t most_flaws = 8;

struct Key {
    std::string_view name;
    std::string DkmsMarker::* field;
    bool (*grammar)(std::string_view);
};
constexpr std::array<Key, 4> keys{{
    {"kernel", &DkmsMarker::kernel, model::is_kernel_release},
    {"driver_version", &DkmsMarker::driver_version, model::is_version},
    {"driver_kind", &DkmsMarker::driver_kind, model::is_source_name},
    {"arch", &DkmsMarker::arch, model::is_source_name},
}};

class Parser {
  public:
    Reading<DkmsMarker> run(std::string_view text) {
        if (text.starts_with("\xef\xbb\xbf")) {
            flaw("begins with a byte order mark");
            text.remove_prefix(3);
        }
        if (text.contains('\0')) flaw("holds a NUL byte");
        if (text.contains('\r')) flaw("holds a carriage return");
        if (!text.ends_with('\n')) flaw("has no newline at its end");
        for (int number = 1; !text.empty(); ++number) {
            const std::string_view line = text.substr(0, text.find('\n'));
            text.remove_prefix(std::min(line.size() + 1, text.size()));
            read_line(line, "line " + std::to_string(number) + ": ");
        }
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (!seen_[i]) flaw(std::string(keys[i].name) + " is missing");
        if (!flaws_.empty()) return {std::nullopt, flaws_};
        return {marker_, ""};
    }

  private:
    void read_line(std::string_view line, const std::string& where) {
        const auto equals = line.find('=');
        if (equals == std::string_view::npos)
            return flaw(where + "wanted KEY=VALUE, found \"" + std::string(line) + "\"");
        const std::string_view name = line.substr(0, equals), value = line.substr(equals + 1);
        const auto key = std::ranges::find(keys, name, &Key::name);
        if (key == keys.end()) return flaw(where + "unknown key \"" + std::string(name) + "\"");
        bool& seen = seen_[static_cast<std::size_t>(key - keys.begin())];
        if (seen) return flaw(where + std::string(name) + " stands there twice");
        seen = true;
        if (value.find_first_not_of(" \t\r") == std::string_view::npos)
            return flaw(where + std::string(name) + " is blank");
        if (!key->grammar(value))
            return flaw(where + std::string(name) + " cannot be \"" + std::string(value) + "\"");
        marker_.*key->field = value;
    }

    void flaw(const std::string& text) {
        if (++count_ > most_flaws) return;
        flaws_ += (flaws_.empty() ? "" : "; ") + text;
    }

    DkmsMarker marker_;
    std::array<bool, keys.size()> seen_{};
    std::string flaws_;
    std::size_t count_ = 0;
};

} // namespace

Reading<DkmsMarker> parse_dkms_marker(std::string_view text) { return Parser().run(text); }

Reading<DkmsMarker> read_dkms_marker(const Root& root) {
    auto status = root.status(dkms_marker_path);
    if (!status && status.error().code == Errc::NotFound) return {};
    if (!status) return {std::nullopt, status.error().what};
    if (S_ISLNK(status->st_mode)) return {std::nullopt, "is a symlink"};
    if (!S_ISREG(status->st_mode)) return {std::nullopt, "is no regular file"};
    if (status->st_uid != 0 || (status->st_mode & 022) != 0)
        return {std::nullopt, "others than root may write it"};
    if (status->st_size > static_cast<off_t>(size_limit))
        return {std::nullopt,
                "has " + std::to_string(status->st_size) + " bytes: wanted four lines"};
    auto text = root.read_text(dkms_marker_path, size_limit);
    if (!text) return {std::nullopt, text.error().what};
    return parse_dkms_marker(*text);
}

} // namespace gpuboot::input
