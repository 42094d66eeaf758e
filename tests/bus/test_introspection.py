# SPDX-License-Identifier: LGPL-2.1-or-later
"""The documented XML is the contract: what the daemon exports is that, no more and no less."""

import os
import pathlib
import xml.etree.ElementTree as ElementTree

import kit

INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"


def members(interface):
    """Every member as text: name, arguments with direction and type, access, annotations."""
    lines = set()
    for member in interface:
        if member.tag is ElementTree.Comment:
            continue
        detail = [member.tag, member.get("name"), member.get("type"), member.get("access")]
        for child in member:
            words = dict(child.attrib)
            if child.tag == "arg" and member.tag == "method":
                words.setdefault("direction", "in")
            detail.append((child.tag, *sorted(words.items())))
        lines.add(str(detail))
    return lines


class Introspection(kit.Case):
    def documented(self, name):
        parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
        path = pathlib.Path(os.environ["DBUS_XML"]) / f"{name}.xml"
        tree = ElementTree.fromstring(path.read_text(), parser)
        self.assertEqual([i.get("name") for i in tree.iter("interface")], [name])
        return tree.find("interface")

    def compare(self, path, name):
        text = self.client.call(path, INTROSPECTABLE, "Introspect")[0]
        live = {i.get("name"): i for i in ElementTree.fromstring(text).iter("interface")}
        wanted, found = members(self.documented(name)), members(live[name])
        self.assertEqual(wanted - found, set(), f"documented, but not exported by {path}")
        self.assertEqual(found - wanted, set(), f"exported by {path}, but not documented")
        foreign = {i for i in live if not i.startswith("org.freedesktop.DBus.")}
        self.assertEqual(foreign, {name}, "interfaces of ours on this object")

    def test_manager_is_what_is_documented(self):
        self.start()
        self.compare(kit.MANAGER, kit.MANAGER_INTERFACE)

    def test_gpu_is_what_is_documented(self):
        self.add_pci("0000:41:00.0")
        self.start()
        self.compare(kit.gpu_path("0000:41:00.0"), kit.GPU_INTERFACE)

    def test_job_is_what_is_documented(self):
        self.start()
        self.compare(self.client.ask("Check"), kit.JOB_INTERFACE)

    def test_every_member_has_its_paragraph(self):
        for name in (kit.MANAGER_INTERFACE, kit.GPU_INTERFACE, kit.JOB_INTERFACE):
            before = None
            for node in self.documented(name):
                if node.tag is not ElementTree.Comment:
                    told = before is not None and before.tag is ElementTree.Comment
                    self.assertTrue(told and before.text.strip(), f"{name}.{node.get('name')}")
                before = node

    def test_nothing_can_be_set(self):
        self.start()
        for name in self.client.get_all(kit.MANAGER, kit.MANAGER_INTERFACE):
            arguments = kit.GLib.Variant(
                "(ssv)", (kit.MANAGER_INTERFACE, name, kit.GLib.Variant("s", "x"))
            )
            self.refused(
                "org.freedesktop.DBus.Error.PropertyReadOnly",
                self.client.call, kit.MANAGER, "org.freedesktop.DBus.Properties", "Set", arguments,
            )  # fmt: skip
