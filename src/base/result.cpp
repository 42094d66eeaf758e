// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/result.hpp"

#include <cstring>

namespace gpuboot {

std::string_view to_text(Errc code) {
    switch (code) {
    case Errc::NotFound: return "NotFound";
    case Errc::BadInput: return "BadInput";
    case Errc::Unsupported: return "Unsupported";
    case Errc::Busy: return "Busy";
    case Errc::Denied: return "Denied";
    case Errc::Timeout: return "Timeout";
    case Errc::Io: return "Io";
    case Errc::Internal: return "Internal";
    case Errc::Hopeless: return "Hopeless";
    case Errc::Remembered: return "Remembered";
    case Errc::OutOfMemory: return "OutOfMemory";
    }
    return "Internal";
}

namespace {

Errc code_of(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR: return Errc::NotFound;
    case EACCES:
    case EPERM: return Errc::Denied;
    case EBUSY:
    case EAGAIN: return Errc::Busy;
    case ETIMEDOUT: return Errc::Timeout;
    case ELOOP:
    case EXDEV: return Errc::BadInput;
    default: return Errc::Io;
    }
}

} // namespace

Error Error::in(std::string_view where) && {
    what = std::string(where) + ": " + what;
    return std::move(*this);
}

std::unexpected<Error> fail_errno(std::string what, int number) {
    what += ": ";
    what += std::strerror(number);
    return std::unexpected(Error{code_of(number), std::move(what), number});
}

} // namespace gpuboot
