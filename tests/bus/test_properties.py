# SPDX-License-Identifier: LGPL-2.1-or-later
"""Properties follow the files of the phases, and only what changed is told."""

import json
import os
import shutil

import kit

GPU = "0000:41:00.0"
REASON = {
    "code": "kernel_differs", "subject": "some bake", "wanted": "6.1.0-50-cloud-amd64",
    "found": "6.1.0-47-cloud-amd64", "text": "ignored: the daemon makes its own sentence",
}  # fmt: skip


class Properties(kit.Case):
    def test_before_the_first_report(self):
        self.start()
        shown = self.client.get_all(kit.MANAGER, kit.MANAGER_INTERFACE)
        self.assertEqual(shown.pop("Kernel"), os.uname().release)
        self.assertRegex(shown.pop("Version"), r"^[0-9]+\.[0-9]+")
        self.assertEqual(
            shown,
            {"State": "idle", "Verdict": "", "Reasons": [], "DriverVersion": "", "Kind": "", "Progress": ("", 0, 0), "Kernels": [],
             "Bake": "", "Gpus": [], "Report": ""},
        )  # fmt: skip

    def test_the_compile_is_followed(self):
        self.start()
        self.put("run/gpuboot/progress.json", '{"stage": "compiling", "done": 3, "total": 10}')
        self.wait_manager(Progress=("compiling", 3, 10))
        self.put("run/gpuboot/progress.json", '{"stage": "compiling", "done": -1, "total": 10}')
        self.wait_manager(Progress=("", 0, 0))
        self.put("run/gpuboot/progress.json", '{"stage": "linking", "done": 0, "total": 0}')
        self.wait_manager(Progress=("linking", 0, 0))
        os.unlink(os.path.join(self.root, "run/gpuboot/progress.json"))
        self.wait_manager(Progress=("", 0, 0))

    def test_the_kernels_are_told(self):
        self.start()
        self.put("run/gpuboot/kernels.json", json.dumps([
            {"kernel": "6.1.0-50", "answer": "yes", "why": "a-bake"},
            {"kernel": "6.1.0-53", "answer": "queued", "why": "no bake"},
        ]))  # fmt: skip
        self.wait_manager(Kernels=[("6.1.0-50", "yes", "a-bake"), ("6.1.0-53", "queued", "no bake")])
        self.put("run/gpuboot/progress.json",
                 '{"stage": "compiling", "done": 3, "total": 10, "kernel": "6.1.0-53"}')  # fmt: skip
        self.wait_manager(
            Kernels=[("6.1.0-50", "yes", "a-bake"), ("6.1.0-53", "building 30 %", "no bake")])
        self.put("run/gpuboot/kernels.json", '[{"kernel": ""}]')
        self.wait_manager(Kernels=[])

    def test_a_gpu_without_report_is_worked_on(self):
        self.add_pci(GPU)
        self.start()
        self.assertEqual(self.manager("State"), "working")

    def test_manager_follows_the_last_report(self):
        self.add_pci(GPU)
        self.start()
        self.load_driver()
        record = self.report(
            verdict="ready", bake="535.261.03-open-x-0123456789ab",
            driver={"version": "535.261.03", "kind": "open"},
        )  # fmt: skip
        self.wait_manager(
            State="active", Verdict="ready", DriverVersion="535.261.03", Kind="open",
            Kernel="6.1.0-50-cloud-amd64", Bake="535.261.03-open-x-0123456789ab",
        )  # fmt: skip
        self.assertEqual(json.loads(self.manager("Report")), record)
        self.put("run/gpuboot/ready", "")
        self.wait_manager(State="ready")

    def test_reasons_carry_their_sentence(self):
        self.add_pci(GPU)
        self.start()
        self.report(reasons=[REASON])
        self.wait_manager(State="blocked")
        ((code, subject, wanted, found, text),) = self.manager("Reasons")
        self.assertEqual([code, subject, wanted, found], [REASON[k] for k in list(REASON)[:4]])
        self.assertIn(REASON["wanted"], text)

    def test_only_what_changed_is_told(self):
        self.add_pci(GPU)
        self.start()
        self.report(verdict="ready", bake="a")
        self.wait_manager(Bake="a")
        before = len(self.client.changes(kit.MANAGER))
        self.report(verdict="ready", bake="b")
        self.wait_manager(Bake="b")
        changes = self.client.changes(kit.MANAGER)[before:]
        self.assertEqual([set(change) for change in changes], [{"Bake", "Report"}])

    def test_the_same_report_again_tells_nothing(self):
        self.start()
        self.report(verdict="idle")
        self.wait_manager(Verdict="idle")
        before = len(self.client.signals)
        self.report(verdict="idle")
        self.put("run/gpuboot/report/job-9.json", '{"job": 9, "verb": "init", "state": "running"}')
        self.wait_manager(State="working")  # the daemon has read all of it by now
        paths = {path for path, _, _ in self.client.signals[before:]}
        self.assertEqual(paths, {kit.MANAGER})
        told = [set(c) for c in self.client.changes(kit.MANAGER)][-1]
        self.assertEqual(told, {"State"})

    def test_a_malformed_report_counts_as_absent(self):
        self.start()
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")
        for text in ("{", "", "[]", '{"phase": "check"}', '{"phase": "check", "verdict": "x"}'):
            self.put("run/gpuboot/report/last.json", text)
            self.wait_manager(State="idle", Verdict="", Report="")
            self.report(verdict="opted_out")
            self.wait_manager(State="opted_out")
        self.assertIn("/run/gpuboot/report/last.json", self.daemon.log())

    def test_explain_is_for_everybody(self):
        self.start()
        self.assertIn("No phase", self.client.ask("Explain"))
        self.report(reasons=[REASON])
        self.wait_manager(Verdict="blocked")
        self.assertIn(REASON["wanted"], self.client.ask("Explain"))
        self.assertIn(REASON["wanted"], self.client_of(kit.STRANGER).ask("Explain"))

    def test_properties_are_for_everybody(self):
        self.start()
        stranger = self.client_of(kit.STRANGER)
        mine = self.client.get_all(kit.MANAGER, kit.MANAGER_INTERFACE)
        self.assertEqual(stranger.get_all(kit.MANAGER, kit.MANAGER_INTERFACE), mine)
        self.assertEqual(stranger.objects(), self.client.objects())


