"""The checksums of what is linked into the program: a file that was changed is refused.

Run it as `python3 tests/tools/checksums_test.py`. It needs cmake.
"""

import hashlib
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "cmake" / "verify_checksums.cmake"
LIST = ROOT / "third_party" / "SHA256SUMS"


def verify(checksums):
    done = subprocess.run(
        ["cmake", f"-DCHECKSUMS={checksums}", "-P", SCRIPT],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, " ".join(done.stderr.split())


class ChecksumsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.library = self.folder / "library.so"
        self.library.write_bytes(b"as it was published")
        digest = hashlib.sha256(self.library.read_bytes()).hexdigest()
        self.list = self.folder / "SHA256SUMS"
        self.list.write_text(f"{digest}  library.so\n", encoding="utf-8")

    def test_the_files_of_duckdb_are_the_ones_that_are_listed(self):
        names = [line.split("  ")[1] for line in LIST.read_text(encoding="utf-8").splitlines()]
        self.assertEqual([name.rpartition("/")[2] for name in names], ["libduckdb.so", "duckdb.h"])
        self.assertEqual(verify(LIST), (0, ""))

    def test_a_changed_file_is_refused_and_what_to_do_is_said(self):
        self.assertEqual(verify(self.list), (0, ""))
        self.library.write_bytes(b"as it was publishee")
        status, message = verify(self.list)
        self.assertNotEqual(status, 0)
        self.assertIn("library.so is not the file that this version of sparkify", message)
        self.assertIn(hashlib.sha256(b"as it was publishee").hexdigest(), message)
        self.assertIn("npm ci --ignore-scripts", message)

    def test_a_missing_file(self):
        self.library.unlink()
        status, message = verify(self.list)
        self.assertNotEqual(status, 0)
        self.assertIn("library.so is not there", message)

    def test_a_list_that_says_nothing(self):
        for text in ("", "library.so\n"):
            self.list.write_text(text, encoding="utf-8")
            status, message = verify(self.list)
            self.assertNotEqual(status, 0)
            self.assertIn("SHA256SUMS", message)


if __name__ == "__main__":
    unittest.main()
