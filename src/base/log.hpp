// SPDX-License-Identifier: LGPL-2.1-or-later
// Lines for a person: on a terminal as they are, under systemd with the priority the journal
// reads. Made in main and handed down; only programs and loop callbacks log, each failure once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace gpuboot {

class Log {
  public:
    explicit Log(const std::string& program);

    void info(std::string_view text) const;
    void warning(std::string_view text) const;
    void error(std::string_view text) const;

  private:
    std::shared_ptr<spdlog::logger> logger_;
};

} // namespace gpuboot
