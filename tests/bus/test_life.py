# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon's own life: started early, killed, without a bus, losing it."""

import signal

import kit

FIRST, SECOND = "0000:41:00.0", "0000:81:00.0"


class Life(kit.Case):
    def everything(self):
        """All that can be read of the daemon."""
        return (
            self.client.get_all(kit.MANAGER, kit.MANAGER_INTERFACE),
            self.client.objects(),
            self.client.ask("Explain"),
        )

    def test_killed_and_started_again_it_shows_the_same(self):
        self.bind(self.add_pci(FIRST), "nvidia")
        self.add_pci(SECOND)
        self.start()
        self.note_gpu(FIRST)
        self.load_driver()
        self.report("init", verdict="ready", gpus=[self.gpu_record(FIRST)])
        self.client.ask("Check")
        self.job_record(1, "failed", error="why")
        self.client.ask("Init")
        self.job_record(2, "running", "init")
        self.client.ask("Rebuild", force=kit.GLib.Variant("b", True))
        self.put("run/gpuboot/ready", "")
        self.report(
            verdict="ready", bake="b", driver={"version": "535.261.03", "kind": "open"},
            reasons=[{"code": "gpu_unbound", "subject": SECOND, "wanted": "nvidia", "found": ""}],
        )  # fmt: skip
        self.wait_manager(Bake="b", State="working")
        self.client.wait(lambda: self.client.heard("JobRemoved"), "the first job ended")
        before = self.everything()
        states = [before[1][kit.job_path(n)][kit.JOB_INTERFACE]["State"] for n in (1, 2, 3)]
        self.assertEqual(states, ["failed", "running", "queued"])
        self.assertTrue(before[1][kit.gpu_path(FIRST)][kit.GPU_INTERFACE]["Ready"])

        self.restart_daemon()
        self.assertEqual(self.everything(), before)
        self.assertEqual(self.client.ask("Init"), kit.job_path(2), "running: joined")
        self.assertEqual(self.client.ask("Check"), kit.job_path(4), "numbers go on")
        forced = self.client.ask("Rebuild", force=kit.GLib.Variant("b", True))
        self.assertEqual(forced, kit.job_path(3), "queued: joined")

    def test_it_follows_what_happened_while_it_was_dead(self):
        syspath = self.add_pci(FIRST)
        self.start()
        self.client.ask("Check")
        self.job_record(1, "running")
        self.wait_manager(State="working")
        self.daemon.stop(signal.SIGKILL)
        self.job_record(1, "done")
        self.remove_pci(syspath)
        self.add_pci(SECOND)
        self.report(verdict="opted_out")
        self.client.wait(lambda: not self.client.owner(), "the name is free")
        self.daemon.start()
        self.wait_for_name()
        self.assertEqual(self.manager("State"), "opted_out")
        self.assertEqual(self.manager("Gpus"), [kit.gpu_path(SECOND)])
        job = self.client.get_all(kit.job_path(1), kit.JOB_INTERFACE)
        self.assertEqual(job["State"], "done")

    def test_it_is_ready_without_a_bus_and_joins_it_when_it_comes(self):
        self.make_run_directories()
        self.add_pci(FIRST)
        self.daemon.start()
        self.add_pci(SECOND)
        self.report(verdict="opted_out")
        self.bus.start()
        self.client = kit.Client(self.bus.address)
        self.wait_for_name()
        self.client.wait(lambda: len(self.manager("Gpus")) == 2, "both GPUs")
        self.client.wait(lambda: self.manager("State") == "opted_out", "the report")
        self.assertEqual(self.client.ask("Check"), kit.job_path(1))

    def test_the_watchdog_is_fed_without_a_bus(self):
        self.make_run_directories()
        self.daemon.start(until=b"WATCHDOG=1", WATCHDOG_USEC="200000")

    def test_it_ends_without_a_bus_when_asked(self):
        self.make_run_directories()
        self.daemon.start()
        self.assertEqual(self.daemon.stop(signal.SIGINT), 0)

    def test_it_ends_in_failure_when_the_bus_goes(self):
        self.start()
        self.bus.stop()
        self.assertEqual(self.daemon.wait(), 1)
        self.assertIn("the system bus closed the connection", self.daemon.log())

    def test_it_comes_back_with_a_new_bus(self):
        self.start()
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")
        self.bus.stop()
        self.daemon.wait()
        self.daemon.start()  # as Restart=on-failure does
        self.bus.start()
        self.client = kit.Client(self.bus.address)
        self.wait_for_name()
        self.assertEqual(self.manager("State"), "opted_out")

    def test_a_name_that_is_taken_is_the_end(self):
        self.make_run_directories()
        self.bus.start()
        self.client = kit.Client(self.bus.address)
        arguments = kit.GLib.Variant("(su)", (kit.NAME, 0))
        driver = "org.freedesktop.DBus"
        self.client.call("/org/freedesktop/DBus", driver, "RequestName", arguments, driver)
        self.daemon.start()
        self.assertEqual(self.daemon.wait(), 1)
        self.assertIn("another program has it", self.daemon.log())

    def test_a_root_that_is_not_there_is_an_error(self):
        self.bus.start()
        self.daemon.root = "/nowhere"
        with self.assertRaises(AssertionError):
            self.daemon.start()
        self.assertEqual(self.daemon.wait(), 1)
        self.assertIn("/nowhere", self.daemon.log())
