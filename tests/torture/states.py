"""What the tables may hold in the midst of it all: what the oracle makes of the objects in the ledger.

    states = States((songs, logs), ...)   # the objects that each run may find
    states.expect_one_of_them(warehouse, fingerprint["tables"])
"""

import contract
import sparkify
from suite import Harm

LEDGER_SQL = (
    "select o.uri, o.etag, o.kind, r.started_at, o.run_id from etl_objects o"
    " left join etl_runs r on r.run_id = o.run_id"
)


class States:
    """`runs`: each the songs and the logs, as sparkify.folder_objects() gives them."""

    def __init__(self, *runs):
        every = [each for run in runs for objects in run for each in objects]
        self.objects = {(uri, etag): (uri, etag, data) for uri, etag, data in every}
        self.song_sets = [keys(songs) for songs, _ in runs]
        self.known = []  # fingerprints of tables that were looked at before

    def expect_one_of_them(self, warehouse, tables):
        """`tables`: the fingerprint of the warehouse's tables."""
        if tables in self.known:
            return
        runs = self.ledger(warehouse)
        found = sparkify.warehouse_tables(warehouse)
        texts = [sparkify.difference(wanted, found) for wanted in self.may_be(runs)]
        if all(texts):
            raise Harm(f"not what the ledger's objects make:\n{texts[0]}", mixtures=1)
        self.known.append(tables)

    def expect_all_of(self, warehouse, songs, logs):
        """These objects are loaded, and the tables are those of the ledger's runs, each undisturbed."""
        runs = self.ledger(warehouse)
        missing = keys((*songs, *logs)).difference(*(keys((*run[0], *run[1])) for run in runs))
        if missing:
            raise Harm(f"never loaded: {sorted(missing)}", lost=len(missing))
        text = sparkify.difference(tables_of(runs), sparkify.warehouse_tables(warehouse))
        if text:
            raise Harm(f"not what undisturbed runs make:\n{text}", lost=1, doubled=1)

    def ledger(self, warehouse):
        """The objects that are loaded: songs and logs of each run, in time."""
        runs = {}
        for row in sparkify.query_rows(warehouse, LEDGER_SQL):
            key = row["uri"], row["etag"]
            if key not in self.objects or row["started_at"] is None:
                raise Harm(f"in the ledger, and never there: {row}", doubled=1)
            run = runs.setdefault((row["started_at"], row["run_id"]), {"song": [], "log": []})
            run[row["kind"]].append(self.objects[key])
        return [(run["song"], run["log"]) for _, run in sorted(runs.items())]

    def may_be(self, runs):
        """The tables after those runs. Plays that have waited are matched with the last songs that a
        run finds, before its logs; not yet, if there are more of them to come."""
        yield tables_of(runs)
        if runs and not runs[-1][1] and not self.has_all_songs(runs):
            yield tables_of(runs, late_songs=False)

    def has_all_songs(self, runs):
        """Whether a run that finds those of the last one has no others to load."""
        last, loaded = keys(runs[-1][0]), set().union(*(keys(songs) for songs, _ in runs))
        return any(last <= found <= loaded for found in self.song_sets)


def keys(objects):
    return {(uri, etag) for uri, etag, _ in objects}


def tables_of(runs, late_songs=True):
    """`late_songs`: of the last run."""
    oracle = contract.Warehouse()
    for number, run in enumerate(runs, 1):
        oracle.apply_run(*run, late_songs=late_songs or number < len(runs))
    return oracle.tables()
