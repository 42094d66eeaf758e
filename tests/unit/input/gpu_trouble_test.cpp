// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/gpu_trouble.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gpuboot;
using model::GpuTrouble;

TEST_CASE("the driver's two lines, and nothing a program could write") { // F-88 F-89
    const std::string waits =
        "NVRM: Attempting to remove device 0010:00:00.0 with non-zero usage count!";
    CHECK((input::trouble_in("3,1042,8123,-;" + waits + "\n SUBSYSTEM=pci\n") ==
           GpuTrouble{"0010:00:00.0", GpuTrouble::Kind::RemovalWaits, waits}));
    const std::string fell = "NVRM: Xid (PCI:0000:c1:00): 79, GPU has fallen off the bus.";
    CHECK((input::trouble_in("4,1,2,-;" + fell) ==
           GpuTrouble{"0000:c1:00.0", GpuTrouble::Kind::FellOff, fell}));
    const std::vector<std::string> others{
        "12,1,2,-;" + waits, // facility 1: written by a program
        waits,
        ";" + waits,
        "",
        "3,1,2,-;NVRM: Xid (PCI:0000:c1:00): 31, pid=7",
        "3,1,2,-;NVRM: Xid (PCI:../../x): 79,",
        "3,1,2,-;NVRM: Attempting to remove device  with non-zero usage count!"};
    for (const std::string& record : others)
        CHECK_FALSE_MESSAGE(input::trouble_in(record), record);
}
