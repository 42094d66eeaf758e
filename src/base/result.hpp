// SPDX-License-Identifier: LGPL-2.1-or-later
// The error value of the whole program: what could not be found out or done, in words a person
// can act on. A mismatch between machine and bake is a model::Reason, never an Error.
#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace gpuboot {

/// A code exists only where some caller behaves differently for it.
enum class Errc {
    NotFound,
    BadInput,
    Unsupported,
    Busy,
    Denied,
    Timeout,
    Io,
    Internal,
    Hopeless,    ///< a compile of the same inputs would end the same
    Remembered,  ///< not tried, because it did
    OutOfMemory, ///< of the machine, while it compiled
};

std::string_view to_text(Errc code);

struct [[nodiscard]] Error {
    Errc code = Errc::Internal;
    std::string what;
    int sys = 0; ///< errno behind it, 0 when there is none

    /// Adds context on the way up, outermost first: "reading versions.toml: line 3: ...".
    Error in(std::string_view where) &&;
};

template <class T> using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string what) {
    return std::unexpected(Error{code, std::move(what), 0});
}

/// An Error from errno (or the given number), its code derived from the number.
std::unexpected<Error> fail_errno(std::string what, int number = errno);

inline std::unexpected<Error> forward(Error error) { return std::unexpected(std::move(error)); }

inline std::unexpected<Error> forward(Error error, std::string_view where) {
    return std::unexpected(std::move(error).in(where));
}

} // namespace gpuboot
