// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/next.hpp"

#include "base/names.hpp"

namespace gpuboot::execute {

Result<void> leave_word(Effects& effects, std::string_view word, std::string_view text) {
    if (auto made = effects.ensure_directory(names::next_directory, 0700); !made) return made;
    return effects.replace_file(word, text, 0600);
}

Result<void> set_word(Effects& effects, std::string_view word, bool wanted) {
    return wanted ? leave_word(effects, word) : effects.remove(word);
}

} // namespace gpuboot::execute
