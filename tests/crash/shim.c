// SPDX-License-Identifier: LGPL-2.1-or-later
// LD_PRELOAD: counts every call that changes a file, and lets the n-th one suffer. Calls of the
// harness itself are not counted while gpuboot_shim_paused is set. gpuboot calls syscall(2) for
// openat2 alone (src/base/root.cpp), so that is what is looked at there.
#define _GNU_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct shim_page *gpuboot_shim_page;
int gpuboot_shim_paused;

__attribute__((constructor)) static void map_page(void) {
    const char *path = getenv("GPUBOOT_SHIM");
    if (!path) return;
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) _exit(97);
    void *page = mmap(NULL, sizeof(struct shim_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) _exit(97);
    close(fd);
    gpuboot_shim_page = page;
}

static const int errnos[SHIM_KINDS] = {0, ENOSPC, EIO, EROFS, EDQUOT, 0};

// 0: go on; -1: fail with errno; 1: do half of it.
int gpuboot_shim_call(int call) {
    struct shim_page *page = gpuboot_shim_page;
    if (!page || !page->armed || gpuboot_shim_paused) return 0;
    const unsigned number = __atomic_add_fetch(&page->count, 1, __ATOMIC_SEQ_CST);
    if (number <= SHIM_CALLS) page->calls[number - 1] = (unsigned char)call;
    if (number != page->at) return 0;
    page->fired = 1;
    if (page->kind == SHIM_KILL) syscall(SYS_kill, getpid(), SIGKILL);
    if (page->kind == SHIM_SHORT) return call == SHIM_WRITE ? 1 : 0;
    errno = errnos[page->kind];
    return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REAL(name) static __typeof__(&name) real; if (!real) real = NEXT(name)

#define WRAP(type, name, parameters, arguments, call) \
    type name parameters { \
        REAL(name); \
        return gpuboot_shim_call(call) < 0 ? -1 : real arguments; \
    }

WRAP(int, fsync, (int fd), (fd), SHIM_SYNC)
WRAP(int, fdatasync, (int fd), (fd), SHIM_SYNC)
WRAP(int, rename, (const char *a, const char *b), (a, b), SHIM_RENAME)
WRAP(int, renameat, (int d, const char *a, int e, const char *b), (d, a, e, b), SHIM_RENAME)
WRAP(int, renameat2, (int d, const char *a, int e, const char *b, unsigned f), (d, a, e, b, f),
     SHIM_RENAME)
WRAP(int, link, (const char *a, const char *b), (a, b), SHIM_LINK)
WRAP(int, linkat, (int d, const char *a, int e, const char *b, int f), (d, a, e, b, f), SHIM_LINK)
WRAP(int, symlink, (const char *a, const char *b), (a, b), SHIM_LINK)
WRAP(int, symlinkat, (const char *a, int d, const char *b), (a, d, b), SHIM_LINK)
WRAP(int, unlink, (const char *a), (a), SHIM_UNLINK)
WRAP(int, unlinkat, (int d, const char *a, int f), (d, a, f), SHIM_UNLINK)
WRAP(int, rmdir, (const char *a), (a), SHIM_UNLINK)
WRAP(int, remove, (const char *a), (a), SHIM_UNLINK)
WRAP(int, mkdir, (const char *a, mode_t m), (a, m), SHIM_MKDIR)
WRAP(int, mkdirat, (int d, const char *a, mode_t m), (d, a, m), SHIM_MKDIR)
WRAP(int, mknod, (const char *a, mode_t m, dev_t n), (a, m, n), SHIM_CREATE)
WRAP(int, mknodat, (int d, const char *a, mode_t m, dev_t n), (d, a, m, n), SHIM_CREATE)
WRAP(int, chmod, (const char *a, mode_t m), (a, m), SHIM_MODE)
WRAP(int, fchmod, (int fd, mode_t m), (fd, m), SHIM_MODE)
WRAP(int, fchmodat, (int d, const char *a, mode_t m, int f), (d, a, m, f), SHIM_MODE)
WRAP(int, chown, (const char *a, uid_t u, gid_t g), (a, u, g), SHIM_MODE)
WRAP(int, lchown, (const char *a, uid_t u, gid_t g), (a, u, g), SHIM_MODE)
WRAP(int, fchown, (int fd, uid_t u, gid_t g), (fd, u, g), SHIM_MODE)
WRAP(int, fchownat, (int d, const char *a, uid_t u, gid_t g, int f), (d, a, u, g, f), SHIM_MODE)
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), SHIM_SIZE)
WRAP(int, ftruncate64, (int fd, off64_t n), (fd, n), SHIM_SIZE)
WRAP(int, truncate, (const char *a, off_t n), (a, n), SHIM_SIZE)
WRAP(int, fallocate, (int fd, int m, off_t o, off_t n), (fd, m, o, n), SHIM_SIZE)
WRAP(int, fallocate64, (int fd, int m, off64_t o, off64_t n), (fd, m, o, n), SHIM_SIZE)

