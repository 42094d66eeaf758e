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
    for name, (text, line) in CASES.items():
        write(guest, text)
        guest.run("gpubootctl check")
        check_flaw(guest, checks, name, line)
    check_missing(guest, checks)
    check_mended(guest, checks)


def write(guest, text):
    guest.get(f"cat >{LOCAL} <<'END_OF_PIN'\n{text}END_OF_PIN" if text else f": >{LOCAL}")


def check_flaw(guest, checks, name, line):
    status, exit_status = product.status(guest)
    checks.equal(f"{name}: blocked", ("blocked", 3), (status["verdict"], exit_status))
    reason = product.reason(status["reasons"], "pin_malformed")
    checks.contains(f"{name}: the error names the file", LOCAL, reason["text"])
    checks.true(f"{name}: and line {line}", any(f"{word}{line}" in reason["text"] for word in (f"{LOCAL}:", "line ")),
                reason["text"])
    why = guest.run("gpubootctl why").out
    checks.contains(f"{name}: gpubootctl why has a remedy", "gpuboot-versions.toml(5)", why)
    checks.equal(f"{name}: nothing was loaded", "", product.live_modules(guest))


def check_missing(guest, checks):
    guest.get(f"rm {LOCAL}; mv {SHIPPED} /root/shipped.toml")
    guest.run("gpubootctl check")
    status, exit_status = product.status(guest)
    checks.equal("missing: blocked", ("blocked", 3), (status["verdict"], exit_status))
    reason = product.reason(status["reasons"], "pin_missing")
    checks.contains("missing: the error names the file", LOCAL, reason["text"])
    why = guest.run("gpubootctl why").out
    checks.contains("missing: gpubootctl why says what to write", "gpuboot-versions.toml(5)", why)
    checks.equal("missing: no version was guessed", "", product.live_modules(guest))


def check_mended(guest, checks):
    guest.get(f"mv /root/shipped.toml {SHIPPED}")
    guest.run("gpubootctl check")
    checks.true("mended: the GPU becomes ready", guest.until("test -f /run/gpuboot/ready", 60))
    checks.equal("mended: with the shipped version", VERSION, product.loaded_version(guest))
    status, exit_status = product.status(guest)
    checks.equal("mended: and status says so", ("ready", 0), (status["verdict"], exit_status))
