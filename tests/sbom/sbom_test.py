"""The SBOM: that it is CycloneDX, and that what the program is made of is in it.

Run it as `python3 tests/sbom/sbom_test.py`; it needs `tools/install.sh test`. Environment:
SPARKIFY_BINARY (the program, in the folder where it was built).
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ["SPARKIFY_BINARY"]).resolve().parent
SECONDS_MAX = 240


def write_sbom(path, **environment):
    subprocess.run(
        [ROOT / "tools" / "sbom", "--build", BUILD, "--out", path],
        check=True,
        timeout=SECONDS_MAX,
        env={**os.environ, **environment},
    )


def complaints(text):
    done = subprocess.run(
        ["node", HERE / "validate.mjs"],
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert (done.returncode == 0) == (done.stderr == ""), done.stderr
    return done.stderr


class SbomTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = pathlib.Path(folder.name) / "sbom.json"
        write_sbom(cls.path)
        cls.text = cls.path.read_text(encoding="utf-8")
        cls.sbom = json.loads(cls.text)
        cls.parts = {part["bom-ref"]: part for part in cls.sbom["components"]}

    def uses(self, prefix):
        found = {}
        for ref, part in self.parts.items():
            if ref.startswith(prefix):
                found[part["name"]] = part["properties"][0]["value"]
        return found

    def test_cyclonedx_takes_it(self):
        self.assertEqual(complaints(self.text), "")
        self.assertEqual(self.sbom["specVersion"], "1.5")

    def test_cyclonedx_would_not_take_just_anything(self):
        for change in (
            {"components": [{"type": "thing", "name": "x"}]},
            {"unheard": "of"},
        ):
            self.assertNotEqual(complaints(json.dumps({**self.sbom, **change})), "", change)

    def test_every_package_of_the_lockfiles_is_in_it_with_its_checksum(self):
        for lockfile in ROOT.glob("**/package-lock.json"):
            if "node_modules" in lockfile.parts or "build" in lockfile.relative_to(ROOT).parts:
                continue
            packages = json.loads(lockfile.read_text(encoding="utf-8"))["packages"]
            for place, package in packages.items():
                name = place.rpartition("node_modules/")[2]
                if not name:
                    continue
                part = self.parts[f"pkg:npm/{name.replace('@', '%40', 1)}@{package['version']}"]
                self.assertIn("licenses", part)
                if "integrity" in package:
                    self.assertRegex(part["hashes"][0]["content"], r"^[0-9a-f]{128}$")

    def test_every_library_of_the_program_is_in_it(self):
        """As the loader finds them, and the packages' names tell them."""
        there = " ".join(self.uses("pkg:deb/")) + " libduckdb"
        listed = subprocess.run(
            ["readelf", "-dW", BUILD / "sparkify"], check=True, capture_output=True, text=True
        )
        names = re.findall(r"\(NEEDED\).*\[(lib[a-z+]+)", listed.stdout)
        self.assertGreater(len(names), 8)
        of_libc = {"libm", "libpthread", "libdl"}
        renamed = {"libcrypto": "libssl", "libgcc": "libgcc-s", "libbz": "libbz2"}
        for name in set(names) - of_libc:
            self.assertIn(renamed.get(name, name), there)

    def test_what_is_compiled_into_it_is_in_it(self):
        uses = self.uses("pkg:deb/")
        for name in ("libcli11-dev", "nlohmann-json3-dev", "robin-map-dev", "libfmt-dev"):
            self.assertEqual(uses[name], "compiled")
        self.assertNotIn("libgtest-dev", uses, "which only tests are compiled with")
        self.assertEqual(uses["libstdc++6"], "linked")
        self.assertEqual(uses["g++"], "tool")
        self.assertEqual(uses["libgnutls30"], "loaded")
        self.assertEqual(self.uses("file:"), {"libduckdb.so": "linked", "duckdb.h": "linked"})
        self.assertEqual(self.uses("pkg:npm/esbuild")["esbuild"], "tool")
        self.assertEqual(self.uses("pkg:npm/%40observablehq/plot")["plot"], "bundled")

    def test_what_is_no_part_of_the_program_is_said_to_be_none(self):
        for part in self.parts.values():
            is_part = part["properties"][0]["value"] not in ("tool", "tests")
            self.assertEqual(part["scope"], "required" if is_part else "excluded", part["name"])
        (tree,) = self.sbom["dependencies"]
        self.assertEqual(
            set(tree["dependsOn"]),
            {ref for ref, part in self.parts.items() if part["scope"] == "required"},
        )

    def test_the_same_gives_the_same_bytes_and_a_time_only_if_it_is_given(self):
        again = self.path.with_name("again.json")
        write_sbom(again)
        self.assertEqual(again.read_text(encoding="utf-8"), self.text)
        self.assertNotIn("timestamp", self.sbom["metadata"])
        write_sbom(again, SOURCE_DATE_EPOCH="1700000000")
        dated = json.loads(again.read_text(encoding="utf-8"))
        self.assertEqual(dated["metadata"]["timestamp"], "2023-11-14T22:13:20Z")


if __name__ == "__main__":
    unittest.main()
