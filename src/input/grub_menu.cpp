// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/grub_menu.hpp"

#include <algorithm>
#include <charconv>

#include "model/pin.hpp"
#include "model/printable.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t most_nodes = 1000;
constexpr std::size_t deepest = 16;

/// GRUB's quoting, as far as its own menus use it. A comment ends the line.
std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool begun = false;
    char quote = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        const bool blank = c == ' ' || c == '\t' || c == ';';
        if (quote == 0 && !begun && c == '#') break;
        if (quote == 0 && blank) {
            if (begun) words.push_back(std::move(word));
            word.clear();
            begun = false;
            continue;
        }
        begun = true;
        if (quote != '\'' && c == '\\' && at + 1 < line.size())
            word += line[++at];
        else if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (quote != 0 && c == quote)
            quote = 0;
        else
            word += c;
    }
    if (begun) words.push_back(std::move(word));
    return words;
}

/// No way into grubenv, a path of ids, or a terminal.
bool is_clean(std::string_view id) {
    return !id.empty() && id.size() < 512 && id == model::printable(id) &&
           id.find('\\') == std::string_view::npos;
}

std::string id_of(const std::vector<std::string>& words) {
    for (std::size_t at = 2; at + 1 < words.size(); ++at) {
        if (words[at] == "$menuentry_id_option" || words[at] == "--id") return words[at + 1];
        if (words[at].starts_with("--id=")) return words[at].substr(5);
    }
    return words[1];
}

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<GrubMenu> read() {
        if (auto read = block(menu_.nodes, nullptr, 0); !read)
            return forward(std::move(read).error());
        menu_.heeds_saved_entry = saved_ && !other_;
        return std::move(menu_);
    }

  private:
    bool next_line(std::string_view& line) {
        if (at_ >= text_.size()) return false;
        const std::size_t end = std::min(text_.find('\n', at_), text_.size());
        line = text_.substr(at_, end - at_);
        at_ = end + 1;
        return true;
    }

    /// Up to its closing brace. `entry` is what the block is the body of, when it is one's.
    Result<void> block(std::vector<GrubNode>& nodes, GrubNode* entry, std::size_t depth) {
        if (depth > deepest) return fail(Errc::BadInput, "a menu nested beyond reason");
        std::string_view line;
        while (next_line(line)) {
            const auto words = words_of(line);
            if (words.empty()) continue;
            if (words.size() == 1 && words[0] == "}" && depth > 0) return {};
            if (words.back() == "{") {
                if (auto read = open(words, nodes, entry, depth); !read) return read;
            } else {
                take(words, entry);
            }
        }
        return depth == 0 ? Result<void>() : fail(Errc::BadInput, "a menu without its end");
    }

    Result<void> open(const std::vector<std::string>& words, std::vector<GrubNode>& nodes,
                      GrubNode* entry, std::size_t depth) {
        const bool submenu = words[0] == "submenu";
        if ((!submenu && words[0] != "menuentry") || words.size() < 3)
            return block(nodes, entry, depth + 1);
        if (++count_ > most_nodes) return fail(Errc::BadInput, "more entries than any menu has");
        GrubNode node{words[1], id_of(words), "", submenu, {}};
        auto read = block(submenu ? node.nodes : nowhere_, submenu ? nullptr : &node, depth + 1);
        nodes.push_back(std::move(node));
        return read;
    }

    void take(const std::vector<std::string>& words, GrubNode* entry) {
        if (words[0] == "blscfg") menu_.reads_entries = true;
        if (words[0] == "set" && words.size() > 1 && words[1].starts_with("default=")) {
            const std::string value = words[1].substr(words[1].find('=') + 1);
            saved_ = saved_ || value == "${saved_entry}";
            other_ = other_ || (value != "${saved_entry}" && value != "${next_entry}");
        }
        if (entry != nullptr && entry->kernel.empty() && words.size() > 1 &&
            (words[0] == "linux" || words[0] == "linuxefi" || words[0] == "linux16") &&
            !entry->id.starts_with("osprober-"))
            entry->kernel = kernel_of_image(words[1]);
    }

    std::string_view text_;
    std::size_t at_ = 0, count_ = 0;
    bool saved_ = false, other_ = false;
    GrubMenu menu_;
    std::vector<GrubNode> nowhere_; ///< an entry holds no entries
};

/// '>' separates, ">>" is one '>' of a name.
std::vector<std::string> path_of(std::string_view saved) {
    std::vector<std::string> path{""};
    for (std::size_t at = 0; at < saved.size(); ++at) {
        if (saved[at] != '>') {
            path.back() += saved[at];
        } else if (at + 1 < saved.size() && saved[at + 1] == '>') {
            path.back() += saved[at++];
        } else {
            path.emplace_back();
        }
    }
    return path;
}

std::string in_path(std::string_view id) {
    std::string text;
    for (const char c : id)
        text += c == '>' ? std::string(">>") : std::string(1, c);
    return text;
}

const GrubNode* find_node(const std::vector<GrubNode>& nodes, const std::string& name) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size())
        return number < nodes.size() ? &nodes[number] : nullptr;
    const auto found = std::ranges::find_if(
        nodes, [&](const GrubNode& node) { return node.title == name || node.id == name; });
    return found == nodes.end() ? nullptr : &*found;
}

void add_entries(const std::vector<GrubNode>& nodes, const std::string& path,
                 std::vector<model::BootEntry>& entries) {
    for (const GrubNode& node : nodes) {
        if (!is_clean(node.id)) continue;
        const std::string id = path + in_path(node.id);
        if (node.submenu) add_entries(node.nodes, id + ">", entries);
        const bool known =
            std::ranges::find(entries, node.kernel, &model::BootEntry::kernel) != entries.end();
        if (!node.kernel.empty() && !known) entries.push_back({node.kernel, id});
    }
}

} // namespace

std::string kernel_of_image(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    for (const std::string_view end : {".signed", ".efi"})
        if (name.ends_with(end)) name.remove_suffix(end.size());
    for (const std::string_view begin : {"vmlinuz-", "vmlinux-", "kernel-"})
        if (name.starts_with(begin) && model::is_kernel_release(name.substr(begin.size())))
            return std::string(name.substr(begin.size()));
    return "";
}

Result<GrubMenu> parse_grub_menu(std::string_view text) { return Reader(text).read(); }

std::vector<model::BootEntry> entries_of(const std::vector<GrubNode>& nodes) {
    std::vector<model::BootEntry> entries;
    add_entries(nodes, "", entries);
    return entries;
}

std::string kernel_behind(const std::vector<GrubNode>& nodes, std::string_view saved) {
    const std::vector<GrubNode>* level = &nodes;
    const GrubNode* node = nullptr;
    for (const std::string& name : path_of(saved.empty() ? "0" : saved)) {
        node = find_node(*level, name);
        if (node == nullptr) return "";
        level = &node->nodes;
    }
    return node->kernel;
}

} // namespace gpuboot::input
