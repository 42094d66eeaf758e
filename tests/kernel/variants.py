# SPDX-License-Identifier: LGPL-2.1-or-later
"""Modules in every state in which a kernel can find them: one is compiled, the others are made from its bytes."""

import struct
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAGIC = b"~Module signature appended~\n"
TRAILER = 12  # struct module_signature
DEBIAN_MODULE = "kernel/drivers/net/dummy.ko"  # small, depends on none, signed by Debian


def run(*command, **options):
    subprocess.run([str(word) for word in command], check=True, capture_output=True, **options)


def compile_module(headers, folder):
    for source in (HERE / "module").iterdir():
        (folder / source.name).write_bytes(source.read_bytes())
    run("make", "-C", headers, f"M={folder}", "modules")
    run("strip", "-g", folder / "nvidia.ko")
    return (folder / "nvidia.ko").read_bytes()


def sign(headers, folder, image):
    """With a key that no kernel knows, by the kernel's own tool."""
    key, certificate, module = folder / "key.pem", folder / "key.x509", folder / "signed.ko"
    run("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "36500", "-subj",
        "/CN=A key of tests", "-keyout", key, "-out", folder / "key.crt")
    run("openssl", "x509", "-in", folder / "key.crt", "-outform", "DER", "-out", certificate)
    module.write_bytes(image)
    run(headers / "scripts/sign-file", "sha256", key, certificate, module)
    return module.read_bytes()


class Signed:
    """A signed module taken apart."""

    def __init__(self, module):
        assert module.endswith(MAGIC)
        self.trailer = module[-len(MAGIC) - TRAILER:-len(MAGIC)]
        length = struct.unpack(">I", self.trailer[-4:])[0]
        body = module[:-len(MAGIC) - TRAILER]
        self.image, self.message = body[:-length], body[-length:]

    def module(self, image=None, message=None, trailer=None, magic=MAGIC):
        image = self.image if image is None else image
        message = self.message if message is None else message
        trailer = trailer or self.trailer[:8] + struct.pack(">I", len(message))
        return image + message + trailer + magic


def flip(data, at, bits=1):
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1:]


def replace(data, old, new):
    assert len(old) == len(new) and old in data, old
    return data.replace(old, new)


def change_crc(image, symbol):
    """In __versions: struct modversion_info { unsigned long crc; char name[56]; }."""
    at = image.index(symbol.encode().ljust(56, b"\0"))
    return flip(image, at - 8)


def make(headers, debian_module, kernel, other_kernel, folder):
    """name -> bytes."""
    plain = compile_module(headers, folder)
    signed = sign(headers, folder, plain)
    own, debian = Signed(signed), Signed(debian_module)
    middle = debian.image.index(b"license=")
    word = kernel.encode()
    return {
        "unsigned": plain,
        "signed": signed,
        "signature-cut": own.module(message=own.message[:-20]),
        "signature-cut-unsaid": own.module(message=own.message[:-20], trailer=own.trailer),
        "signature-not-der": own.module(message=flip(own.message, 0)),
        "signature-length-lies": own.module(trailer=own.trailer[:8] + b"\xff\xff\xff\xff"),
        "signature-fields-odd": own.module(trailer=b"\1" + own.trailer[1:]),
        "signature-not-pkcs7": own.module(trailer=flip(own.trailer, 2, 2)),
        "signature-magic-flipped": own.module(magic=flip(MAGIC, 3)),
        "signature-value-flipped": own.module(message=flip(own.message, len(own.message) - 9)),
        "debian": debian_module,
        "debian-body-flipped": debian.module(image=flip(debian.image, middle + 8)),
        "debian-value-flipped": debian.module(message=flip(debian.message, len(debian.message) - 9)),
        "empty": b"",
        "cut": plain[:len(plain) // 2],
        "not-elf": b"no module at all\n" * 64,
        "zeros-appended": plain + bytes(512),
        "crc-of-symbol": change_crc(plain, "_printk"),
        "crc-of-layout": change_crc(plain, "module_layout"),
        "vermagic-word": replace(plain, word + b" SMP ", word + b" SMX "),
        "vermagic-release": replace(plain, b"vermagic=" + word, b"vermagic=" + other_kernel.encode()),
        "symbol-unknown": replace(plain, b"_printk\0", b"_prinxx\0"),
    }
