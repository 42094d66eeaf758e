# SPDX-License-Identifier: LGPL-2.1-or-later
"""Six broken versions.toml. The machine boots with the first; the others are judged in the running machine.

In the end the pin is mended, and the GPU gets its driver without a reboot.
"""

import config
import product
from guest import Scenario

LOCAL, SHIPPED = "/etc/gpuboot/versions.toml", "/usr/share/gpuboot/versions.toml"
VERSION = config.pin()["driver"]["version"]
GOOD = (config.TOP / "versions.toml").read_text()


def edited(old, new):
    """The good pin with one thing changed, and the line it stands in."""
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1), GOOD[:GOOD.index(old)].count("\n") + 1


# name: the text, the line that the error must name
CASES = {
    "not TOML": edited('kind = "open"', 'kind = "open'),
    "empty": ("", 1),
    "a wrong type": edited(f'version = "{VERSION}"', "version = 5"),
    "an unknown key": edited("[driver.source]", 'colour = "green"\n[driver.source]'),
    "a version that is none": edited(f'version = "{VERSION}"', 'version = "the latest"'),
}


def machine(kit):
    text, _ = CASES["not TOML"]
    return {"gpus": 1, "scenario": Scenario(files={LOCAL: text})}


def check(guest, checks):  # F-49 F-50 F-52 S4-02
    checks.equal("the machine boots without a failed unit", "running", guest.wait_for_boot())
    status, exit_status = product.status(guest)
    checks.equal("its verdict is blocked", ("blocked", 3), (status["verdict"], exit_status))
    checks.contains("for the line that is no TOML", f"{LOCAL}:{CASES['not TOML'][1]}:", reason_of(status)["text"])
    checks.equal("nothing was loaded", "", product.live_modules(guest))
    for name, (text, line) in CASES.items():
        guest.get(f"cat >{LOCAL} <<'END_OF_PIN'\n{text}END_OF_PIN" if text else f": >{LOCAL}")
        check_flaw(guest, checks, name, line)
    check_missing(guest, checks)
    check_mended(guest, checks)


def reason_of(verdict, code="pin_malformed"):
    return product.reason(verdict["reasons"], code)


def check_flaw(guest, checks, name, line):
    text = reason_of(guest.json("gpubootctl check --json"))["text"]
    checks.contains(f"{name}: the error names the file", LOCAL, text)
    checks.contains(f"{name}: and line {line}", f"{LOCAL}:{line}:", text)
    told = guest.run("gpubootctl check")
    checks.equal(f"{name}: the exit status says blocked", 3, told.status)
    checks.contains(f"{name}: people get a remedy", "gpuboot-versions.toml(5)", told.out)


def check_missing(guest, checks):
    guest.get(f"rm {LOCAL}; mv {SHIPPED} /root/shipped.toml")
    text = reason_of(guest.json("gpubootctl check --json"), "pin_missing")["text"]
    checks.contains("missing: the error names the file", LOCAL, text)
    told = guest.run("gpubootctl check")
    checks.equal("missing: the exit status says blocked", 3, told.status)
    checks.contains("missing: people learn what to write", "gpuboot-versions.toml(5)", told.out)
    request_check(guest)
    checks.true("missing: a new run of the chain says so, too", guest.until("gpubootctl why | grep -q pin_missing"))
    checks.equal("missing: no version was guessed", "", product.live_modules(guest))


def check_mended(guest, checks):
    guest.get(f"mv /root/shipped.toml {SHIPPED}")
    request_check(guest)
    checks.true("mended: the GPU becomes ready without a reboot", guest.until("test -f /run/gpuboot/ready", 60))
    checks.equal("mended: with the shipped version", VERSION, product.loaded_version(guest))
    checks.true("mended: and status says so", guest.until("gpubootctl status"), product.status(guest))


def request_check(guest):
    guest.get("busctl call org.gpuboot1 /org/gpuboot1 org.gpuboot1.Manager Check 'a{sv}' 0")
