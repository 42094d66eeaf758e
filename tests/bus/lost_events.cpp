// SPDX-License-Identifier: LGPL-2.1-or-later
// A preload for gpubootd: loses one event of udev as an overflowing socket does. While the file
// $LOSE_EVENT exists, the next event is thrown away and libudev hears ENOBUFS; the file goes.
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

extern "C" ssize_t recv(int fd, void* buffer, size_t size, int flags) {
    using Recv = ssize_t (*)(int, void*, size_t, int);
    static const auto next = reinterpret_cast<Recv>(dlsym(RTLD_NEXT, "recv"));
    const char* flag = getenv("LOSE_EVENT");
    // libudev looks at an event's size before it reads it; nobody else reads like this.
    const bool looks = size == 0 && (flags & MSG_PEEK) != 0;
    if (!looks || !flag || unlink(flag) != 0) return next(fd, buffer, size, flags);
    char lost = 0;
    (void)next(fd, &lost, sizeof lost, MSG_DONTWAIT);
    errno = ENOBUFS;
    return -1;
}
