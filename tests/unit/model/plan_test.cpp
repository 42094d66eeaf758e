// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/plan.hpp"

#include <doctest/doctest.h>

using namespace gpuboot::model;

TEST_CASE("every step is one sentence that a person can read before it is done") {
    CHECK(to_text(Activate{"b1"}) == "activate b1");
    CHECK(to_text(Deactivate{}) == "deactivate");
    CHECK(to_text(LoadModule{"b1", "nvidia", "0123456789abcdef", {}}) ==
          "load module nvidia (sha256 0123456789ab)");
    CHECK(to_text(LoadModule{"b1", "nvidia_drm", "0123456789abcdef", {"drm", "video"}}) ==
          "load module nvidia_drm (sha256 0123456789ab) after drm, video");
    CHECK(to_text(UnloadModule{"nvidia_uvm"}) == "unload module nvidia_uvm");
    CHECK(to_text(StopUnit{"a.service"}) == "stop unit a.service");
    CHECK(to_text(RequestRebuild{}) == "ask for a rebuild");
    CHECK(to_text(RequestLoader{}) == "ask for the loader's cache to be written anew");
    CHECK(to_text(SetFirmwarePath{"/a"}) == "have the kernel look for firmware in /a");
    CHECK(to_text(MakeNode{"/dev/nvidia0", 195, 0, 0660, 0, 44}) ==
          "make node /dev/nvidia0 c 195:0 mode 0660 owner 0:44");
    CHECK(to_text(MakeLink{"/dev/char/195:0", "../nvidia0"}) ==
          "link /dev/char/195:0 -> ../nvidia0");
    CHECK(to_text(Remove{"/dev/nvidia1"}) == "remove /dev/nvidia1");
    CHECK(to_text(TestReady{ReadyTest::Open, {"/dev/nvidia0", "/dev/nvidia1"}, 10}) ==
          "test readiness: open /dev/nvidia0 /dev/nvidia1");
    CHECK(to_text(StartUnit{"a.service", true}) == "start unit a.service");
    CHECK(to_text(StartUnit{"b.service", false}) == "enqueue unit b.service");
    CHECK(to_text(DeferUnit{"b.service", "persistence"}) ==
          "enqueue unit b.service for persistence");
    CHECK(to_text(MarkReady{}) == "mark ready");
}