class Gpus(kit.Case):
    def gpu(self, name):
        return self.client.get(kit.gpu_path(GPU), kit.GPU_INTERFACE, name)

    def wait_gpu(self, **wanted):
        self.client.wait(
            lambda: any(change == wanted for change in self.client.changes(kit.gpu_path(GPU))),
            f"the GPU tells of {wanted} and nothing else",
        )

    def setUp(self):
        super().setUp()
        self.syspath = self.add_pci(GPU)
        self.start()

    def test_unknown_before_a_report(self):
        self.assertEqual(
            self.client.get_all(kit.gpu_path(GPU), kit.GPU_INTERFACE),
            {"Address": GPU, "PciId": "10de:20b0", "Driver": "", "Minor": -1, "Node": "",
             "Ready": False, "State": "initialising"},
        )  # fmt: skip

    def bound(self):
        self.bind(self.syspath, "nvidia")
        self.wait_gpu(Driver="nvidia")

    def begun(self, phase, began, **more):
        """A phase begins: what was said before it is over."""
        self.client.forget()
        self.note_gpu(GPU, phase, began)
        self.wait_gpu(Minor=-1, Node="", State="initialising", **more)

    def test_init_names_its_node(self):
        self.note_gpu(GPU)
        self.report("init", verdict="ready", gpus=[self.gpu_record(GPU)])
        self.wait_gpu(Minor=0, Node="/dev/nvidia0", State="present")
        self.assertEqual(self.gpu("Driver"), "", "which driver is bound is udev's word")
        self.bind(self.syspath, "nvidia")
        self.wait_gpu(Driver="nvidia", Ready=True, State="ready")

    def test_the_report_that_the_note_names_holds(self):
        self.bound()
        self.note_gpu(GPU, began=1)
        self.report("init", began=1, gpus=[self.gpu_record(GPU, minor=0)])
        self.wait_gpu(Minor=0, Node="/dev/nvidia0", Ready=True, State="ready")
        self.begun(f"device-{GPU}", 2, Ready=False)
        self.report(f"device-{GPU}", began=2, gpus=[self.gpu_record(GPU, minor=1)])
        self.wait_gpu(Minor=1, Node="/dev/nvidia1", Ready=True, State="ready")
        self.begun("init", 3, Ready=False)
        self.report("init", began=3, gpus=[self.gpu_record(GPU, minor=2, ready=False)])
        self.wait_gpu(Minor=2, Node="/dev/nvidia2", State="failed")
        self.begun("init", 4)
        self.report("init", began=4, gpus=[self.gpu_record(GPU, minor=2)])
        self.wait_gpu(Minor=2, Node="/dev/nvidia2", Ready=True, State="ready")

    def test_a_later_check_takes_nothing_away(self):
        self.bound()
        self.note_gpu(GPU)
        self.report("init", verdict="ready", gpus=[self.gpu_record(GPU)])
        self.wait_gpu(Minor=0, Node="/dev/nvidia0", Ready=True, State="ready")
        self.report(verdict="ready", at=3000)
        self.wait_manager(Verdict="ready")
        self.assertTrue(self.gpu("Ready"))

    def test_what_was_said_ends_with_the_note(self):
        self.bound()
        self.note_gpu(GPU)
        self.report("init", verdict="ready", gpus=[self.gpu_record(GPU)])
        self.wait_gpu(Minor=0, Node="/dev/nvidia0", Ready=True, State="ready")
        os.unlink(self.path("run/gpuboot/gpu", GPU + ".toml"))
        self.wait_gpu(Minor=-1, Node="", Ready=False, State="initialising")

    def test_a_note_that_says_nothing_is_told_and_believed_nothing(self):
        self.put(f"run/gpuboot/gpu/{GPU}.toml", "began = 1\n")
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")
        self.assertEqual(self.gpu("State"), "present")
        self.assertIn("wanted the field phase", self.daemon.log())


class Directories(kit.Case):
    """The daemon may be there before anything that it watches."""

    def start_on_nothing(self):
        self.bus.start()
        self.client = kit.Client(self.bus.address)
        self.daemon.start()
        self.wait_for_name()

    def test_they_may_come_late(self):
        self.start_on_nothing()
        self.assertEqual(self.manager("Verdict"), "")
        self.make_run_directories()
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")

    def test_they_may_come_one_by_one(self):
        self.start_on_nothing()
        os.mkdir(self.path("run"))
        os.mkdir(self.path("run/gpuboot"))
        self.put("run/gpuboot/unrelated", "")
        os.mkdir(self.path("run/gpuboot/report"))
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")
        self.report(verdict="idle")
        self.wait_manager(State="idle")

    def test_they_may_be_moved_into_place(self):
        self.start_on_nothing()
        os.makedirs(self.path("aside/gpuboot/report"))
        os.mkdir(self.path("run"))
        os.rename(self.path("aside/gpuboot"), self.path("run/gpuboot"))
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")

    def test_they_may_go_and_come_back(self):
        self.start()
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")
        shutil.rmtree(self.path("run"))
        self.wait_manager(State="idle", Verdict="")
        self.make_run_directories()
        self.report(verdict="opted_out")
        self.wait_manager(State="opted_out")
