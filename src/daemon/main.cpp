// SPDX-License-Identifier: LGPL-2.1-or-later
// gpubootd: shows gpuboot's state on the system bus and takes requests. It needs no privilege,
// and its death or absence changes nothing about the GPU.
#include <getopt.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "base/root.hpp"
#include "bus/connection.hpp"
#include "daemon/daemon.hpp"

namespace gpuboot::daemon {

namespace {

constexpr const char* help = R"(Usage: gpubootd [OPTION]...
Shows the state of gpuboot on the system bus (org.gpuboot1) and takes requests.

  --root DIR               take DIR for "/" (GPUs are still this machine's)
  --request-timeout SECS   give up a request that no phase has read (default 1560)
  --version                print the version and exit
  --help                   print this and exit
)";
constexpr int usage_error = 2;

struct Options {
    std::string root = "/";
    Jobs::Patience patience;
};

bool read_seconds(std::string_view text, std::chrono::seconds& seconds) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1) return false;
    seconds = std::chrono::seconds(value);
    return true;
}

/// The exit status when there is nothing to run.
std::optional<int> read_options(int argc, char** argv, Options& options) {
    static constexpr std::array<option, 5> known{
        {{"root", required_argument, nullptr, 'r'},
         {"request-timeout", required_argument, nullptr, 't'},
         {"version", no_argument, nullptr, 'v'},
         {"help", no_argument, nullptr, 'h'},
         {}}};
    for (int found = 0; (found = getopt_long(argc, argv, "", known.data(), nullptr)) != -1;) {
        switch (found) {
        case 'r': options.root = optarg; break;
        case 't':
            if (read_seconds(optarg, options.patience.queued)) break;
            std::fprintf(stderr, "gpubootd: --request-timeout: wanted seconds, found %s\n", optarg);
            return usage_error;
        case 'v': std::puts("gpubootd " GPUBOOT_VERSION); return EXIT_SUCCESS;
        case 'h': std::fputs(help, stdout); return EXIT_SUCCESS;
        default: return usage_error; // getopt_long has said why
        }
    }
    if (optind == argc) return std::nullopt;
    std::fprintf(stderr, "gpubootd: no argument is wanted, found %s\n", argv[optind]);
    return usage_error;
}

/// SIGTERM and SIGINT become events that end the loop; they are blocked for everything else.
Result<bus::EventLoop> make_loop() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) return fail_errno("blocking signals");
    sd_event* made = nullptr;
    int result = sd_event_new(&made);
    bus::EventLoop loop(made);
    for (const int number : {SIGTERM, SIGINT})
        if (result >= 0) result = sd_event_add_signal(made, nullptr, number, nullptr, nullptr);
    if (result >= 0) result = sd_event_set_watchdog(made, 1);
    if (auto done = bus::checked(result, "making the event loop"); !done)
        return forward(std::move(done).error());
    return loop;
}

Result<int> run(const Options& options, const Log& log) {
    auto root = Root::open(options.root);
    if (!root) return forward(std::move(root).error());
    auto loop = make_loop();
    if (!loop) return forward(std::move(loop).error());
    bus::Connection connection(log);
    if (auto done = connection.prepare(); !done) return forward(std::move(done).error());
    Daemon daemon(*root, log, connection.get(), options.patience);
    if (auto done = daemon.start(loop->get()); !done) return forward(std::move(done).error());
    if (auto done = connection.open(loop->get()); !done) return forward(std::move(done).error());
    // Ready without a bus: who needs the bus waits for the name on it.
    (void)sd_notify(0, "READY=1"); // and without a systemd that listens
    const int status = sd_event_loop(loop->get());
    (void)sd_notify(0, "STOPPING=1");
    if (status < 0) return fail_errno("the event loop", -status);
    return status;
}

} // namespace

} // namespace gpuboot::daemon

int main(int argc, char** argv) {
    using namespace gpuboot;
    daemon::Options options;
    if (auto status = daemon::read_options(argc, argv, options)) return *status;
    const Log log("gpubootd");
    const auto status = daemon::run(options, log);
    if (status) return *status;
    log.error(status.error().what);
    return EXIT_FAILURE;
}
