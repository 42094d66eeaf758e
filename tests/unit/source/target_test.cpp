// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/target.hpp"

#include <doctest/doctest.h>

#include "base/digest.hpp"
#include "fakes/kernel_headers.hpp"

using namespace gpuboot;
using namespace gpuboot::source;

namespace {

const std::string gcc = "gcc-12 (Debian 12.2.0-14) 12.2.0";

void install_headers(const fakes::TemporaryRoot& tree, const std::string& name) {
    fakes::install_headers(tree, name, gcc);
}

Result<ToolResult> says(const std::string& text) { return ToolResult{0, false, text}; }

std::string flaw(const fakes::TemporaryRoot& tree, const std::string& kernel,
                 const std::string& compiler = gcc) {
    const auto target = read_target(
        tree.root, kernel, input::read_toolchain(tree.root, kernel),
        [&](const std::vector<std::string>&) { return says(compiler + "\nCopyright\n"); });
    return target ? "" : target.error().what;
}

model::Pin pin_with(std::optional<std::string> kernel) {
    model::Pin pin;
    pin.kernel = std::move(kernel);
    return pin;
}

std::string chosen(const fakes::TemporaryRoot& tree, const std::optional<std::string>& asked,
                   const model::Pin& pin) {
    const auto kernel = choose_kernel(tree.root, asked, pin);
    return kernel ? *kernel : kernel.error().what;
}

} // namespace

TEST_CASE("asked wins over pinned, pinned over installed") {
    const fakes::TemporaryRoot tree;
    install_headers(tree, "6.1.0-1");
    CHECK(chosen(tree, "6.1.0-3", pin_with("6.1.0-2")) == "6.1.0-3");
    CHECK(chosen(tree, {}, pin_with("6.1.0-2")) == "6.1.0-2");
    CHECK(chosen(tree, {}, pin_with({})) == "6.1.0-1");
    CHECK(chosen(tree, "../../etc", pin_with({})).contains("no kernel release"));
}

TEST_CASE("no kernel, or several, is an error that lists them; never the running one") {
    const fakes::TemporaryRoot tree;
    CHECK(chosen(tree, {}, pin_with({})).contains("no kernel headers under /lib/modules"));
    tree.write("/lib/modules/6.1.0-9/modules.dep", ""); // a kernel without headers does not count
    tree.link("/lib/modules/6.1.0-8/build", "/usr/src/dangling");
    CHECK(chosen(tree, {}, pin_with({})).contains("no kernel headers under /lib/modules"));
    install_headers(tree, "6.1.0-1");
    install_headers(tree, "6.1.0-2");
    CHECK(chosen(tree, {}, pin_with({})) ==
          "several kernels have headers (6.1.0-1, 6.1.0-2): choose with --kernel");
}

TEST_CASE("a complete target is read from the tree alone") {
    const fakes::TemporaryRoot tree;
    install_headers(tree, "6.1.0-1");
    fakes::install_programs(tree);
    std::vector<std::string> ran;
    const auto target =
        read_target(tree.root, "6.1.0-1", input::read_toolchain(tree.root, "6.1.0-1"),
                    [&](const std::vector<std::string>& argv) {
                        ran = argv;
                        return says(gcc + "\nCopyright (C)\n");
                    });
    REQUIRE(target);
    CHECK(target->kernel == "6.1.0-1");
    CHECK(target->compiler == gcc);
    CHECK(target->config_sha256 == sha256_hex(bytes_of(fakes::kernel_config(gcc))));
    CHECK(ran == std::vector<std::string>{"/usr/bin/gcc-12", "--version"});
}

// F-63
TEST_CASE("the compiler must be the kernel's") {
    const fakes::TemporaryRoot tree;
    install_headers(tree, "6.1.0-1");
    fakes::install_programs(tree);
    CHECK(flaw(tree, "6.1.0-1", "gcc (Debian 13.1.0) 13.1.0").contains("install gcc-12"));
    CHECK(flaw(tree, "6.1.0-1", "gcc\x1b[31m 12.2.0").contains("nothing readable"));
    CHECK(flaw(tree, "6.1.0-1", "").contains("nothing readable"));
}

// F-77
TEST_CASE("other headers of the same kernel have another digest") {
    const fakes::TemporaryRoot tree;
    install_headers(tree, "6.1.0-1");
    fakes::install_programs(tree);
    const auto digest = [&] {
        const auto target =
            read_target(tree.root, "6.1.0-1", input::read_toolchain(tree.root, "6.1.0-1"),
                        [&](const auto&) { return says(gcc); });
        REQUIRE(target);
        return target->headers;
    };
    const std::string before = digest();
    CHECK(digest() == before);
    tree.write("/usr/src/linux-headers-6.1.0-1/include/generated/utsversion.h", "#2");
    const std::string after = digest();
    CHECK(after != before);
    tree.write("/usr/src/linux-headers-6.1.0-1/Module.symvers", "0x1 f");
    CHECK(digest() != after);
}

// S4-27
TEST_CASE("what can never be built is refused early") {
    const fakes::TemporaryRoot tree;
    install_headers(tree, "6.1.0-1");
    const std::string file = "/usr/src/linux-headers-6.1.0-1/.config";
    tree.write(file, "CONFIG_RISCV=y\n");
    CHECK(flaw(tree, "6.1.0-1").contains("this architecture is not supported"));
    tree.write(file, "CONFIG_X86_64=y\n");
    CHECK(flaw(tree, "6.1.0-1").contains("loads no modules"));
    tree.write(file, "CONFIG_X86_64=y\nCONFIG_MODULES=y\n");
    CHECK(flaw(tree, "6.1.0-1").contains("CONFIG_CC_VERSION_TEXT"));
    tree.write(file, "CONFIG_X86_64=y\nCONFIG_MODULES=y\nCONFIG_CC_VERSION_TEXT=\"../x 12.1\"\n");
    CHECK(flaw(tree, "6.1.0-1").contains("CONFIG_CC_VERSION_TEXT"));
}
