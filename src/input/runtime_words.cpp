// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/runtime_words.hpp"

namespace gpuboot::input {

std::vector<std::string> texts_of(const Node& list) {
    std::vector<std::string> found;
    if (const auto* array = std::get_if<Array>(&list.value))
        for (const Node& entry : *array)
            if (const auto* text = std::get_if<std::string>(&entry.value)) found.push_back(*text);
    return found;
}

bool is_nvidias_runtime(std::string_view program) {
    return program.substr(program.rfind('/') + 1).starts_with("nvidia-container-runtime");
}

} // namespace gpuboot::input
