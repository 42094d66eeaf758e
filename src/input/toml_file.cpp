// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/toml_file.hpp"

namespace gpuboot::input {

Result<Node> read_toml(const Root& root, std::string_view path) {
    auto text = root.read_text(path, toml_limit);
    if (!text) return forward(std::move(text).error());
    if (text->find_first_not_of(" \t\r\n") == std::string::npos)
        return fail(Errc::BadInput, std::string(path) + ":1: the file is empty");
    return parse_toml(*text, path);
}

bool is_link(const Root& root, std::string_view path) {
    auto status = root.status(path);
    return status && S_ISLNK(status->st_mode);
}

} // namespace gpuboot::input