// Pipes and sockets are not what this is about.
static int is_file(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static int is_written_file(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY && is_file(fd);
}

#define WRAP_WRITE(name, parameters, half, whole) \
    ssize_t name parameters { \
        REAL(name); \
        const int fate = is_file(fd) ? gpuboot_shim_call(SHIM_WRITE) : 0; \
        if (fate < 0) return -1; \
        return fate > 0 && n > 1 ? real half : real whole; \
    }

WRAP_WRITE(write, (int fd, const void *p, size_t n), (fd, p, n / 2), (fd, p, n))
WRAP_WRITE(pwrite, (int fd, const void *p, size_t n, off_t o), (fd, p, n / 2, o), (fd, p, n, o))
WRAP_WRITE(pwrite64, (int fd, const void *p, size_t n, off64_t o), (fd, p, n / 2, o), (fd, p, n, o))
WRAP_WRITE(writev, (int fd, const struct iovec *p, int n), (fd, p, n / 2), (fd, p, n))

ssize_t copy_file_range(int in, off64_t *a, int fd, off64_t *b, size_t n, unsigned f) {
    REAL(copy_file_range);
    const int fate = gpuboot_shim_call(SHIM_WRITE);
    return fate < 0 ? -1 : real(in, a, fd, b, fate > 0 && n > 1 ? n / 2 : n, f);
}

int close(int fd) {
    REAL(close);
    // The descriptor is gone whatever close(2) says.
    const int fate = is_written_file(fd) ? gpuboot_shim_call(SHIM_CLOSE) : 0;
    const int error = errno, closed = real(fd);
    if (fate >= 0) return closed;
    errno = error;
    return -1;
}

static int creates(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }

static mode_t mode_of(int flags, va_list list) {
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(list, mode_t) : 0;
}

#define WRAP_OPEN(name, parameters, ...) \
    int name parameters { \
        REAL(name); \
        va_list list; \
        va_start(list, flags); \
        const mode_t mode = mode_of(flags, list); \
        va_end(list); \
        if (creates(flags) && gpuboot_shim_call(SHIM_CREATE) < 0) return -1; \
        return real(__VA_ARGS__, flags, mode); \
    }

WRAP_OPEN(open, (const char *path, int flags, ...), path)
WRAP_OPEN(open64, (const char *path, int flags, ...), path)
WRAP_OPEN(openat, (int d, const char *path, int flags, ...), d, path)
WRAP_OPEN(openat64, (int d, const char *path, int flags, ...), d, path)

long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    va_list list;
    va_start(list, number);
    long a[6];
    for (int i = 0; i < 6; ++i)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_openat2 && creates((int)((const struct open_how *)a[2])->flags) &&
        gpuboot_shim_call(SHIM_CREATE) < 0)
        return -1;
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
