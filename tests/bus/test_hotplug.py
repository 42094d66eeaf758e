# SPDX-License-Identifier: LGPL-2.1-or-later
"""GPUs come, go and are bound while the daemon runs; their objects do the same."""

import os

import kit

FIRST, SECOND = "0000:41:00.0", "0010:c1:00.0"


class Hotplug(kit.Case):
    def paths(self):
        return self.manager("Gpus")

    def wait_added(self, address):
        path = kit.gpu_path(address)

        def added():
            return [i for at, i in self.client.heard("InterfacesAdded") if at == path]

        return self.client.wait(added, f"InterfacesAdded for {path}")[-1][kit.GPU_INTERFACE]

    def wait_removed(self, address):
        path = kit.gpu_path(address)

        def removed():
            return [i for at, i in self.client.heard("InterfacesRemoved") if at == path]

        interfaces = self.client.wait(removed, f"InterfacesRemoved for {path}")[-1]
        self.assertIn(kit.GPU_INTERFACE, interfaces)

    def test_those_present_at_the_start(self):
        self.add_pci(SECOND)
        self.add_pci(FIRST, pci_class="0x030000")
        self.start()
        self.assertEqual(self.paths(), [kit.gpu_path(FIRST), kit.gpu_path(SECOND)])
        self.assertLessEqual(set(self.paths()), set(self.client.objects()))

    def test_only_nvidia_display_controllers_count(self):
        self.add_pci("0000:00:02.0", vendor="0x8086")
        self.add_pci("0000:41:00.1", pci_class="0x040300")  # a GPU's sound function
        self.start()
        self.add_pci("0000:00:03.0", vendor="0x1002")
        self.add_pci(FIRST)
        self.wait_added(FIRST)
        self.assertEqual(self.paths(), [kit.gpu_path(FIRST)])

    def test_add_and_remove(self):
        self.add_pci(FIRST)
        self.start()
        syspath = self.add_pci(SECOND, device="0x2330")
        shown = self.wait_added(SECOND)
        self.assertEqual((shown["Address"], shown["PciId"]), (SECOND, "10de:2330"))
        self.wait_manager(Gpus=[kit.gpu_path(FIRST), kit.gpu_path(SECOND)])
        self.remove_pci(syspath)
        self.wait_removed(SECOND)
        self.wait_manager(Gpus=[kit.gpu_path(FIRST)])
        self.assertNotIn(kit.gpu_path(SECOND), self.client.objects())
        self.refused(
            "org.freedesktop.DBus.Error.UnknownObject",
            self.client.get, kit.gpu_path(SECOND), kit.GPU_INTERFACE, "Driver",
        )  # fmt: skip

    def test_the_state_follows_the_last_gpu(self):
        self.start()
        self.assertEqual(self.manager("State"), "idle")
        syspath = self.add_pci(FIRST)
        self.wait_manager(State="working")
        self.remove_pci(syspath)
        self.wait_manager(State="idle", Gpus=[])

    def test_bind_and_unbind(self):
        syspath = self.add_pci(FIRST)
        self.start()
        path = kit.gpu_path(FIRST)
        self.bind(syspath, "nvidia")
        self.client.wait(lambda: {"Driver": "nvidia"} in self.client.changes(path), "bound")
        self.unbind(syspath)
        self.client.wait(lambda: {"Driver": ""} in self.client.changes(path), "unbound")

    def test_another_model_in_the_same_slot_is_another_object(self):
        syspath = self.add_pci(FIRST)
        self.start()
        self.testbed.set_attribute(syspath, "device", "0x2330")
        self.testbed.uevent(syspath, "change")
        self.wait_removed(FIRST)
        self.assertEqual(self.wait_added(FIRST)["PciId"], "10de:2330")

    def states(self, path):
        return [change["State"] for change in self.client.changes(path) if "State" in change]

    def wait_states(self, path, *wanted):
        self.client.wait(lambda: self.states(path) == list(wanted), f"{path} tells {wanted}")

    def test_a_gpus_way_is_told_in_order(self):  # F-88
        self.start()
        self.load_driver()
        self.put("run/gpuboot/ready", "")
        self.report(verdict="ready")
        syspath = self.add_pci(FIRST)
        self.assertEqual(self.wait_added(FIRST)["State"], "present")
        path = kit.gpu_path(FIRST)
        self.bind(syspath, "nvidia")  # udev may be slower than the files that follow
        self.client.wait(
            lambda: self.client.get(path, kit.GPU_INTERFACE, "Driver") == "nvidia", "bound"
        )
        self.note_gpu(FIRST, f"device-{FIRST}", began=7)
        self.wait_states(path, "initialising")
        self.report(f"device-{FIRST}", began=7, gpus=[self.gpu_record(FIRST)])
        self.wait_states(path, "initialising", "ready")
        self.remove_pci(syspath)
        self.wait_removed(FIRST)
        self.assertEqual(self.states(path), ["initialising", "ready", "gone"])
        self.put("run/gpuboot/ready", "")  # the object is gone; nothing may be told of it
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")
        self.assertEqual(self.states(path)[-1], "gone")

    def test_a_card_in_the_same_slot_is_not_what_the_last_one_was(self):  # no ghost
        self.start()
        self.load_driver()
        self.put("run/gpuboot/ready", "")
        self.report(verdict="ready")
        path = kit.gpu_path(FIRST)
        syspath = self.add_pci(FIRST)
        self.wait_added(FIRST)
        self.note_gpu(FIRST, "init", began=3)
        self.report("init", began=3, gpus=[self.gpu_record(FIRST)])
        self.bind(syspath, "nvidia")
        self.client.wait(lambda: self.states(path)[-1:] == ["ready"], "ready")
        self.remove_pci(syspath)
        os.unlink(self.path("run/gpuboot/gpu", FIRST + ".toml"))
        self.wait_removed(FIRST)
        syspath = self.add_pci(FIRST)  # init's report still names the slot
        self.client.wait(lambda: len(self.client.heard("InterfacesAdded")) == 2, "added again")
        self.assertEqual(self.client.get(path, kit.GPU_INTERFACE, "State"), "present")
        before = len(self.states(path))
        self.bind(syspath, "nvidia")
        self.note_gpu(FIRST, f"device-{FIRST}", began=9)
        self.report(f"device-{FIRST}", began=9, gpus=[self.gpu_record(FIRST, ready=False)])
        self.client.wait(lambda: self.states(path)[-1:] == ["failed"], "failed")
        self.assertNotIn("ready", self.states(path)[before:])

    def test_another_drivers_gpu_is_left_alone(self):
        syspath = self.add_pci(FIRST)
        self.start()
        path = kit.gpu_path(FIRST)
        self.note_gpu(FIRST)
        self.report("init", gpus=[self.gpu_record(FIRST)])
        self.bind(syspath, "nvidia")
        self.client.wait(lambda: self.states(path)[-1:] == ["ready"], "ready")
        self.unbind(syspath)
        self.client.wait(lambda: self.states(path)[-1:] == ["present"], "free")
        self.bind(syspath, "vfio-pci")
        self.client.wait(lambda: {"Driver": "vfio-pci"} in self.client.changes(path), "bound")
        self.assertEqual(self.states(path)[-1], "present")

    def test_a_driver_that_somebody_takes_out_is_missed_at_once(self):
        self.add_pci(FIRST)
        self.start()
        self.load_driver()
        self.put("run/gpuboot/ready", "")
        self.report(verdict="ready", driver={"version": "535.261.03", "kind": "open"})
        self.wait_manager(State="ready", DriverVersion="535.261.03")
        module = self.testbed.add_device("module", "nvidia", None, [], [])
        self.load_driver(live=False)
        self.testbed.uevent(module, "remove")
        self.wait_manager(State="unloaded", DriverVersion="")

    def test_ten_thousand_events_leave_nothing_behind(self):
        """Memory and file descriptors stay as they were; the last state is right."""
        self.start()
        addresses = [f"0000:{bus:02x}:00.0" for bus in range(0x10, 0x14)]
        for address in addresses:
            self.add_pci(address)
        self.wait_manager(Gpus=[kit.gpu_path(address) for address in addresses])
        paths = {a: f"/sys/devices/{a}" for a in addresses}
        self.storm(paths, rounds=50)
        before = self.daemon.resources()
        self.storm(paths, rounds=1200)
        after = self.daemon.resources()
        self.assertEqual(after["fds"], before["fds"])
        self.assertLess(after["kib"] - before["kib"], 512, (before, after))
        self.assertEqual(self.paths(), [kit.gpu_path(address) for address in addresses])

    def storm(self, paths, rounds):
        """Two events for each GPU and round; the last one of a round is waited for."""
        last = list(paths)[-1]
        path = kit.gpu_path(last)
        for _ in range(rounds):
            for address, syspath in paths.items():
                self.bind(syspath, "nvidia")
                if address != last:
                    self.unbind(syspath)
            self.wait_driver(path, "nvidia")
            self.unbind(paths[last])
            self.wait_driver(path, "")

    def wait_driver(self, path, name):
        heard = lambda: [c["Driver"] for c in self.client.changes(path) if "Driver" in c]  # noqa: E731
        self.client.wait(lambda: heard()[-1:] == [name], f"driver {name!r}")
        self.client.forget()

    def test_many_in_a_row(self):
        self.start()
        addresses = [f"0000:{bus:02x}:00.0" for bus in range(0x10, 0x50)]
        for number, address in enumerate(addresses, start=1):
            self.add_pci(address)
            if number % 4 == 0:  # umockdev's sender gives up when some ten events are unread
                self.wait_added(address)
        self.wait_manager(Gpus=[kit.gpu_path(address) for address in addresses])

    def test_an_event_that_was_lost_is_made_up_for(self):
        gone = self.add_pci(FIRST)
        flag = os.path.join(self.testbed.get_root_dir(), "lose-event")
        preload = os.environ["LOST_EVENTS"] + ":" + os.environ["LD_PRELOAD"]
        self.start(LD_PRELOAD=preload, LOSE_EVENT=flag)
        self.testbed.remove_device(gone)
        with open(flag, "w"):
            pass
        self.add_pci(SECOND)
        self.wait_added(SECOND)
        self.wait_removed(FIRST)
        self.assertFalse(os.path.exists(flag), "the event was lost")
        self.assertIn("every PCI device again", self.daemon.log())
