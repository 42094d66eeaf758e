// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/admission.hpp"

#include <doctest/doctest.h>

using namespace gpuboot::model;

TEST_CASE("what demands a signature is named; Secure Boot alone demands none") { // F-38
    Admission admission;
    CHECK(demand_of(admission) == "");
    admission.secure_boot = true;
    CHECK(demand_of(admission) == "");
    admission.lockdown = Lockdown::None;
    CHECK(demand_of(admission) == "");
    admission.lockdown = Lockdown::Integrity;
    CHECK(demand_of(admission) == "lockdown=integrity, Secure Boot is on");
    admission.secure_boot = false;
    CHECK(demand_of(admission) == "lockdown=integrity");
    admission.lockdown = Lockdown::Confidentiality;
    CHECK(demand_of(admission) == "lockdown=confidentiality");
    admission.sig_enforce = false;
    CHECK(demand_of(admission) == "lockdown=confidentiality");
    admission.sig_enforce = true;
    CHECK(demand_of(admission) == "module.sig_enforce=1");
}

TEST_CASE("modes of lockdown have one word each") {
    using enum Lockdown;
    for (const Lockdown mode : {Unknown, None, Integrity, Confidentiality})
        CHECK(lockdown_of(to_text(mode)) == mode);
    CHECK(lockdown_of("[none]") == std::nullopt);
}

TEST_CASE("a key is named as the kernel names it") {
    CHECK(key_name("", "") == "");
    CHECK(key_name("Example", "") == "Example");
    CHECK(key_name("", "Debian Secure Boot CA") == "Debian Secure Boot CA");
    CHECK(key_name("Example", "module key") == "Example: module key");
    CHECK(key_name("Microsoft Corporation", "Microsoft Windows PCA") == "Microsoft Windows PCA");
    CHECK(key_name("SUSE", "SUSE key") == "SUSE key");
    CHECK(key_name("SUSE X", "SUSE key") == "SUSE X: SUSE key");
}
