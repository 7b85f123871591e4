"""What the tables may hold in the midst of it all: what the oracle makes of the objects in the ledger.

    states = States((songs, logs), ...)   # the objects that each run may find
    states.expect_one_of_them(warehouse, fingerprint["tables"])
"""

import dataclasses

import contract
import sparkify
from suite import Harm

LEDGER_SQL = (
    "select o.uri, o.etag, o.kind, r.started_at, o.run_id,"
    " case when r.late_matches is null then 0 else 1 end as is_noted"
    " from etl_objects o left join etl_runs r on r.run_id = o.run_id"
)


@dataclasses.dataclass
class Loaded:
    """What a run has loaded, and whether its row says that plays were held against its songs."""

    is_noted: bool
    song: list = dataclasses.field(default_factory=list)
    log: list = dataclasses.field(default_factory=list)


class States:
    """`runs`: each the songs and the logs, as sparkify.folder_objects() gives them."""

    def __init__(self, *runs):
        every = [each for run in runs for objects in run for each in objects]
        self.objects = {(uri, etag): (uri, etag, data) for uri, etag, data in every}
        self.song_sets = [keys(songs) for songs, _ in runs]
        self.known = []  # fingerprints of tables, and notes, that were looked at before

    def expect_one_of_them(self, warehouse, tables):
        """`tables`: the fingerprint of the warehouse's tables."""
        runs = self.ledger(warehouse)
        self.expect_no_songs_passed_over(runs)
        notes = [run.is_noted for run in runs]
        if (tables, notes) in self.known:
            return
        self.expect_tables(warehouse, runs)
        self.known.append((tables, notes))

    def expect_all_of(self, warehouse, songs, logs):
        """These objects are loaded, and the tables are those of the ledger's runs, each undisturbed."""
        runs = self.ledger(warehouse)
        missing = keys((*songs, *logs)).difference(*(keys((*run.song, *run.log)) for run in runs))
        if missing:
            raise Harm(f"never loaded: {sorted(missing)}", lost=len(missing))
        self.expect_tables(warehouse, [dataclasses.replace(run, is_noted=True) for run in runs])

    @staticmethod
    def expect_tables(warehouse, runs):
        text = sparkify.difference(tables_of(runs), sparkify.warehouse_tables(warehouse))
        if text:
            raise Harm(f"not what the ledger's objects make:\n{text}", mixtures=1)

    def ledger(self, warehouse):
        """The runs that have loaded something, in time."""
        runs = {}
        for row in sparkify.query_rows(warehouse, LEDGER_SQL):
            key = row["uri"], row["etag"]
            if key not in self.objects or row["started_at"] is None:
                raise Harm(f"in the ledger, and never there: {row}", doubled=1)
            new = Loaded(int(row["is_noted"]) == 1)
            run = runs.setdefault((row["started_at"], row["run_id"]), new)
            getattr(run, row["kind"]).append(self.objects[key])
        return [run for _, run in sorted(runs.items())]

    def expect_no_songs_passed_over(self, runs):
        """Plays are held against a run's songs with the last ones that it finds, before its logs."""
        noted = max((number for number, run in enumerate(runs) if run.is_noted), default=-1)
        waiting = [number for number, run in enumerate(runs) if number > noted and run.song]
        if not waiting:
            return
        if any(run.log for run in runs[waiting[0] :]):
            raise Harm("logs are loaded, and no play was held against the songs before", mixtures=1)
        last, loaded = keys(runs[-1].song), set().union(*(keys(run.song) for run in runs))
        if any(last <= found <= loaded for found in self.song_sets):
            raise Harm("the last songs are loaded, and no play was held against them", mixtures=1)


def keys(objects):
    return {(uri, etag) for uri, etag, _ in objects}


def tables_of(runs):
    oracle = contract.Warehouse()
    for run in runs:
        oracle.apply_run(run.song, run.log, late_songs=run.is_noted)
    return oracle.tables()
