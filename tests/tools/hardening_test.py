"""The look at a program's protections: small programs, each without one of them.

Run it as `python3 tests/tools/hardening_test.py`. It needs g++ and readelf.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "hardening"
# Of a program header.
LOAD, RUN, WRITE = 1, 1, 2
# Copies a text of unknown length, so that stack protector and FORTIFY have something to do; and has
# enough functions that others may call for landing pads to count.
SOURCE = """
#include <cstdio>
#include <cstring>
int one(int n) { return n + 1; }
int two(int n) { return n + 2; }
int three(int n) { return n + 3; }
int main(int count, char** words) {
  char text[16];
  std::strcpy(text, words[0]);
  std::printf("%s %d\\n", text, one(count) + two(count) + three(count));
}
"""
ALL = (
    "-O2",
    "-fPIE",
    "-fstack-protector-strong",
    "-fcf-protection",
    "-D_FORTIFY_SOURCE=2",
    "-pie",
    "-Wl,-z,relro,-z,now,-z,noexecstack",
    "-Wl,-rpath,$ORIGIN/lib:$ORIGIN/../lib/sparkify:$ORIGIN",
)
WEAKER = (
    ("PIE", "-no-pie", "-fno-pie"),
    ("full RELRO", "-Wl,-z,lazy"),
    ("full RELRO", "-Wl,-z,norelro"),
    ("stack without code", "-Wl,-z,execstack"),
    ("stack protector", "-fno-stack-protector"),
    ("FORTIFY", "-U_FORTIFY_SOURCE"),
    ("CET landing pads", "-fcf-protection=none"),
    ("libraries in its own folders only", "-Wl,-rpath,/opt/lib"),
    ("libraries in its own folders only", "-Wl,-rpath,$ORIGINAL"),
    ("libraries in its own folders only", "-Wl,-rpath,$ORIGIN/../.."),
    ("libraries in its own folders only", "-Wl,-rpath,$ORIGIN/lib/../../x"),
    # An empty entry is the current directory.
    ("libraries in its own folders only", "-Wl,-rpath,$ORIGIN:"),
)


class HardeningTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = pathlib.Path(folder.name) / "program"
        self.source = self.program.with_suffix(".cc")
        self.source.write_text(SOURCE, encoding="utf-8")

    def build(self, *options):
        command = ["g++", *ALL, *options, self.source, "-o", self.program]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def missing(self):
        done = subprocess.run([TOOL, self.program], capture_output=True, text=True, timeout=60)
        prefix = "MISSING: "
        lines = done.stdout.splitlines()
        found = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
        self.assertEqual(done.returncode, 1 if found else 0, done.stderr)
        return found

    def test_with_all_of_them_nothing_is_missing(self):
        self.build()
        self.assertEqual(self.missing(), [])

    def test_each_that_is_missing_is_named(self):
        for name, *options in WEAKER:
            with self.subTest(options=options):
                self.build(*options)
                self.assertIn(name, self.missing())

    def test_a_segment_that_is_written_and_run(self):
        """No option of the linker gives one here: the flags are changed in the file."""
        self.build()
        content = bytearray(self.program.read_bytes())
        (first,) = struct.unpack_from("<Q", content, 32)
        size, count = struct.unpack_from("<HH", content, 54)
        for header in range(first, first + size * count, size):
            kind, flags = struct.unpack_from("<II", content, header)
            if kind == LOAD and flags & RUN:
                struct.pack_into("<I", content, header + 4, flags | WRITE)
        self.program.write_bytes(content)
        self.assertEqual(self.missing(), ["no segment written and run"])

    def test_what_is_no_program_is_said(self):
        done = subprocess.run([TOOL, self.source], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cannot be read", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
