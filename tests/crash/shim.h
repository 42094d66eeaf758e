// SPDX-License-Identifier: LGPL-2.1-or-later
// The page that a fault shim shares with whoever arms it: it lies in the file that the variable
// GPUBOOT_SHIM names, and counts for every process that maps it.
#pragma once

enum shim_kind {
    SHIM_KILL,   // SIGKILL instead of the call
    SHIM_ENOSPC, // the call fails and changes nothing
    SHIM_EIO,
    SHIM_EROFS,
    SHIM_EDQUOT,
    SHIM_SHORT,  // half of the bytes are written
    SHIM_KINDS
};

enum shim_call {
    SHIM_CREATE = 1, SHIM_WRITE, SHIM_SYNC, SHIM_CLOSE, SHIM_RENAME, SHIM_LINK, SHIM_UNLINK,
    SHIM_MKDIR, SHIM_MODE, SHIM_SIZE, SHIM_KERNEL
};

#define SHIM_CALLS 8192

struct shim_page {
    int armed;       // 0: nothing is counted
    int kind;        // enum shim_kind
    unsigned at;     // the call that suffers, from 1; 0: none does
    unsigned count;  // calls so far
    unsigned fired;
    unsigned char calls[SHIM_CALLS]; // what call number i + 1 was: enum shim_call
};
