// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the section table of a 64-bit little-endian ELF file held in memory. Every offset is
// bounded before it is used; what is returned are views into the given bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace gpuboot {

struct ElfSection {
    std::string_view name;
    std::uint32_t type = 0;
    std::uint32_t link = 0;
    std::uint64_t size = 0; ///< of one that holds no bytes (NOBITS), too
    ByteView bytes;
};

struct Elf {
    std::uint16_t type = 0;    ///< ET_REL of a module
    std::uint16_t machine = 0; ///< EM_X86_64
    std::vector<ElfSection> sections;

    std::size_t count(std::string_view name) const;
    const ElfSection* find(std::string_view name) const; ///< The first; null: there is none.
};

/// BadInput: what of its header or section table is wrong, in the terms of elf(5). Bytes behind
/// the last section, such as a module's signature, are nobody's.
Result<Elf> read_elf(ByteView image);

} // namespace gpuboot
