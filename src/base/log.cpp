// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace gpuboot {

namespace {

/// "<4>" before the text: sd-daemon(3) has the journal read it as the line's priority.
class Priority : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& line, const std::tm&,
                spdlog::memory_buf_t& out) override {
        const std::string_view prefix = line.level >= spdlog::level::err    ? "<3>"
                                        : line.level >= spdlog::level::warn ? "<4>"
                                                                            : "<6>";
        out.append(prefix.data(), prefix.data() + prefix.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<Priority>();
    }
};

} // namespace

Log::Log(const std::string& program)
    : logger_(std::make_shared<spdlog::logger>(program,
                                               std::make_shared<spdlog::sinks::stderr_sink_st>())) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<Priority>('*').set_pattern(std::getenv("JOURNAL_STREAM") ? "%*%v"
                                                                                 : "%n: %v");
    logger_->set_formatter(std::move(formatter));
}

void Log::info(std::string_view text) const { logger_->info("{}", text); }
void Log::warning(std::string_view text) const { logger_->warn("{}", text); }
void Log::error(std::string_view text) const { logger_->error("{}", text); }

} // namespace gpuboot
