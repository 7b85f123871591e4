"""Orders to the library that does harm inside the program: preload/faults.c.

    faults = Faults(folder)
    done = world.load(warehouse, env=faults.order("fail", "write", 17, errno.ENOSPC))
    faults.fired()
"""

import os
import pathlib
import struct

import sparkify

CALLS = ("malloc", "thread_malloc", "library_malloc", "write", "fsync", "open")
CALLS += ("send", "receive", "grow", "remove", "statement")
STATEMENTS_MAX = 2000
TEXT_BYTES = 120
COUNTS = struct.Struct(f"={len(CALLS)}QQ")  # the last one: how often the order was carried out
STATE_BYTES = COUNTS.size + STATEMENTS_MAX * TEXT_BYTES


def library():
    """Built with the tests, from preload/faults.c."""
    folder = pathlib.Path(sparkify.binary()).parent
    places = [folder / "tests/libfaults.so", sparkify.REPO / "build/dev/tests/libfaults.so"]
    if "SPARKIFY_FAULTS_LIBRARY" in os.environ:
        places = [pathlib.Path(os.environ["SPARKIFY_FAULTS_LIBRARY"])]
    for place in places:
        if place.is_file():
            return str(place.resolve())
    raise sparkify.SparkifyError(
        f"{places[0]}: not there; build the tests or set SPARKIFY_FAULTS_LIBRARY"
    )


class Faults:
    """One order at a time; `folder` is for its state."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "faults.state"
        self.library = library()

    def order(self, action, call, number, value=0, then=(), below=None):
        """The environment of a run to which this is to happen: at the `number`-th `call`, `action`.

        `action`: before, sent, after (kills); fail, from (with an errno as `value`); signal.
        `then`: calls that fail too from then on. `below`: only files of this folder.
        """
        return {**self.counting(below), "TORTURE_ORDER": f"{action} {call} {number} {value}"} | (
            {"TORTURE_THEN": ",".join(then)} if then else {}
        )

    def counting(self, below=None, memory=False):
        """The environment of a run of which the calls are counted; of memory, if wanted."""
        with open(self.path, "wb") as file:
            file.truncate(STATE_BYTES)
        env = {"LD_PRELOAD": self.library, "TORTURE_STATE": str(self.path)}
        env |= {"TORTURE_MEMORY": "1"} if memory else {}
        return env if below is None else {**env, "TORTURE_BELOW": str(below)}

    def numbers(self):
        return COUNTS.unpack_from(self.path.read_bytes())

    def counts(self):
        """How often the last run made each call, up to its end."""
        return dict(zip(CALLS, self.numbers()))

    def fired(self):
        """Whether the order was carried out."""
        return self.numbers()[-1] > 0

    def statements(self):
        """How each statement of the last run begins."""
        data = self.path.read_bytes()
        count = min(self.counts()["statement"], STATEMENTS_MAX)
        places = (COUNTS.size + number * TEXT_BYTES for number in range(count))
        texts = (data[place : place + TEXT_BYTES].split(b"\0")[0] for place in places)
        return [text.decode("utf-8", "replace") for text in texts]
