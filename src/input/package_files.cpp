// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/package_files.hpp"

#include <vector>

#include "input/file_entry.hpp"

namespace gpuboot::input {

namespace {

constexpr std::string_view database = "/var/lib/dpkg/info";
constexpr std::string_view diversions = "/var/lib/dpkg/diversions";
constexpr std::size_t most_files = 65'536; // of the database: a dozen for each package
constexpr std::size_t list_limit = std::size_t{32} << 20;
constexpr std::size_t database_limit = std::size_t{512} << 20;

using Owners = std::map<std::string, std::string>;

Error malformed(const std::string& file, int line, const std::string& wanted,
                std::string_view found) {
    return Error{Errc::BadInput, file + ":" + std::to_string(line) + ": wanted " + wanted +
                                     ", found \"" + std::string(found) + "\""};
}

class Database {
  public:
    Database(const Root& root, const std::set<std::string>& paths) : root_(root) {
        for (const std::string& path : paths)
            asked_.insert(merged(path));
    }

    Result<Owners> read() {
        auto names = root_.list(database, most_files);
        if (!names) return forward(std::move(names).error(), "the list of packages' files");
        for (const std::string& name : *names)
            if (name.ends_with(".list"))
                if (auto read = read_list(name); !read) return forward(std::move(read).error());
        if (auto read = read_diversions(); !read) return forward(std::move(read).error());
        return std::move(owners_);
    }

  private:
    Result<std::string> text_of(const std::string& path) {
        auto text = root_.read_text(path, list_limit);
        if (!text) return text;
        read_ += text->size();
        if (read_ > database_limit)
            return fail(Errc::BadInput, std::string(database) + ": more than 512 MiB of lists");
        if (text->contains('\0')) return fail(Errc::BadInput, path + ": holds a NUL byte");
        // dpkg refuses such a file too: the last name may have been cut.
        if (!text->empty() && !text->ends_with('\n'))
            return fail(Errc::BadInput, path + ": has no newline at its end");
        return text;
    }

    /// NAME.list or NAME:ARCH.list: one absolute path a line.
    Result<void> read_list(const std::string& name) {
        const std::string path = std::string(database) + "/" + name;
        auto text = text_of(path);
        if (!text) return forward(std::move(text).error());
        const std::string stem = name.substr(0, name.size() - std::string_view(".list").size());
        const std::string package = stem.substr(0, stem.find(':'));
        int number = 0;
        for (std::string_view rest = *text; !rest.empty();) {
            const std::string_view line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(line.size() + 1);
            ++number;
            if (!line.starts_with('/'))
                return std::unexpected(malformed(path, number, "an absolute path", line));
            own(line, "package " + package);
        }
        return {};
    }

    /// Three lines each: the name, the name it gives way to, the package (":" for an operator's).
    Result<void> read_diversions() {
        const std::string path(diversions);
        auto text = text_of(path);
        if (!text && text.error().code == Errc::NotFound) return {};
        if (!text) return forward(std::move(text).error());
        std::vector<std::string_view> lines;
        for (std::string_view rest = *text; !rest.empty();) {
            lines.push_back(rest.substr(0, rest.find('\n')));
            rest.remove_prefix(lines.back().size() + 1);
        }
        if (lines.size() % 3 != 0)
            return fail(Errc::BadInput, path + ": wanted three lines for each diversion");
        for (std::size_t i = 0; i < lines.size(); i += 3)
            for (std::size_t side : {i, i + 1}) {
                if (!lines[side].starts_with('/'))
                    return std::unexpected(malformed(path, static_cast<int>(side) + 1,
                                                     "an absolute path", lines[side]));
                own(lines[side], lines[i + 2] == ":"
                                     ? "a local diversion"
                                     : "the diversion of package " + std::string(lines[i + 2]));
            }
        return {};
    }

    void own(std::string_view path, const std::string& owner) {
        std::string name = merged(path);
        if (asked_.contains(name)) owners_.emplace(std::move(name), owner);
    }

    const Root& root_;
    std::set<std::string> asked_;
    Owners owners_;
    std::size_t read_ = 0;
};

} // namespace

Result<Owners> read_package_owners(const Root& root, const std::set<std::string>& paths) {
    return Database(root, paths).read();
}

} // namespace gpuboot::input
