#!/usr/bin/env python3
"""Generated data with every kind of fault: what the generator says it planted is what etl reports.

The generator shares no code with the decoder; its truth.json is a second oracle. The same with a
million events: truth_at_scale.py.
"""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))

import generated  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

ALL_FAULTS = "all=0.02,bom=0.3,utf16=0.03"
FAULTS_IN_TIME = f"{ALL_FAULTS},encoded_again=0.3,late_song=0.2,late_file=0.2,changed_object=0.3"
SAME_TEXTS = "escaped_ascii=0.4,raw_utf8=0.4,crlf=0.05,multi_line=0.05,blank_line=0.05"
DELIVERIES = 3
STAR = ("songplays", "users", "songs", "artists", "time", "unmatched_songplays")


def setUpModule():
    warehouses.start()


def tearDownModule():
    warehouses.stop()


class GeneratedDataTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.new_warehouse()

    def new_warehouse(self, name="."):
        place = self.folder / name
        place.mkdir(exist_ok=True)
        self.warehouse = warehouses.new(place)
        self.addCleanup(warehouses.drop, self.warehouse)
        self.where = sparkify.options(self.warehouse)
        self.data = place / "data"

    def call(self, *args, exit_code=0):
        done = sparkify.run(*args, env=sparkify.on_warehouse(self.warehouse))
        self.assertEqual(done.returncode, exit_code, done.stderr)
        return done

    def load(self, *options, faults=ALL_FAULTS, seed=1, made=()):
        """Writes the data and loads it; gives what etl and the generator say of it."""
        self.call(
            "generate", "--out", self.data, "--events", 6000, "--users", 80, "--songs", 300,
            "--seed", seed, *(["--faults", faults] if faults else []), *made,
        )  # fmt: skip
        self.call("create-tables", *self.where)
        done = self.call(
            "etl", *self.where, "--json", "--log-data", self.data / "log_data",
            "--song-data", self.data / "song_data", *options,
        )  # fmt: skip
        return json.loads(done.stdout), generated.read_truth(self.data)

    def expect_true(self, summary, truth):
        found = generated.differences(truth, summary, self.warehouse, f"file://{self.data}/")
        self.assertEqual(found, [])

    def test_every_planted_fault_is_reported_where_it_was_planted(self):
        for seed in (1, 2):
            with self.subTest(seed=seed):
                self.setUp()
                summary, truth = self.load(seed=seed)
                self.assertGreater(summary["rejects"], 500)
                self.expect_true(summary, truth)
                self.call("check", *self.where)

    def test_after_each_delivery_the_tables_hold_what_they_must(self):
        kinds = set()
        for delivery in range(1, DELIVERIES + 1):
            summary, truth = self.load(
                faults=FAULTS_IN_TIME,
                made=("--deliveries", DELIVERIES, "--delivery", delivery),
            )
            self.expect_true(summary, truth)
            kinds.update(truth["faults"])
        for kind in ("late_song", "late_file", "changed_object", "utf16", "encoded_again"):
            self.assertIn(kind, kinds)
        forms = {file.get("form") for file in truth["faulty_files"]}
        self.assertIn("right", forms, "something is put right in the last delivery")
        self.assertGreater(summary["duplicates"], 100, "what was known already, in changed files")
        self.assertGreater(summary["late_matches"], 10)
        self.call("check", *self.where)

    def test_the_same_texts_in_other_encodings_give_the_same_tables(self):
        tables = []
        for name, faults in (("plain", None), ("odd", SAME_TEXTS)):
            self.new_warehouse(name)
            summary, truth = self.load(faults=faults)
            self.expect_true(summary, truth)
            self.assertEqual(summary["rejects"], 0)
            found = sparkify.fingerprint(self.warehouse)
            tables.append({table: found[table] for table in STAR})
        self.assertGreater(truth["faults"]["raw_utf8"], 100)
        self.assertEqual(tables[0], tables[1])

    def test_packed_files(self):
        summary, truth = self.load(made=("--gzip",))
        self.assertEqual(len(list(self.data.rglob("*.json"))), 1, "truth.json alone")
        self.expect_true(summary, truth)

    def test_threads_do_not_show(self):
        summary, truth = self.load("--threads", 4, made=("--threads", 3))
        self.expect_true(summary, truth)

    def test_data_without_faults_loads_without_rejects(self):
        summary, truth = self.load(faults=None)
        self.assertEqual((summary["rejects"], summary["duplicates"]), (0, 0))
        self.expect_true(summary, truth)
        truth["expected"]["paid_users"] += 1
        truth["expected"]["late_matches"] += 1
        truth["faulty_records"] = [
            {"file": "a", "line": 1, "byte_offset": 0, "reason": "bad_json", "column": None,
             "outcome": "rejected"}
        ]  # fmt: skip
        found = generated.differences(truth, summary, self.warehouse, f"file://{self.data}/")
        self.assertEqual(len(found), 3, "a truth that is wrong is found out")


if __name__ == "__main__":
    unittest.main()
