// SPDX-License-Identifier: LGPL-2.1-or-later
// A life of a store in a few steps, for the power-cut harnesses: after each step it says what must
// now be on disk.
#pragma once

#include <string>

namespace gpuboot::crash {

/// Fills an empty file system with what every world has.
int make(const std::string& directory);

/// After each step prints "mark IDS RECORD" (ids joined by ",", or "-"), and goes on when it reads
/// a line.
int play(const std::string& directory);

/// Recovers, empties the store, prints "begin", and plays the same steps again and again. The
/// record begins with "round<N>-".
int loop(const std::string& directory);

/// Recovers, and checks what is there: ids that must, ids that may be there, what the record may
/// say; lists joined by ",", "-" for none. Prints the first violation.
int verify(const std::string& directory, const std::string& must, const std::string& may,
           const std::string& records);

} // namespace gpuboot::crash
