// SPDX-License-Identifier: LGPL-2.1-or-later
// What both ways through gpuboot-confine share. Only libc.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace gpuboot::confine {

struct Request {
    bool given = false; ///< the walls stand already: look for them, and run
    uid_t user = 0;
    gid_t group = 0;
    std::string root = "/";
    std::string directory;
    std::string writable; ///< the one folder that can be written; "" for none
    std::vector<std::string> environment;
    char** command = nullptr;
};

/// Exit 125, with a line that says why.
[[noreturn]] void refuse(const std::string& what, int number = 0);
void demand(bool done, const char* what);

bool has_capabilities();
/// systemd's PrivateNetwork= and a container without network leave nothing but "lo".
bool has_only_loopback();

/// For --walls given: each wall of execute/build_unit.cpp that a process can see of itself, or exit
/// 125.
void require_walls(const Request& request);
/// Likewise: goes on in a child; this process waits for it, or for the caller's end of the pipe
/// that is its standard input to close, and takes everything along then.
void live_as_long_as_the_caller();

/// In a mount namespace of its own: all read-only but `writable`, /tmp private. As far as the
/// kernel, and a container around it, allow it.
void close_file_systems(const Request& request);

} // namespace gpuboot::confine
