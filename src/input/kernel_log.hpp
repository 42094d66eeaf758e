// SPDX-License-Identifier: LGPL-2.1-or-later
// The kernel's own lines since a moment: why it, or the driver, refused something.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hpp"

namespace gpuboot::input {

/// Finds the telling line among the kernel's: what the driver says of the adapter that it could not
/// start, else its first complaint ("NVRM: ..."), else what the kernel says of a signature, else
/// the last line that names one of the driver's modules.
class Complaint {
  public:
    void add(const std::string& text); ///< without the record's prefix
    std::string text() const;

  private:
    std::string of_adapter_, first_of_driver_, last_of_gate_, last_of_module_;
};

class KernelLog {
  public:
    /// From now on. Where /dev/kmsg cannot be opened (no CAP_SYSLOG) there simply are no lines.
    KernelLog();

    /// Of the lines since then the one that says why; "" when there is none.
    std::string complaint();

  private:
    Fd kmsg_;
};

/// "6,1234,5678,-;text" -> "text"; continuation lines (" KEY=value") are dropped.
std::string text_of_record(std::string_view record);

} // namespace gpuboot::input
