// SPDX-License-Identifier: LGPL-2.1-or-later
// A method call while it is being answered. It may be kept and answered later.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bus/handles.hpp"

namespace gpuboot::bus {

class Call {
  public:
    explicit Call(sd_bus_message* message) : message_(sd_bus_message_ref(message)) {}
    Call(const Call& other) : Call(other.message_.get()) {}
    Call& operator=(const Call&) = delete;

    /// The caller's unique name on the bus.
    std::string sender() const;

    /// Reads the argument a{sv}, in which every known option is a boolean; gives those that are
    /// true. BadInput names an option that is unknown, of another type or given twice.
    Result<std::set<std::string>> options(const std::vector<std::string_view>& known);

    Result<void> answer_text(const std::string& text);
    Result<void> answer_path(const std::string& path);
    Result<void> refuse(const Error& reason);

  private:
    Result<bool> read_flag(const std::string& name);

    Message message_;
};

} // namespace gpuboot::bus
