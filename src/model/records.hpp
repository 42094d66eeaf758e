// SPDX-License-Identifier: LGPL-2.1-or-later
// What one boot must remember of another: a load that was begun, a bake that failed although
// everything about it was right, and the one that served last. Small records, each of which may be
// lost: that costs time, never a boot.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gpuboot::model {

/// The kernel is about to be handed this bake for the first time. It stands until the machine has
/// survived that: one from an earlier boot says that the machine died over it.
struct Trial {
    std::string bake;
    std::string boot_id;
    int tries = 0;
    bool operator==(const Trial&) const = default;
};

/// A load or an opening that failed although every check had passed.
struct BadBake {
    std::string bake;
    std::string kernel; ///< uname -r
    std::string build;  ///< uname -v: a rebuilt kernel of the same name may well take it
    std::string why;    ///< with the errno's name and the kernel's line
    std::string when;   ///< for people only; no decision hangs on the wall clock
    bool operator==(const BadBake&) const = default;
};

/// It was loaded on this kernel and the machine lived.
struct GoodBake {
    std::string kernel;
    std::string bake;
    bool operator==(const GoodBake&) const = default;
};

/// What reading a bake's userspace found, byte by byte, when nobody waited for it. It holds as long
/// as its files have these stamps (BakeFact), and saves reading them again.
struct ColdRead {
    std::string bake;
    std::string stamps;
    std::string damaged; ///< the first file that is not as the marker says; "" when all are
    std::string wanted, found;
    bool operator==(const ColdRead&) const = default;
};

using Record = std::variant<Trial, BadBake, GoodBake, ColdRead>;

/// Its path below the records' directory: "trial", "bad/ID", "last-good-KERNEL", "cold/ID".
std::string file_of(const Record& record);
/// Its whole path, for a name as `file_of` gives it.
std::string path_of_record(std::string_view file);
/// "note the first try of bake ID", as a step is told.
std::string to_text(const Record& record);

inline constexpr int record_format = 1;
/// A machine that died this often over the same first load is not sent there again.
inline constexpr int deadly_tries = 2;

struct Records {
    std::string boot_id; ///< of this boot
    std::string build;   ///< uname -v of this boot's kernel; "" for a tree that is not running
    std::optional<Trial> trial;
    std::vector<BadBake> bad; ///< of bakes that still lie in a store
    std::vector<GoodBake> good;
    std::vector<ColdRead> cold;      ///< likewise
    std::vector<std::string> broken; ///< files that prove nothing, or speak of no bake any more
    std::vector<std::string> newer;  ///< of a newer gpuboot: not understood, never touched
    bool operator==(const Records&) const = default;
};

} // namespace gpuboot::model
