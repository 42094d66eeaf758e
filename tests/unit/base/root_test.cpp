// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/root.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

constexpr std::size_t limit = 1 << 20;

void make_socket(const std::string& path) {
    const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

std::string error_of(const Result<std::string>& result) {
    return result ? "none" : result.error().what;
}

} // namespace

TEST_CASE("no symlink and no dots lead out of a root") { // F-109
    const TemporaryRoot world, tree;
    world.write("/secret", "the host's");
    const std::string secret = world.outside("/secret");
    tree.link("/absolute", world.outside(""));
    tree.link("/file", secret);
    tree.link("/relative", "../../../../../../../../.." + world.outside(""));
    tree.link("/deep/er/up", "../../../../.." + secret);
    for (const std::string& path :
         {std::string("/absolute/secret"), std::string("/file"), std::string("/relative/secret"),
          std::string("/deep/er/up"), "/../../../../../../.." + secret, secret}) {
        CAPTURE(path);
        const auto text = tree.root.read_text(path, limit);
        REQUIRE_FALSE(text);
        CHECK(text.error().code == Errc::NotFound);
    }
    CHECK_FALSE(tree.root.exists("/absolute/secret"));
    CHECK(tree.root.exists("/absolute") == false);
}

TEST_CASE("a symlink is followed as the tree's own programs see it") {
    const TemporaryRoot tree;
    tree.write("/data/file", "inside");
    tree.link("/etc/file", "/data/file");
    tree.link("/var", "/");
    tree.link("/up", "../../../data");
    CHECK(tree.root.read_text("/etc/file", limit) == "inside");
    CHECK(tree.root.read_text("/var/var/data/file", limit) == "inside");
    CHECK(tree.root.read_text("/up/file", limit) == "inside");
}

TEST_CASE("a loop of symlinks is an error, not a hang") { // F-109
    const TemporaryRoot tree;
    tree.link("/a", "b");
    tree.link("/b", "a");
    CHECK(tree.root.read_text("/a", limit).error().code == Errc::BadInput);
    CHECK(tree.root.read_text("/a/c", limit).error().code == Errc::BadInput);
}

TEST_CASE("magic links of /proc are not followed") { // F-109
    const auto system = Root::open("/");
    REQUIRE(system);
    CHECK(system->read_text("/proc/self/root/etc/passwd", limit).error().code == Errc::BadInput);
    CHECK(system->list("/proc/self/cwd").error().code == Errc::BadInput);
    CHECK_FALSE(system->exists("/proc/self/exe"));
}

TEST_CASE("what is no regular file is named, and never waited for") { // F-49
    const TemporaryRoot tree;
    tree.write("/directory/file", "");
    REQUIRE(::mkfifo(tree.outside("/fifo").c_str(), 0666) == 0);
    make_socket(tree.outside("/socket"));
    tree.link("/dangling", "nowhere");
    tree.link("/to-fifo", "fifo");
    const auto read = [&](const char* path) { return tree.root.read_text(path, limit); };
    CHECK(error_of(read("/directory")) == "/directory: wanted a regular file, found a directory");
    CHECK(error_of(read("/fifo")) == "/fifo: wanted a regular file, found a FIFO");
    CHECK(error_of(read("/to-fifo")) == "/to-fifo: wanted a regular file, found a FIFO");
    CHECK_FALSE(read("/socket"));
    CHECK(read("/dangling").error().code == Errc::NotFound);
    CHECK(read("/directory/file/below").error().code == Errc::NotFound);
    CHECK(read("/missing").error().what == "/missing: No such file or directory");
    const auto system = Root::open("/");
    CHECK(error_of(system->read_text("/dev/zero", limit)) ==
          "/dev/zero: wanted a regular file, found a device");
}

TEST_CASE("a file may be as large as the limit and no larger") { // F-53
    const TemporaryRoot tree;
    tree.write("/file", std::string(1000, 'x'));
    CHECK(tree.root.read_text("/file", 1000)->size() == 1000);
    const auto refused = tree.root.read_text("/file", 999);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::BadInput);
    CHECK(refused.error().what == "/file: larger than 999 bytes");
}

TEST_CASE("a sparse file of a terabyte is refused without its memory") { // F-53 F-71
    const TemporaryRoot tree;
    tree.write("/huge", "");
    REQUIRE(::truncate(tree.outside("/huge").c_str(), off_t{1} << 40) == 0);
    CHECK(tree.root.read_text("/huge", limit).error().code == Errc::BadInput);
}

TEST_CASE("files of /proc say size 0 and are read to their end") {
    const auto system = Root::open("/");
    CHECK(system->read_text("/proc/self/status", limit)->contains("\nSigBlk:"));
}

TEST_CASE("a listing is sorted, whole and bounded") { // F-30
    const TemporaryRoot tree;
    for (const char* name : {"/d/b", "/d/a", "/d/.hidden", "/d/C"})
        tree.write(name, "");
    CHECK(tree.root.list("/d") == std::vector<std::string>{".hidden", "C", "a", "b"});
    CHECK(tree.root.list("/d", 4)->size() == 4);
    CHECK(tree.root.list("/d", 3).error().what == "/d: more than 3 entries");
    CHECK(tree.root.list("/nothing").error().code == Errc::NotFound);
    CHECK(tree.root.list("/d/a").error().code == Errc::NotFound);
}

TEST_CASE("status and read_link look at the link itself") {
    const TemporaryRoot tree;
    tree.link("/link", "/etc/shadow");
    CHECK(tree.root.read_link("/link") == "/etc/shadow");
    CHECK(S_ISLNK(tree.root.status("/link")->st_mode));
    tree.write("/file", "");
    CHECK_FALSE(tree.root.read_link("/file"));
}

TEST_CASE("a root that is none is an error with its name") {
    CHECK(Root::open("/nonexistent").error().what.contains("/nonexistent"));
    CHECK(Root::open("/dev/null").error().code == Errc::NotFound);
}

TEST_CASE("only / is the running system") {
    const TemporaryRoot tree;
    CHECK_FALSE(tree.root.is_system());
    CHECK(Root::open("/")->is_system());
}
