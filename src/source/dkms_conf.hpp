// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a dkms.conf without running it. It is shell, so it is never sourced: a fixed list of
// assignments is understood, everything that would need a shell to know is refused by file and
// line. MAKE[0] is the exception: its text is kept as written, because only the shell inside the
// sandbox of the compile will ever see it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace gpuboot::source {

struct BuiltModule {
    std::string name;     ///< file name without ".ko"
    std::string location; ///< folder in the tree where the build leaves it; "" is the tree itself

    bool operator==(const BuiltModule&) const = default;
};

struct DkmsConf {
    std::string package_name;
    std::string package_version;
    std::string make;
    std::vector<BuiltModule> modules; ///< in the order of their index

    bool operator==(const DkmsConf&) const = default;
};

inline constexpr std::size_t dkms_conf_limit = std::size_t{64} << 10;

/// `file` is the path in messages.
Result<DkmsConf> parse_dkms_conf(const std::string& file, std::string_view text);

} // namespace gpuboot::source
