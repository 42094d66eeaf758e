// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/dkms_conf.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "source/shell_text.hpp"

namespace gpuboot::source {

namespace {

constexpr std::array<std::string_view, 5> keys{
    "PACKAGE_NAME", "PACKAGE_VERSION", "BUILT_MODULE_NAME", "BUILT_MODULE_LOCATION", "MAKE"};
constexpr int module_limit = 64;

bool is_word(std::string_view text, std::string_view more) {
    return !text.empty() && text.size() <= 64 && text.front() != '-' && text.front() != '.' &&
           std::ranges::all_of(text, [&](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      more.contains(c);
           });
}

/// "a/b" below the tree; never absolute, never "..".
bool is_location(std::string_view path) {
    while (!path.empty()) {
        const auto slash = path.find('/');
        if (!is_word(path.substr(0, slash), "._-")) return false;
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return true;
}

class Reader {
  public:
    explicit Reader(const std::string& file) : file_(file) {}

    Result<DkmsConf> read(std::string_view text) {
        if (text.size() > dkms_conf_limit)
            return fail(Errc::BadInput,
                        file_ + ": larger than " + std::to_string(dkms_conf_limit) + " bytes");
        ShellText shell(text);
        while (auto statement = shell.next()) {
            if (auto took = take(*statement); !took) return forward(std::move(took).error());
        }
        return finish();
    }

  private:
    Result<void> take(const Statement& statement) {
        if (statement.name.empty()) return command(statement);
        if (std::ranges::find(keys, statement.name) == keys.end()) return {};
        if (depth_ > 0) return refuse(statement.line, statement.name + " is set inside shell code");
        if (statement.appends)
            return refuse(statement.line, statement.name + " is appended to, not set");
        if (statement.more)
            return refuse(statement.line, "shell code after the value of " + statement.name);
        return assign(statement);
    }

    /// Shell that sets none of our keys does not matter; around them it would.
    Result<void> command(const Statement& statement) {
        for (std::string_view key : keys)
            for (char after : {'=', '['})
                if (statement.text.contains(std::string(key) + after))
                    return refuse(statement.line, std::string(key) + " is set by shell code");
        if (statement.text.contains("<<")) return refuse(statement.line, "holds a here-document");
        depth_ += statement.opens;
        return {};
    }

    Result<void> assign(const Statement& statement) {
        if (statement.name == "MAKE") {
            if (statement.index.empty() || statement.index == "0")
                conf_.make = unquoted(statement.value);
            return {};
        }
        auto value = evaluate(statement);
        if (!value) return forward(std::move(value).error());
        if (statement.name == "PACKAGE_NAME") return name(statement, *value, conf_.package_name);
        if (statement.name == "PACKAGE_VERSION")
            return name(statement, *value, conf_.package_version);
        return module(statement, *value);
    }

    Result<std::string> evaluate(const Statement& statement) {
        std::string error;
        auto value = expanded(
            statement.value,
            [&](std::string_view variable) -> std::optional<std::string> {
                if (variable == "PACKAGE_NAME") return conf_.package_name;
                if (variable == "PACKAGE_VERSION") return conf_.package_version;
                return std::nullopt;
            },
            error);
        if (!value) return refuse(statement.line, statement.name + " " + error);
        return *value;
    }

    Result<void> name(const Statement& statement, const std::string& value, std::string& into) {
        if (!is_word(value, "._+~-")) return refuse(statement.line, statement.name + " is no name");
        into = value;
        return {};
    }

    Result<void> module(const Statement& statement, std::string value) {
        int index = 0;
        const char* end = statement.index.data() + statement.index.size();
        const auto [stop, error] = std::from_chars(statement.index.data(), end, index);
        const bool number = error == std::errc() && stop == end && index < module_limit;
        if (!statement.index.empty() && (!number || index < 0))
            return refuse(statement.line, statement.name + ": wanted an index from 0 to " +
                                              std::to_string(module_limit - 1));
        BuiltModule& built = modules_[index];
        if (statement.name == "BUILT_MODULE_NAME") {
            if (!is_word(value, "_-")) return refuse(statement.line, "no name of a module");
            built.name = std::move(value);
            return {};
        }
        while (value.ends_with('/'))
            value.pop_back();
        if (!is_location(value))
            return refuse(statement.line, "BUILT_MODULE_LOCATION leads out of the tree");
        built.location = std::move(value);
        return {};
    }

    Result<DkmsConf> finish() {
        if (conf_.package_name.empty()) return missing("PACKAGE_NAME");
        if (conf_.package_version.empty()) return missing("PACKAGE_VERSION");
        if (conf_.make.empty()) return missing("MAKE[0]");
        if (modules_.empty()) return missing("BUILT_MODULE_NAME[0]");
        for (auto& [index, module] : modules_) {
            if (module.name.empty())
                return missing("BUILT_MODULE_NAME[" + std::to_string(index) + "]");
            conf_.modules.push_back(std::move(module));
        }
        return std::move(conf_);
    }

    std::unexpected<Error> missing(const std::string& key) const {
        return fail(Errc::BadInput, file_ + ": " + key + " is not set");
    }

    std::unexpected<Error> refuse(int line, const std::string& why) const {
        return fail(Errc::BadInput, file_ + ":" + std::to_string(line) + ": " + why +
                                        "; gpuboot reads dkms.conf but never runs it");
    }

    const std::string& file_;
    DkmsConf conf_;
    std::map<int, BuiltModule> modules_;
    int depth_ = 0; ///< of if, for, case ... around the current line
};

} // namespace

Result<DkmsConf> parse_dkms_conf(const std::string& file, std::string_view text) {
    return Reader(file).read(text);
}

} // namespace gpuboot::source
