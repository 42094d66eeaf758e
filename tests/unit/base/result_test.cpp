// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/result.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>

using namespace gpuboot;

TEST_CASE("context is put before what was said so far, outermost first") {
    Result<int> inner = fail(Errc::BadInput, "line 3: not TOML");
    const Result<int> outer = forward(std::move(inner).error(), "versions.toml");
    const Result<int> outermost = forward(outer.error(), "reading the machine");
    CHECK(outermost.error().what == "reading the machine: versions.toml: line 3: not TOML");
    CHECK(outermost.error().code == Errc::BadInput);
}

TEST_CASE("an error from errno keeps the number, says it in words and has its code") {
    struct {
        int number;
        Errc code;
    } constexpr table[]{{ENOENT, Errc::NotFound}, {ENOTDIR, Errc::NotFound}, {EACCES, Errc::Denied},
                        {EPERM, Errc::Denied},    {EBUSY, Errc::Busy},       {EAGAIN, Errc::Busy},
                        {ELOOP, Errc::BadInput},  {EXDEV, Errc::BadInput},   {EIO, Errc::Io},
                        {ENOSPC, Errc::Io},       {ETIMEDOUT, Errc::Timeout}};
    for (const auto& [number, code] : table) {
        const Result<void> result = fail_errno("writing /x", number);
        CHECK(result.error().sys == number);
        CHECK(result.error().code == code);
    }
    const Result<void> full = fail_errno("writing /x", ENOSPC);
    CHECK(full.error().what == "writing /x: No space left on device");
}

TEST_CASE("without a number it is errno's, as it stood at the call") {
    errno = EIO;
    const Result<void> result = fail_errno(std::string(100, 'x'));
    CHECK(result.error().sys == EIO);
}

TEST_CASE("every code has a name of its own") {
    std::set<std::string_view> names;
    for (Errc code : {Errc::NotFound, Errc::BadInput, Errc::Unsupported, Errc::Busy, Errc::Denied,
                      Errc::Timeout, Errc::Io, Errc::Internal})
        CHECK(names.insert(to_text(code)).second);
}
