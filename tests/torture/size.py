#!/usr/bin/env python3
"""What is large: memory stays within its limit, the tables hold what they must, messages say what to do.

    size.py [--long] [--warehouse duckdb|postgres|redshift] [--only POINT] ...

Points: line:WHAT, a line of 8 MB (--long: 100 MB); files:small, 2,000 (1,000,000) files of an event each;
logs:generated, 100 MB (20 GB) that `generate` writes; nesting:WHAT and folders:WHAT, deeper than anybody
needs; bomb:FORMAT_CONTENT, packed at least 200:1, 60 or 320 MB (3 GB); rejects:WHAT, 100,000 of them. The
long form needs 30 GB of disk, and for a million files 6 GB of a tmpfs or a patient disk.
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402
import world  # noqa: E402
from suite import Harm  # noqa: E402
from world import EXIT_FINDINGS, EXIT_OK, EXIT_SOURCE, shown  # noqa: E402

import generated  # noqa: E402
import large  # noqa: E402
import sparkify  # noqa: E402
import warehouses  # noqa: E402

# Beyond the limit: what the allocator keeps, and what a sanitizer does.
MARGIN_MIB = 64 + int(os.environ.get("SPARKIFY_TEST_SANITIZER_MIB", "0"))
RUN_SECONDS = 4 * 3600
RAW_TEXT_BYTES_MAX = 65_000
CUT = "…[cut]"
RATIO_LEAST = 200
EVENT_BYTES = 440  # a generated one, at least
FOLDER_DEPTH_MAX = 128
TMPFS = pathlib.Path("/dev/shm")
BYTES_OF_A_SMALL_FILE = 6_000  # there: a page, a name, an inode
PEAK = pathlib.Path(__file__).resolve().parent / "peak.py"

POINTS = {
    "duckdb": (
        "line:unknown_key", "line:too_long", "line:not_json", "line:over_the_limit",
        "files:small", "logs:generated",
        "nesting:arrays", "nesting:objects", "nesting:never_closed", "nesting:million",
        "folders:at_the_limit", "folders:too_deep", "folders:beyond_a_path",
        "bomb:gzip_lines", "bomb:zstd_lines", "bomb:bzip2_lines",
        "bomb:zstd_blanks", "bomb:gzip_text",
        "rejects:many", "rejects:one_too_many", "rejects:long", "rejects:longest",
    ),
    "postgres": ("line:unknown_key", "line:too_long", "bomb:gzip_lines", "rejects:many"),
    "redshift": ("line:unknown_key", "line:too_long", "line:direct"),
}  # fmt: skip


class Size:
    """How large things are: in CI, and where there is time. A record may have a sixteenth of the
    memory's limit, 16 MiB at least; one of twice that never has room."""

    def __init__(self, is_long):
        self.line_bytes = 100_000_000 if is_long else 8_000_000
        self.line_limit_mib = 2048 if is_long else 256
        self.over_bytes = 100_000_000 if is_long else 40_000_000
        self.over_limit_mib = 512 if is_long else 256
        self.files = 1_000_000 if is_long else 2_000
        self.files_limit_mib = 1024 if is_long else 256
        self.log_bytes = 20_000_000_000 if is_long else 100_000_000
        self.log_limit_mib = 2048 if is_long else 256
        self.bomb_bytes = 3_000_000_000 if is_long else 60_000_000
        self.large_bomb_bytes = 3_000_000_000 if is_long else 320_000_000
        self.bomb_limit_mib = 256
        self.rejects = {
            "many": 100_000,
            "one_too_many": 100_000 if is_long else 8_000,
            "long": 20_000 if is_long else 4_000,
            "longest": 500,  # of thousands DuckDB holds more than its limit: 2,048 at a time, twice
        }
        self.path_folders = 5_000 if is_long else 100  # of 200 letters each


class SizeWorld(world.World):
    """Each point makes its own sources."""

    def make_sources(self):
        self.sources = ()

    def make_reference(self):
        self.reference = self.template
        self.truth = {"tables": {}}


