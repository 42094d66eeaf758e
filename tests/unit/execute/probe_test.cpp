// SPDX-License-Identifier: LGPL-2.1-or-later
// The real gpuboot-probe (its path is in GPUBOOT_PROBE), beside an NVML that answers as it is told
// (its folder is in GPUBOOT_NVML): no machine without a GPU has one that counts any.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <utility>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;

namespace {

std::string given(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : std::string(name) + " is not set";
}

ToolResult probe(std::vector<std::string> words, std::vector<std::string> environment = {}) {
    words.insert(words.begin(), given("GPUBOOT_PROBE"));
    environment.push_back("LD_LIBRARY_PATH=" + given("GPUBOOT_NVML"));
    const auto ran = run_tool({words, environment, std::chrono::seconds(10), {}});
    REQUIRE(ran);
    return *ran;
}

using Held = std::set<std::string>;

/// gpuboot-probe hold as systemd runs it, with a socket to be told that it is ready.
class Holder {
  public:
    Holder(const std::string& folder, const std::string& notify)
        : folder_(folder), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(notify.size() < sizeof address.sun_path);
        std::ranges::copy(notify, address.sun_path);
        const timeval limit{10, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        std::string program = given("GPUBOOT_PROBE"), hold = "hold";
        std::string where = "NOTIFY_SOCKET=" + notify;
        std::array<char*, 4> words{program.data(), hold.data(), folder_.data(), nullptr};
        std::array<char*, 2> environment{where.data(), nullptr};
        REQUIRE(::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, words.data(),
                              environment.data()) == 0);
        wait_until_ready();
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() { end(); }

    void look_again() const {
        ::kill(pid_, SIGHUP);
        wait_until_ready();
    }

    Held held() const {
        Held names;
        for (const auto& fd :
             std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd")) {
            std::error_code gone; // of the socket that it tells by, which it closes then
            const auto target = std::filesystem::read_symlink(fd.path(), gone);
            if (target.parent_path() == folder_) names.insert(target.filename());
        }
        return names;
    }

    /// The signal that it ended by.
    int end() {
        if (pid_ <= 0) return 0;
        int status = 0;
        ::kill(pid_, SIGTERM);
        ::waitpid(std::exchange(pid_, 0), &status, 0);
        return WTERMSIG(status);
    }

  private:
    void wait_until_ready() const {
        std::array<char, 64> said{};
        const ssize_t got = ::recv(socket_.get(), said.data(), said.size(), 0);
        CHECK(std::string(said.data(), got > 0 ? static_cast<std::size_t>(got) : 0) == "READY=1");
    }

    std::string folder_;
    Fd socket_;
    pid_t pid_ = 0;
};

} // namespace

TEST_CASE("NVML that counts every GPU is content, one that counts fewer is not") {
    CHECK(probe({"nvml", "2"}, {"NVML_COUNT=2"}).succeeded());
    const auto fewer = probe({"nvml", "2"}, {"NVML_COUNT=1"});
    CHECK_FALSE(fewer.succeeded());
    CHECK(fewer.output == "NVML counts 1 GPUs, the driver serves 2\n");
}

TEST_CASE(
    "an NVML of another version than the driver is called that, with both versions") { // S4-01
    const auto ran = probe({"nvml", "1"}, {"NVML_INIT=18"});
    CHECK_FALSE(ran.succeeded());
    CHECK(ran.output.starts_with("nvmlInit: Driver/library version mismatch: NVML is of "
                                 "12.550.54.14, the driver in the kernel of "));
}

TEST_CASE(
    "a corrupted infoROM is told and is no failure; one that is not there is not told") { // N18
    const auto corrupted = probe({"nvml", "2"}, {"NVML_COUNT=2", "NVML_INFOROM=14"});
    CHECK(corrupted.succeeded());
    CHECK(corrupted.output == "inforom /dev/nvidia8: infoROM is corrupted\n");
    const auto absent = probe({"nvml", "2"}, {"NVML_COUNT=2", "NVML_INFOROM=3"});
    CHECK(absent.succeeded());
    CHECK(absent.output == "");
}

TEST_CASE("a fabric is waited for until each GPU is in it") { // P17
    CHECK(probe({"fabric", "5"}, {"NVML_COUNT=2", "NVML_FABRIC=3"}).succeeded());
    CHECK(probe({"fabric", "5"}, {"NVML_COUNT=2", "NVML_FABRIC=3", "NVML_FABRIC_AFTER=3"})
              .succeeded());
    const auto late = probe({"fabric", "1"}, {"NVML_COUNT=2", "NVML_FABRIC=2"});
    CHECK(late.status == 1);
    CHECK(late.output == "fabric: /dev/nvidia8 in progress\n");
    const auto failed =
        probe({"fabric", "0"}, {"NVML_COUNT=2", "NVML_FABRIC=3", "NVML_FABRIC_STATUS=9"});
    CHECK(failed.output == "fabric: /dev/nvidia8 completed with Driver Not Loaded\n");
    CHECK(probe({"fabric", "0"}, {"NVML_COUNT=2", "NVML_FABRIC=9"}).output ==
          "fabric: /dev/nvidia8 unknown\n");
}

TEST_CASE("GPUs that are in no fabric, or cannot be asked of it, are not waited for") { // P17
    CHECK(probe({"fabric", "0"}, {"NVML_COUNT=2", "NVML_FABRIC=0"}).succeeded());
    CHECK(probe({"fabric", "0"}, {"NVML_COUNT=2", "NVML_FABRIC=2", "NVML_FABRIC_ERROR=3"})
              .succeeded());
    CHECK_FALSE(probe({"fabric", "0"}, {"NVML_INIT=9"}).succeeded());
}

TEST_CASE("any other refusal is told in NVML's own words") {
    const auto ran = probe({"nvml", "1"}, {"NVML_INIT=9"});
    CHECK_FALSE(ran.succeeded());
    CHECK(ran.output == "nvmlInit: Driver Not Loaded\n");
}

TEST_CASE("a holder told to look again holds what came and lets go of what went") { // P9 P15
    const fakes::TemporaryRoot tree;
    tree.write("/dev/nvidia0", "");
    tree.write("/dev/nvidia1", "");
    tree.write("/dev/nvidiactl", "");
    Holder holder(tree.outside("/dev"), tree.outside("/notify"));
    CHECK((holder.held() == Held{"nvidia0", "nvidia1"}));
    std::filesystem::remove(tree.outside("/dev/nvidia0"));
    tree.write("/dev/nvidia2", "");
    holder.look_again();
    CHECK((holder.held() == Held{"nvidia1", "nvidia2"}));
    CHECK(holder.end() == SIGTERM);
}

TEST_CASE("a node that opens, one that is not there, and a symlink") {
    const fakes::TemporaryRoot tree;
    tree.write("/node", "");
    tree.link("/link", "/dev/null");
    CHECK(probe({"open", tree.outside("/node")}).succeeded());
    const auto absent = probe({"open", tree.outside("/node"), tree.outside("/absent")});
    CHECK_FALSE(absent.succeeded());
    CHECK(absent.output == "open " + tree.outside("/absent") + ": No such file or directory\n");
    CHECK_FALSE(probe({"open", tree.outside("/link")}).succeeded());
}
