// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernel's own lines since a moment: why it, or the driver, refused something.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hpp"

namespace gpuboot::input {

class KernelLog {
  public:
    /// From now on. Where /dev/kmsg cannot be opened (no CAP_SYSLOG) there simply are no lines.
    KernelLog();

    /// The driver's first complaint since then ("NVRM: ..."), else the last line that names one of
    /// the driver's modules, without the record's prefix; "" when there is none.
    std::string complaint();

  private:
    Fd kmsg_;
};

/// "6,1234,5678,-;text" -> "text"; continuation lines (" KEY=value") are dropped.
std::string text_of_record(std::string_view record);

} // namespace gpuboot::input
