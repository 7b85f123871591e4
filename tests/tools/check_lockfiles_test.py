"""The check of the lockfiles: each of its rules, broken once.

Run it as `python3 tests/tools/check_lockfiles_test.py`.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_lockfiles.py"
HASH = "sha512-" + "A" * 86 + "=="


class CheckLockfilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.manifest = {"dependencies": {"one": "1.0.0"}}
        self.lock = {
            "lockfileVersion": 3,
            "packages": {
                "": {},
                "node_modules/one": {"integrity": HASH},
                "node_modules/one/node_modules/two": {"inBundle": True},
                "node_modules/one/node_modules/two/node_modules/three": {"inBundle": True},
            },
        }
        self.settings = "ignore-scripts=true\n"
        self.script = "#!/bin/sh\nnpm ci --ignore-scripts\n"

    def check(self):
        page = self.root / "page"
        page.mkdir(exist_ok=True)
        (page / "package.json").write_text(json.dumps(self.manifest), encoding="utf-8")
        if self.lock:
            (page / "package-lock.json").write_text(json.dumps(self.lock), encoding="utf-8")
        (page / ".npmrc").write_text(self.settings, encoding="utf-8")
        (self.root / "fetch.sh").write_text(self.script, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, TOOL, self.root], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(done.returncode, 1 if done.stdout else 0, done.stderr)
        return done.stdout

    def test_what_is_pinned_passes(self):
        self.assertEqual(self.check(), "")

    def test_a_package_without_a_hash(self):
        del self.lock["packages"]["node_modules/one"]["integrity"]
        self.assertIn("page: node_modules/one: has no SHA-512\n", self.check())
        self.assertIn("node_modules/one/node_modules/two: lies in an archive", self.check())

    def test_a_weaker_hash(self):
        self.lock["packages"]["node_modules/one"]["integrity"] = "sha1-AAAA="
        self.assertIn("has no SHA-512", self.check())

    def test_a_link(self):
        self.lock["packages"]["node_modules/one"]["link"] = True
        self.assertIn("is a link", self.check())

    def test_a_range_of_versions(self):
        self.manifest["dependencies"]["one"] = "^1.0.0"
        self.assertIn("one is not pinned", self.check())

    def test_no_lockfile_or_an_old_one(self):
        self.lock["lockfileVersion"] = 2
        self.assertIn("not of version 3", self.check())
        (self.root / "page" / "package-lock.json").unlink()
        self.lock = None
        self.assertIn("has no package-lock.json", self.check())

    def test_a_folder_in_which_scripts_of_packages_would_run(self):
        self.settings = "audit=false\n"
        self.assertIn("ignore-scripts=true", self.check())

    def test_a_script_that_lets_them_run(self):
        self.script = "#!/bin/sh\ncd page && npm {} --no-audit\n".format("ci")
        self.assertEqual(self.check(), "fetch.sh:2: npm without --ignore-scripts\n")


if __name__ == "__main__":
    unittest.main()
