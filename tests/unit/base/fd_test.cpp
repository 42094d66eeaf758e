// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/fd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>

using namespace gpuboot;

namespace {

int open_one() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

} // namespace

TEST_CASE("a descriptor is closed when its owner ends") {
    const int number = open_one();
    {
        const Fd fd(number);
    }
    CHECK_FALSE(is_open(number));
}

TEST_CASE("moving over an open descriptor closes the old one") {
    const int first = open_one(), second = open_one();
    Fd fd(first);
    fd = Fd(second);
    CHECK_FALSE(is_open(first));
    CHECK(is_open(second));
    CHECK(fd.get() == second);
}

TEST_CASE("moving out leaves nothing behind") {
    const int number = open_one();
    Fd source(number);
    const Fd target(std::move(source));
    CHECK_FALSE(source);
    CHECK(source.get() == -1);
    CHECK(target.get() == number);
}

TEST_CASE("moving onto itself keeps it") {
    const int number = open_one();
    Fd fd(number);
    Fd& itself = fd;
    fd = std::move(itself);
    CHECK(is_open(number));
    CHECK(fd.get() == number);
}

TEST_CASE("release gives the ownership away") {
    const int number = open_one();
    {
        Fd fd(number);
        CHECK(fd.release() == number);
        CHECK_FALSE(fd);
    }
    REQUIRE(is_open(number));
    ::close(number);
}

TEST_CASE("close tells what close(2) said, once") {
    const int number = open_one();
    Fd fd(number);
    ::close(number);
    CHECK(fd.close() == -1);
    CHECK(errno == EBADF);
    CHECK(fd.close() == 0);
}
