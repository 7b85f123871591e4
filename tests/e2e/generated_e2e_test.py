#!/usr/bin/env python3
"""Generated data with every kind of fault: what the generator says it planted is what etl reports.

The generator shares no code with the decoder; its truth.json is a second oracle.
"""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))

import sparkify  # noqa: E402
import warehouses  # noqa: E402

ALL_FAULTS = "all=0.02,bom=0.3"


def setUpModule():
    warehouses.start()


def tearDownModule():
    warehouses.stop()


def counted(warehouse, table, condition="true"):
    return sparkify.query_rows(
        warehouse, f"select count(*) as n from {table} where {condition}"
    )[0]["n"]


class GeneratedDataTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.warehouse = warehouses.new(self.folder)
        self.addCleanup(warehouses.drop, self.warehouse)
        self.where = sparkify.options(self.warehouse)

    def call(self, *args, exit_code=0):
        done = sparkify.run(*args, env=sparkify.on_warehouse(self.warehouse))
        self.assertEqual(done.returncode, exit_code, done.stderr)
        return done

    def load(self, *options, faults=ALL_FAULTS, seed=1, made=()):
        self.call(
            "generate", "--out", self.folder / "data", "--events", 6000, "--users", 80,
            "--songs", 300, "--seed", seed, *(["--faults", faults] if faults else []), *made,
        )  # fmt: skip
        self.call("create-tables", *self.where)
        done = self.call(
            "etl", *self.where, "--json",
            "--log-data", self.folder / "data" / "log_data",
            "--song-data", self.folder / "data" / "song_data", *options,
        )  # fmt: skip
        truth = json.loads((self.folder / "data" / "truth.json").read_text("utf-8"))
        return json.loads(done.stdout), truth

    def expect_rejects(self, truth):
        prefix = f"file://{self.folder / 'data'}/"
        expected = sorted(
            (r["file"], r["line"], r["byte_offset"], r["reason"], r["column"] or "")
            for r in truth["faulty_records"]
            if r["outcome"] == "rejected"
        )
        rows = sparkify.query_rows(
            self.warehouse, "select uri, line, byte_offset, reason, column_name from etl_rejects"
        )
        found = sorted(
            (r["uri"].removeprefix(prefix), r["line"], r["byte_offset"], r["reason"],
             r["column_name"] or "")
            for r in rows
        )  # fmt: skip
        self.assertGreater(len(expected), 0)
        self.assertEqual(found, expected)

    def expect_totals(self, summary, truth):
        expected = truth["expected"]
        self.assertEqual(summary["rejects"], sum(expected["rejects"].values()))
        self.assertEqual(summary["duplicates"], expected["duplicates"])
        written = truth["written"]["log_records"] + truth["written"]["song_records"]
        self.assertEqual(summary["records"], written)
        for table in ("songplays", "users", "songs", "artists", "time"):
            self.assertEqual(counted(self.warehouse, table), expected[table], table)
        self.assertEqual(
            counted(self.warehouse, "songplays", "song_id is not null"),
            expected["matched_songplays"],
        )

    def test_every_planted_fault_is_reported_where_it_was_planted(self):
        for seed in (1, 2):
            with self.subTest(seed=seed):
                self.setUp()
                summary, truth = self.load(seed=seed)
                self.expect_totals(summary, truth)
                self.expect_rejects(truth)
                self.call("check", *self.where)

    def test_packed_files(self):
        summary, truth = self.load(made=("--gzip",))
        self.assertEqual(len(list((self.folder / "data").rglob("*.json"))), 1, "truth.json alone")
        self.expect_totals(summary, truth)
        self.expect_rejects(truth)

    def test_threads_do_not_show(self):
        summary, truth = self.load("--threads", 4)
        self.expect_totals(summary, truth)
        self.expect_rejects(truth)

    def test_data_without_faults_loads_without_rejects(self):
        summary, truth = self.load(faults=None)
        self.assertEqual((summary["rejects"], summary["duplicates"]), (0, 0))
        self.expect_totals(summary, truth)


if __name__ == "__main__":
    unittest.main()
