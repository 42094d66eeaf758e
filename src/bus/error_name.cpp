// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/error_name.hpp"

namespace gpuboot::bus {

const char* error_name(Errc code) {
    switch (code) {
    case Errc::NotFound: return "org.gpuboot1.Error.NotFound";
    case Errc::BadInput: return "org.gpuboot1.Error.BadInput";
    case Errc::Unsupported: return "org.gpuboot1.Error.Unsupported";
    case Errc::Busy: return "org.gpuboot1.Error.Busy";
    // The one name of D-Bus itself: every client library makes "permission denied" of it.
    case Errc::Denied: return SD_BUS_ERROR_ACCESS_DENIED;
    case Errc::Timeout: return "org.gpuboot1.Error.Timeout";
    case Errc::Hopeless:
    case Errc::Remembered:
    case Errc::OutOfMemory:
    case Errc::Io: return "org.gpuboot1.Error.Io";
    case Errc::Internal: return "org.gpuboot1.Error.Internal";
    }
    return "org.gpuboot1.Error.Internal";
}

int set_error(sd_bus_error* error, const Error& reason) noexcept {
    return sd_bus_error_set(error, error_name(reason.code), reason.what.c_str());
}

} // namespace gpuboot::bus
