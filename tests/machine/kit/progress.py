# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tells what is going on: one line that changes on a terminal, plain lines elsewhere."""

import shutil
import sys
import time


class Progress:
    def __init__(self, out=sys.stderr):
        self.out = out
        self.terminal = out.isatty()
        self.start = self.step_start = time.monotonic()
        self.text = None

    def step(self, text):
        """A new thing begins; the one before is done."""
        self.done()
        self.text, self.step_start = text, time.monotonic()
        self._show("" if self.terminal else "...")

    def note(self, text):
        """Something to see within the step: only on a terminal, where it overwrites itself."""
        if self.terminal and self.text:
            self._show(": " + text.strip())

    def done(self):
        if self.text:
            seconds = time.monotonic() - self.step_start
            if self.terminal or seconds >= 1:
                self._line(f"{self.text} ({seconds:.0f} s)", end="\n")
            self.text = None

    def _show(self, rest):
        elapsed = time.monotonic() - self.start
        self._line(f"[{elapsed:3.0f} s] {self.text}{rest}", end="" if self.terminal else "\n")

    def _line(self, text, end):
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            self.out.write("\r\033[K" + text[:width] + end)
        else:
            self.out.write(text + end)
        self.out.flush()
