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

    def test_a_node_goes_with_its_gpu(self):
        self.start()
        syspath = self.add_pci(FIRST)
        self.wait_added(FIRST)
        self.note_node(FIRST)
        self.report(f"device-{FIRST}", gpus=[self.gpu_record(FIRST)])
        path = kit.gpu_path(FIRST)
        self.client.wait(
            lambda: any(change.get("Ready") for change in self.client.changes(path)), "ready"
        )
        self.remove_pci(syspath)
        self.wait_removed(FIRST)
        self.put("run/gpuboot/ready", "")  # the object is gone; nothing may be told of it
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")

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
