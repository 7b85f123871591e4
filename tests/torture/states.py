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
        self.known = []  # fingerprints of tables that were looked at before

    def expect_one_of_them(self, warehouse, tables):
        """`tables`: the fingerprint of the warehouse's tables."""
        if tables in self.known:
            return
        runs = self.ledger(warehouse)
        found = sparkify.warehouse_tables(warehouse)
        texts = [sparkify.difference(wanted, found) for wanted in may_be(runs)]
        if all(texts):
            raise Harm(f"not what the ledger's objects make:\n{texts[0]}", mixtures=1)
        self.known.append(tables)

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


def may_be(runs):
    """The tables after those runs. Late songs are matched between a run's songs and its logs: one
    that has only songs may not have come to it."""
    yield tables_of(runs, late_songs=True)
    if runs and not runs[-1][1]:
        yield tables_of(runs, late_songs=False)


def tables_of(runs, late_songs):
    """`late_songs`: of the last run."""
    oracle = contract.Warehouse()
    for number, run in enumerate(runs, 1):
        oracle.apply_run(*run, late_songs=late_songs or number < len(runs))
    return oracle.tables()
