// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/dkms_conf.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;
using namespace gpuboot::source;

namespace {

/// The shape of the real one: comments, a regular expression, continuations, parameter expansion.
constexpr const char* nvidia = R"conf(# DKMS configuration for the kernel module.  -*- sh -*-

PACKAGE_NAME="nvidia-current-open"
PACKAGE_VERSION="535.261.03"

# Only kernels from 3.10 onwards are supported.
BUILD_EXCLUSIVE_KERNEL="^(3\.[1-9][0-9]|[4-9]\.)"
BUILD_EXCLUSIVE_CONFIG="!CONFIG_PREEMPT_RT !CONFIG_PREEMPT_RT_FULL"

AUTOINSTALL=yes

MAKE[0]="env NV_VERBOSE=1 \
    make ${parallel_jobs+-j$parallel_jobs} modules KERNEL_UNAME=${kernelver}"
CLEAN="true"

BUILT_MODULE_NAME[0]="nvidia"
DEST_MODULE_NAME[0]="$PACKAGE_NAME"
DEST_MODULE_LOCATION[0]="/updates/dkms"

BUILT_MODULE_NAME[1]="nvidia-uvm"
DEST_MODULE_NAME[1]="$PACKAGE_NAME-uvm"
)conf";

const std::string head = "PACKAGE_NAME=n\nPACKAGE_VERSION=1.0\nMAKE[0]=make\n";

std::string refusal(const std::string& text) {
    const auto conf = parse_dkms_conf("dkms.conf", text);
    return conf ? "" : conf.error().what;
}

} // namespace

TEST_CASE("a real dkms.conf is understood") {
    const auto conf = parse_dkms_conf("dkms.conf", nvidia);
    REQUIRE(conf);
    CHECK(conf->package_name == "nvidia-current-open");
    CHECK(conf->package_version == "535.261.03");
    CHECK(conf->make == "env NV_VERBOSE=1     make ${parallel_jobs+-j$parallel_jobs} modules "
                        "KERNEL_UNAME=${kernelver}");
    REQUIRE(conf->modules.size() == 2);
    CHECK(conf->modules[0] == BuiltModule{"nvidia", ""});
    CHECK(conf->modules[1] == BuiltModule{"nvidia-uvm", ""});
}

TEST_CASE("quotes, locations, indices, order") {
    const auto conf =
        parse_dkms_conf("f", "PACKAGE_NAME='a''b'\"c\"d # x\nPACKAGE_VERSION=1.\\\n2 ; MAKE='make "
                             "\"$kernelver\"'\nBUILT_MODULE_NAME[2]=${PACKAGE_NAME}-two\n"
                             "BUILT_MODULE_LOCATION[2]=kernel-open/x/\nBUILT_MODULE_NAME=one");
    REQUIRE(conf);
    CHECK(conf->package_name == "abcd");
    CHECK(conf->package_version == "1.2");
    CHECK(conf->make == "make \"$kernelver\"");
    CHECK(conf->modules == std::vector<BuiltModule>{{"one", ""}, {"abcd-two", "kernel-open/x"}});
}

TEST_CASE("shell that does not touch our keys is ignored") {
    const std::string text = "PROCS_NUM=`nproc`\n[ $PROCS_NUM -gt 16 ] && PROCS_NUM=16\n"
                             "if [ -e /x ]; then\n  CLEAN=\"rm -rf /\"\nfi\n" +
                             head + "BUILT_MODULE_NAME[0]=m\n";
    CHECK(refusal(text) == "");
}

TEST_CASE("the text of MAKE[0] may hold what only the sandbox's shell evaluates") {
    const auto conf = parse_dkms_conf("f", "PACKAGE_NAME=n\nPACKAGE_VERSION=1.0\nBUILT_MODULE_NAME="
                                           "m\nMAKE[0]=\"make -j$(nproc) X=\\\"y z\\\" `id`\"\n");
    REQUIRE(conf);
    CHECK(conf->make == "make -j$(nproc) X=\"y z\" `id`");
}

// F-57
TEST_CASE("what would need a shell is refused by file and line") {
    CHECK(refusal("\nPACKAGE_NAME=\"$(id)\"\n")
              .starts_with("dkms.conf:2: PACKAGE_NAME needs the "
                           "output of a command"));
    CHECK(refusal("PACKAGE_NAME=$(id)").starts_with("dkms.conf:1: shell code after"));
    CHECK(refusal("PACKAGE_NAME=`id`").contains("output of a command"));
    CHECK(refusal("PACKAGE_NAME=$HOME").contains("refers to $HOME"));
    CHECK(refusal("PACKAGE_NAME=${X:-y}").contains("refers to ${X"));
    CHECK(refusal("PACKAGE_NAME+=x").contains("appended"));
    CHECK(refusal("PACKAGE_NAME=x rm -rf /").contains("shell code after"));
    CHECK(refusal("PACKAGE_NAME=x && true").contains("shell code after"));
    CHECK(refusal("true && PACKAGE_NAME=x").contains("set by shell code"));
    CHECK(refusal("export PACKAGE_NAME=x").contains("set by shell code"));
    CHECK(refusal("if true; then\nMAKE[0]=x\nfi").starts_with("dkms.conf:2: MAKE is set inside"));
    CHECK(refusal("f() {\nMAKE=x\n}").contains("inside shell code"));
    CHECK(refusal("cat <<EOF\nMAKE=x\nEOF").contains("here-document"));
}

TEST_CASE("what is missing is named") {
    CHECK(refusal("").contains("PACKAGE_NAME is not set"));
    CHECK(refusal("PACKAGE_NAME=n").contains("PACKAGE_VERSION is not set"));
    CHECK(refusal("PACKAGE_NAME=n\nPACKAGE_VERSION=1").contains("MAKE[0] is not set"));
    CHECK(refusal(head).contains("BUILT_MODULE_NAME[0] is not set"));
    CHECK(refusal(head + "BUILT_MODULE_LOCATION[3]=x").contains("BUILT_MODULE_NAME[3] is not"));
}

// F-53, F-54
TEST_CASE("values keep to their grammar and files to their size") {
    CHECK(refusal("PACKAGE_NAME=../x").contains("is no name"));
    CHECK(refusal("PACKAGE_NAME=-rf").contains("is no name"));
    CHECK(refusal("PACKAGE_NAME=\"a\r\"").contains("is no name"));
    CHECK(refusal(head + "BUILT_MODULE_NAME[0]=../../etc/x").contains("no name of a module"));
    CHECK(refusal(head + "BUILT_MODULE_NAME[0]=m\nBUILT_MODULE_LOCATION[0]=a/../..")
              .contains("leads out of the tree"));
    CHECK(refusal(head + "BUILT_MODULE_NAME[0]=m\nBUILT_MODULE_LOCATION[0]=/etc")
              .contains("leads out of the tree"));
    CHECK(refusal(head + "BUILT_MODULE_NAME[64]=m").contains("wanted an index"));
    CHECK(refusal(head + "BUILT_MODULE_NAME[-1]=m").contains("wanted an index"));
    CHECK(refusal(head + "BUILT_MODULE_NAME[i]=m").contains("wanted an index"));
    CHECK(refusal(std::string(dkms_conf_limit + 1, '\n')).contains("larger than"));
}

TEST_CASE("text cut anywhere ends, whatever it means") {
    const std::string text = nvidia;
    for (std::size_t length = 0; length <= text.size(); ++length)
        (void)parse_dkms_conf("f", text.substr(0, length));
}