class Trials:
    def __init__(self, kind, options):
        self.kind = kind
        self.size = Size(options.long)
        self.world = SizeWorld(kind, env={})
        self.peaks = {}

    def __enter__(self):
        self.world.__enter__()
        return self

    def __exit__(self, *_):
        for point, (peak, limit) in self.peaks.items():
            print(f"{self.kind} {point}: at most {peak:.0f} MiB, limit {limit} MiB", flush=True)
        self.world.__exit__()

    def points(self, count):
        return POINTS[self.kind][:count]

    def attempt(self, point):
        self.point = point
        about, what = point.split(":", 1)
        place = self.place() if about == "files" else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sparkify-size-", dir=place)).resolve()
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.sources = ("--log-data", self.logs)
        self.warehouse = self.world.new()
        try:
            getattr(self, f"try_{about}")(what)
        finally:
            self.world.drop(self.warehouse)
            large.remove(self.folder)

    def place(self):
        """Where a million files are made and removed in a minute, if there is room."""
        try:
            there = os.statvfs(TMPFS)
        except OSError:
            return None
        wanted = self.size.files * BYTES_OF_A_SMALL_FILE
        has_room = there.f_bavail * there.f_frsize > wanted and there.f_favail > self.size.files
        return TMPFS if has_room else None

    # --- Runs

    def load(self, limit_mib, *words, code=EXIT_OK, env=None):
        """One run, after a look at its end and its memory; its summary. The process is self.done."""
        peak_file = self.world.folder / "peak"
        done = self.world.run(
            "etl", self.warehouse, *self.sources, "--memory-limit", f"{limit_mib}MiB", "--json",
            *words, env=env, prefix=(sys.executable, PEAK, peak_file), timeout=RUN_SECONDS,
        )  # fmt: skip
        if done.returncode != code or world.UGLY.search(done.stdout + done.stderr):
            raise Harm(f"exit code {done.returncode}, not {code}: {shown(done)}", wrong_exit=1)
        peak_mib = int(peak_file.read_text("ascii")) / 1024
        self.peaks[self.point] = max(self.peaks.get(self.point, (0, 0)), (peak_mib, limit_mib))
        if peak_mib > limit_mib + MARGIN_MIB:
            raise Harm(f"took {peak_mib:.0f} MiB, with a limit of {limit_mib} MiB", wrong_exit=1)
        self.done = done
        return json.loads(done.stdout)

    def expect_message(self, *parts):
        """On stderr, in one line, with these."""
        message = world.ERROR_LINE.search(self.done.stderr)
        if not message or not all(part in self.done.stderr for part in parts):
            raise Harm(f"{parts} are not all in the message: {shown(self.done)}", wrong_exit=1)

    def expect(self, summary, **counts):
        found = {name: summary[name] for name in counts}
        if found != counts:
            raise Harm(f"the summary says {found}, not {counts}", **harm(counts, found))

    def expect_rows(self, **counts):
        parts = ", ".join(f'(select count(*) from "{name}") as "{name}"' for name in counts)
        row = sparkify.query_rows(self.warehouse, f"select {parts}")[0]
        found = {name: int(row[name]) for name in counts}
        if found != counts:
            raise Harm(f"the tables have {found} rows, not {counts}", **harm(counts, found))

    def expect_nothing_new(self, limit_mib):
        summary = self.load(limit_mib)
        if summary["objects"] != 0 or summary["plan"]["new_objects"] != 0:
            raise Harm(f"the second run does something: {summary}", doubled=1)

    # --- A long line

    def try_line(self, what):
        size, limit = self.size.line_bytes, self.size.line_limit_mib
        path = self.logs / "a.json"
        unknown = large.event(2)[:-1] + b',"more":"'
        if what == "over_the_limit":
            self.load_over_the_limit(path, unknown)
            return
        if what == "not_json":
            lines = [large.event(1), b"\n", *large.repeated(b"x", size), b"\n", large.event(3)]
            large.write(path, lines)
        elif what == "too_long":
            large.write(path, large.long_line(b'{"location":"', size))
        else:
            large.write(path, large.long_line(unknown, size))
        env = self.publish(path) if what == "direct" else None
        summary = self.load(limit, env=env)
        if what in ("unknown_key", "direct"):
            self.expect(summary, records=3, loaded=3, rejects=0)
            self.expect_rows(songplays=3, etl_rejects=0)
        else:
            self.expect(summary, records=3, loaded=2, rejects=1)
            self.expect_rows(songplays=2, etl_rejects=1)
            self.expect_cut(("too_long", "location") if what == "too_long" else ("bad_json", None))
        self.expect_nothing_new(limit)

    def publish(self, path):
        """Where Redshift reads by itself: it takes 4 MB a record, so this one must be read by us."""
        client = warehouses.s3.client(warehouses.loader)
        client.put_many(warehouses.SOURCES, [("line/a.json", path.read_bytes())])
        self.sources = ("--log-data", f"s3://{warehouses.SOURCES}/line")
        return {"SPARKIFY_STAGE": "direct"}

    def expect_cut(self, why):
        row = sparkify.query_rows(self.warehouse, "select * from etl_rejects")[0]
        found = (row["line"], row["reason"], row["column_name"])
        if found != (2, *why):
            raise Harm(f"the reject is {found}, not {(2, *why)}", wrong_exit=1)
        kept, end = row["raw_text"][: -len(CUT)], row["raw_text"][-len(CUT) :]
        if end != CUT or len(kept) != RAW_TEXT_BYTES_MAX or not kept.endswith("xxxx"):
            raise Harm(f"raw_text: ...{kept[-50:]} {end}, {len(kept)} bytes", wrong_exit=1)

    def load_over_the_limit(self, path, head):
        """It fails its object, and the message has the place and the way out; others are loaded."""
        large.write(path, large.long_line(head, self.size.over_bytes))
        large.write(self.logs / "b.json", [large.event(5)])
        summary = self.load(self.size.over_limit_mib, code=EXIT_SOURCE)
        self.expect(summary, objects=1, records=1, loaded=1)
        message = summary["failed_objects"][0]["message"]
        for part in ("a.json", f"at byte {len(large.event(1)) + 1} ", "--memory-limit"):
            if part not in message:
                raise Harm(f"{part} is not in the message: {message}", wrong_exit=1)
        self.expect(self.load(8 * self.size.over_limit_mib), objects=1, records=3, loaded=3)
        self.expect_rows(songplays=4, etl_rejects=0)

    # --- Many files, many logs

    def try_files(self, _):
        count, limit = self.size.files, self.size.files_limit_mib
        large.write_small_files(self.logs, count)
        self.expect(self.load(limit), objects=count, records=count, loaded=count, rejects=0)
        self.expect_rows(songplays=count, etl_objects=count, users=min(1000, count), time=count)
        self.expect_nothing_new(limit)

    def try_logs(self, _):
        wanted, free = self.size.log_bytes * 3 // 2, shutil.disk_usage(self.folder).free
        if free < wanted:
            raise sparkify.SparkifyError(f"{self.folder}: {wanted} bytes wanted, {free} are free")
        data = self.folder / "data"
        done = sparkify.run(
            "generate", "--quiet", "--out", data, "--events", self.size.log_bytes // EVENT_BYTES,
            "--users", 10_000, "--songs", 2_000, "--days", 60, "--faults", "all=0.00001",
            timeout=RUN_SECONDS,
        )  # fmt: skip
        if done.returncode != EXIT_OK:
            raise sparkify.SparkifyError(done.stderr)
        truth = generated.read_truth(data)
        if truth["written"]["bytes"] < self.size.log_bytes:
            raise sparkify.SparkifyError(f"only {truth['written']['bytes']} bytes were generated")
        self.sources = ("--log-data", data / "log_data", "--song-data", data / "song_data")
        summary = self.load(self.size.log_limit_mib)
        differs = generated.differences(truth, summary, self.warehouse, f"file://{data}/")
        if differs:
            raise Harm("\n".join(differs), lost=1)
        self.expect_nothing_new(self.size.log_limit_mib)

    # --- Deep

    def try_nesting(self, what):
        """Deeper than is allowed: a bad record, and the next one is read."""
        depth = 1_000_000 if what == "million" else 5_000
        deep = {
            "arrays": b'{"more":' + b"[" * depth + b"]" * depth + b"}",
            "objects": b'{"a":' * depth + b"1" + b"}" * depth,
            "never_closed": b"[{" * (depth // 2),
            "million": b'{"more":' + b"[" * depth + b"]" * depth + b"}",
        }[what]
        large.write(self.logs / "a.json", [large.event(1), b"\n", deep, b"\n", large.event(3)])
        self.expect(self.load(256), records=3, loaded=2, rejects=1)
        self.expect_rows(songplays=2, etl_rejects=1)
        sql = "select line, reason, column_name from etl_rejects"
        found = sparkify.query_rows(self.warehouse, sql)
        if found != [{"line": 2, "reason": "bad_json", "column_name": None}]:
            raise Harm(f"rejects: {found}", wrong_exit=1)

    def try_folders(self, what):
        """As deep as is allowed, deeper, and as deep as no path can name. Nothing is passed over."""
        large.write(self.logs / "a.json", [large.event(1)])
        if what == "at_the_limit":
            large.write_deep(self.logs, FOLDER_DEPTH_MAX)
            self.expect(self.load(256), objects=2, records=2, loaded=2)
            self.expect_rows(songplays=2)
            return
        if what == "beyond_a_path":
            large.write_deep(self.logs, self.size.path_folders, "d" * 200)
        else:
            large.write_deep(self.logs, FOLDER_DEPTH_MAX + 1)
        self.load(256, code=EXIT_SOURCE)
        self.expect_message(str(self.logs), "; move it up" if what == "too_deep" else "shorter names")
        self.expect_rows(songplays=0, etl_objects=0)

    # --- Bombs

    def try_bomb(self, what):
        form, content = what.split("_")
        is_large = content != "lines" or (form == "gzip" and self.world.is_file)
        size = self.size.large_bomb_bytes if is_large else self.size.bomb_bytes
        line = large.visit(5) + b"\n"
        pieces = {
            "lines": large.repeated(line, size),
            "blanks": large.repeated(b" \n", size),
            "text": large.repeated(b"x", size),
        }[content]
        path = self.logs / f"bomb.json{large.SUFFIXES[form]}"
        large.write_packed(path, form, pieces)
        if path.stat().st_size * RATIO_LEAST > size:
            raise sparkify.SparkifyError(f"{path.stat().st_size} bytes are no bomb")
        large.write(self.logs / "z.json", [large.event(1)])
        limit = self.size.bomb_limit_mib
        if content == "text":  # one record, which no limit allows
            summary = self.load(limit, code=EXIT_SOURCE)
            self.expect(summary, objects=1, loaded=1)
            if "--memory-limit" not in summary["failed_objects"][0]["message"]:
                raise Harm(f"{summary['failed_objects']}", wrong_exit=1)
            return
        count = size // len(line) if content == "lines" else 0
        summary = self.load(limit)
        self.expect(summary, objects=2, records=count + 1, loaded=count + 1, rejects=0)
        self.expect_rows(songplays=1, users=2 if count else 1, etl_objects=2, etl_rejects=0)
        self.expect_nothing_new(limit)

    # --- Rejects

    def try_rejects(self, what):
        """Of several kinds, a good record behind every tenth."""
        count = self.size.rejects[what]
        large.write(self.logs / "a.json", self.bad_lines(count, what))
        good = count // 10
        if what == "one_too_many":
            self.load(256, "--max-rejects", count - 1, code=EXIT_FINDINGS)
            self.expect_message("--max-rejects", str(count))
            self.expect_rows(songplays=0, etl_objects=0, etl_rejects=0)
        summary = self.load(256, "--max-rejects", count)
        self.expect(summary, records=count + good, loaded=good, rejects=count)
        self.expect_rows(songplays=good, etl_rejects=count)
        reasons = sparkify.query_rows(
            self.warehouse,
            "select reason, count(*) as n, count(distinct line) as lines, "
            "max(length(raw_text)) as longest from etl_rejects group by reason",
        )
        for row in reasons:
            if int(row["n"]) != count // 4 or int(row["lines"]) != count // 4:
                raise Harm(f"reasons: {reasons}", lost=1)
            longest = RAW_TEXT_BYTES_MAX + len(CUT)
            if row["reason"] == "bad_utf8":  # a U+FFFD has three bytes
                longest -= 2
            if what == "longest" and int(row["longest"]) != longest:
                raise Harm(f"raw texts: {reasons}", wrong_exit=1)

    def bad_lines(self, count, what):
        more = {"long": 7_500, "longest": 70_000}.get(what, 0)
        rest = b',"more":"' + b"x" * more + b'"}'
        for number in range(count):
            good = large.event(number)[:-1]
            yield (
                good.replace(b'"page"', b'"Page"'),
                good.replace(b'"song":', b'"song":5,"other":'),
                good.replace(b'"song":', b'"song":nil,"other":'),
                good.replace(b"Tide", b"Ti\xffde"),
            )[number % 4] + rest + b"\n"
            if number % 10 == 9:
                yield large.event(number) + b"\n"


def harm(wanted, found):
    """Rows too few are lost, too many doubled."""
    more = [int(found[name]) - int(wanted[name]) for name in wanted]
    return {"lost": sum(max(0, -n) for n in more), "doubled": sum(max(0, n) for n in more)}


if __name__ == "__main__":
    counts = {kind: len(points) for kind, points in POINTS.items()}
    sys.exit(suite.main("size", __doc__, Trials, short=counts, long=counts))
