# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests: who may make them, what becomes of them on disk, and the life of their jobs. The
cases play the request phase by taking the files and writing the records."""

import os
import stat
import tomllib

from gi.repository import GLib

import kit

BAD_INPUT = "org.gpuboot1.Error.BadInput"
BUSY = "org.gpuboot1.Error.Busy"
METHODS = ("Check", "Rebuild", "Init", "Deactivate", "OptOut", "OptIn")
TRUE = GLib.Variant("b", True)


class Requests(kit.Case):
    def setUp(self):
        super().setUp()
        self.start()

    def job(self, number):
        return self.client.get_all(kit.job_path(number), kit.JOB_INTERFACE)

    def wait_ended(self, number, outcome):
        wanted = (number, kit.job_path(number), outcome)
        self.client.wait(
            lambda: wanted in self.client.heard("JobRemoved"), f"JobRemoved{wanted}"
        )

    # Who and what

    def check_is_refused(self, user):
        client = self.client_of(user)
        for method in METHODS:
            for options in ({}, {"force": TRUE}, {"colour": TRUE}):
                said = self.refused(kit.ACCESS_DENIED, client.ask, method, **options)
                self.assertIn("only root", said)
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.client.heard("JobNew"), [])

    def test_a_stranger_is_refused(self):
        self.check_is_refused(kit.STRANGER)

    def test_the_daemons_own_user_is_refused_too(self):
        daemon = os.stat(f"/proc/{self.daemon.process.pid}")
        self.assertEqual(daemon.st_uid, kit.DAEMON_USER)
        self.check_is_refused(kit.DAEMON_USER)

    def test_many_callers_at_once_are_each_answered(self):
        answers = []

        def on_answer(connection, result):
            try:
                answers.append(connection.call_finish(result).unpack()[0])
            except GLib.Error as error:
                answers.append(kit.Gio.DBusError.get_remote_error(error))

        for _ in range(100):
            self.client.connection.call(
                kit.NAME, kit.MANAGER, kit.MANAGER_INTERFACE, "Check",
                GLib.Variant("(a{sv})", ({},)), None, kit.Gio.DBusCallFlags.NONE, -1, None,
                on_answer,
            )  # fmt: skip
        self.client.wait(lambda: len(answers) == 100, "100 answers")
        self.assertLessEqual(set(answers), {kit.job_path(1), BUSY})
        self.assertIn(kit.job_path(1), answers)
        self.assertEqual(self.requests(), ["1.toml"])

    def test_an_unknown_option_is_named(self):
        for method, known in (("Check", "none"), ("Rebuild", "force"), ("Init", "none"),
                              ("Deactivate", "none"), ("OptOut", "none"), ("OptIn", "none")):
            said = self.refused(BAD_INPUT, self.client.ask, method, colour=TRUE)
            self.assertIn('"colour"', said)
            self.assertIn(known, said)
        self.refused(BAD_INPUT, self.client.ask, "Explain", colour=TRUE)
        self.refused(BAD_INPUT, self.client.ask, "Check", force=TRUE)
        self.assertEqual(self.requests(), [])

    def test_an_option_of_another_type_is_refused(self):
        for value in (GLib.Variant("s", "yes"), GLib.Variant("i", 1)):
            said = self.refused(BAD_INPUT, self.client.ask, "Rebuild", force=value)
            self.assertIn('"force": wanted type b', said)
        twice = GLib.VariantBuilder(GLib.VariantType("a{sv}"))
        for _ in range(2):
            twice.add_value(GLib.Variant("{sv}", ("force", TRUE)))
        arguments = GLib.Variant.new_tuple(twice.end())
        said = self.refused(
            BAD_INPUT,
            self.client.call, kit.MANAGER, kit.MANAGER_INTERFACE, "Rebuild", arguments,
        )  # fmt: skip
        self.assertIn("given twice", said)
        self.assertEqual(self.requests(), [])

    def test_a_hostile_option_name_is_made_readable(self):
        name = "\x1b[2J" + "x" * 5000
        said = self.refused(BAD_INPUT, self.client.ask, "Check", **{name: TRUE})
        self.assertNotIn("\x1b", said)
        self.assertLess(len(said), 200)

    def test_wrong_arguments_are_refused(self):
        for arguments in (GLib.Variant("(s)", ("x",)), GLib.Variant("()", ())):
            self.refused(
                "org.freedesktop.DBus.Error.InvalidArgs",
                self.client.call, kit.MANAGER, kit.MANAGER_INTERFACE, "Check", arguments,
            )  # fmt: skip

    # The file

    def test_a_request_is_one_small_file(self):
        self.assertEqual(self.client.ask("Check"), kit.job_path(1))
        self.assertEqual(self.client.ask("Rebuild", force=TRUE), kit.job_path(2))
        self.assertEqual(self.client.ask("Init"), kit.job_path(3))
        self.assertEqual(self.client.ask("Deactivate"), kit.job_path(4))
        self.assertEqual(self.client.ask("OptOut"), kit.job_path(5))
        self.assertEqual(self.requests(), [f"{number}.toml" for number in range(1, 6)])
        wanted = {
            "1.toml": {"schema": 1, "verb": "check", "job": 1},
            "2.toml": {"schema": 1, "verb": "rebuild", "job": 2, "force": True},
            "3.toml": {"schema": 1, "verb": "init", "job": 3},
            "4.toml": {"schema": 1, "verb": "deactivate", "job": 4},
            "5.toml": {"schema": 1, "verb": "opt-out", "job": 5},
        }
        for name, request in wanted.items():
            path = self.path("run/gpuboot/want", name)
            with open(path, "rb") as file:
                self.assertEqual(tomllib.load(file), request)
            status = os.stat(path)
            self.assertEqual(stat.S_IMODE(status.st_mode), 0o640)
            self.assertEqual((status.st_uid, status.st_nlink), (kit.DAEMON_USER, 1))
            self.assertLess(status.st_size, 4096)

    def test_a_left_over_of_a_killed_daemon_is_no_obstacle(self):
        left = self.path("run/gpuboot/want/.1.toml.new")
        os.symlink("/etc/passwd", left)
        self.client.ask("Check")
        self.assertEqual(self.requests(), ["1.toml"])

    def test_without_the_folder_the_caller_is_told(self):
        os.rmdir(self.path("run/gpuboot/want"))
        said = self.refused("org.gpuboot1.Error.NotFound", self.client.ask, "Check")
        self.assertIn("/run/gpuboot/want", said)
        self.assertEqual(self.client.heard("JobNew"), [])

    # The job

    def test_life_of_a_job(self):
        path = self.client.ask("Check")
        self.client.wait(lambda: self.client.heard("JobNew"), "JobNew")
        self.assertEqual(self.client.heard("JobNew"), [(1, path)])
        self.assertEqual(
            self.job(1), {"Id": 1, "Verb": "check", "State": "queued", "Error": ""}
        )
        self.wait_manager(State="working")
        self.job_record(1, "running")
        self.client.wait(
            lambda: {"State": "running"} in self.client.changes(path), "it runs, nothing else"
        )
        self.report(verdict="opted_out")
        self.job_record(1, "done", verdict="opted_out")
        self.wait_ended(1, "done")
        self.assertEqual(self.job(1)["State"], "done")
        self.assertEqual(self.manager("State"), "opted_out")

    def test_the_end_is_told_last(self):
        self.client.ask("Check")
        self.wait_manager(State="working")
        self.job_record(1, "done")
        self.wait_ended(1, "done")
        members = [member.rsplit(".", 1)[1] for _, member, _ in self.client.signals]
        self.assertEqual(members[-1], "JobRemoved")
        self.assertEqual(members.count("JobRemoved"), 1)
        self.assertEqual(self.client.changes(kit.MANAGER)[-1], {"State": "idle"})

    def test_a_failure_says_why(self):
        path = self.client.ask("Rebuild")
        self.job_record(1, "failed", "rebuild", "gpuboot-rebuild.service: timeout")
        self.wait_ended(1, "failed")
        self.assertEqual(self.job(1)["Error"], "gpuboot-rebuild.service: timeout")
        self.assertIn(
            {"State": "failed", "Error": "gpuboot-rebuild.service: timeout"},
            self.client.changes(path),
        )

    def test_equal_requests_share_a_job(self):
        first = self.client.ask("Rebuild")
        self.assertEqual(self.client.ask("Rebuild"), first)
        self.assertEqual(self.client.ask("Rebuild", force=GLib.Variant("b", False)), first)
        forced = self.client.ask("Rebuild", force=TRUE)
        self.assertNotEqual(forced, first)
        self.job_record(2, "running", "rebuild")
        self.client.wait(
            lambda: {"State": "running"} in self.client.changes(forced), "the forced one runs"
        )
        self.assertEqual(self.client.ask("Rebuild", force=TRUE), forced)
        self.assertEqual(self.client.ask("Rebuild"), first)
        self.assertEqual(len(self.client.heard("JobNew")), 2)

    def test_an_ended_job_is_not_joined(self):
        self.client.ask("Check")
        self.job_record(1, "done")
        self.wait_ended(1, "done")
        self.assertEqual(self.client.ask("Check"), kit.job_path(2))

    def test_more_than_five_open_jobs_are_too_many(self):
        # Requests that differ are four at most, so those that fill the queue come from files.
        for number in range(1, 6):
            self.job_record(number, "queued")
        self.client.wait(lambda: len(self.client.heard("JobNew")) == 5, "five open jobs")
        said = self.refused(BUSY, self.client.ask, "Init")
        self.assertIn("5 jobs", said)
        self.assertIn(self.client.ask("Check"), [kit.job_path(n) for n in range(1, 6)])
        self.job_record(2, "done")
        self.wait_ended(2, "done")
        self.assertEqual(self.client.ask("Init"), kit.job_path(6))

    def test_only_the_newest_32_are_kept(self):
        for number in range(1, 40):
            self.client.ask("Check")
            self.job_record(number, "done")
            self.wait_ended(number, "done")
        self.client.wait(
            lambda: any(path == kit.job_path(7) for path, _ in self.client.heard("InterfacesRemoved")),
            "the seven oldest go",
        )
        jobs = {path for path in self.client.objects() if "/job/" in path}
        self.assertEqual(jobs, {kit.job_path(number) for number in range(8, 40)})
        gone = [path for path, _ in self.client.heard("InterfacesRemoved")]
        self.assertEqual(gone, [kit.job_path(number) for number in range(1, 8)])

    def test_a_job_whose_phase_was_killed_fails(self):
        self.client.ask("Rebuild")
        self.client.ask("Check")
        self.job_record(1, "running", "rebuild")
        self.job_record(2, "running")
        self.wait_ended(1, "failed")
        self.assertIn("without a result", self.job(1)["Error"])
        self.assertEqual(self.job(2)["State"], "running")
        self.assertEqual(self.client.ask("Rebuild"), kit.job_path(3))


class Unread(kit.Case):
    def test_a_request_that_nobody_reads_is_given_up(self):
        self.start("--request-timeout", "1")
        path = self.client.ask("Check")
        wanted = (1, path, "failed")
        self.client.wait(lambda: wanted in self.client.heard("JobRemoved"), "it is given up")
        error = self.client.get(path, kit.JOB_INTERFACE, "Error")
        self.assertIn("gpuboot-request.path", error)
        self.assertEqual(self.requests(), [], "it must not run after all")
        self.assertEqual(self.client.ask("Check"), kit.job_path(2))
