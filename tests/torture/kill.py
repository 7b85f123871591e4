#!/usr/bin/env python3
"""Kills runs at every write, fsync, open, send, receive and statement, and at random moments.

A point is CALL:NUMBER:WHEN:STORY. CALL is a system call or `statement` (also the end of a COPY), counted over
all threads; WHEN is `before` or `after` it, for a statement on a server also `sent`, when its answer has not
come. `time:SHARE::STORY` is a share of the time that an undisturbed run takes. The stories:

fresh    the first run into empty tables
late     plays without their songs are there; the run that brings the songs is killed
changed  half of the objects have changed since they were loaded
renamed  like late, but between the kill and the next run every song gets another title
again    like fresh, but two other runs have been killed before
create   create-tables where there is nothing
drop     create-tables --drop --yes on full tables: all are there, or none
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import suite  # noqa: E402
from faults import Faults  # noqa: E402
from states import States  # noqa: E402
from suite import Harm  # noqa: E402
from world import EXIT_OK, KILLED, World, shown  # noqa: E402

WEIGHTS = {"fresh": 43, "late": 14, "changed": 10, "renamed": 8, "again": 10, "create": 9, "drop": 6}
FILE_CALLS = {"write": 3, "fsync": 3, "grow": 1, "open": 1, "remove": 1, "statement": 5, "time": 2}
SERVER_CALLS = {"send": 4, "receive": 3, "open": 1, "statement": 6, "time": 2}
# How the statements begin that lead to the story's most telling moment.
LANDMARKS = {"fresh": ["commit"], "late": ["-- Late songs:"], "renamed": ["-- Late songs:", "commit"]}
ONE_THREAD = ("--threads", 1)  # every call is the same moment every time
CHANGED_AT = (1_700_000_000, 1_700_000_000)
TITLE = re.compile(rb'("title" *: *")')


class Story:
    """What is there when a run is killed, which run, and what must be there in the end."""

    calls = None  # that a kill may come at; none: all that are made

    def __init__(self, world, command="etl", words=None, origin=None):
        self.world, self.command, self.origin = world, command, origin or world.template
        self.sources, self.truth, self.states = world.sources, world.truth, world.states
        self.words = self.sources if words is None else words
        self.seconds = None  # that it takes, when it was run to its end

    def new(self):
        return self.world.copied(self.origin)

    def recover(self, warehouse):
        self.world.expect_recovery(warehouse, self.truth, self.sources, self.states)

    def expect_done(self, done, warehouse):
        """Who was not killed has come to its end, and done all."""
        self.world.expect_orderly(done, (EXIT_OK,))
        self.world.expect_whole(warehouse, self.truth)


class LaterStory(Story):
    """A run on what other runs have loaded. `before`: the objects that are in `origin`."""

    def __init__(self, world, origin, sources, before):
        super().__init__(world, words=sources, origin=origin)
        runs = before, world.objects(sources)
        clean = world.copied(origin)
        world.must("etl", clean, *sources)
        world.expect_oracles(clean, *runs)
        self.sources, self.truth, self.states = sources, world.fingerprint(clean), States(*runs)


class RenamedStory(LaterStory):
    """The songs have other titles when the next run comes. Who has loaded the ones that were there
    before has matched the plays with those: nobody will see them again."""

    calls = ("statement", "time")

    def __init__(self, world, origin, sources, before):
        self.files = {
            path: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(sources[-1].rglob("*"))
            if path.is_file()
        }
        super().__init__(world, origin, sources, before)
        old = world.objects(sources)
        self.rename()
        self.renamed = world.objects(sources)
        self.states = States(before, old, self.renamed)

    def new(self):
        for path, (data, time_ns) in self.files.items():
            path.write_bytes(data)
            os.utime(path, ns=(time_ns, time_ns))
        return super().new()

    def rename(self):
        for path, (data, _) in self.files.items():
            path.write_bytes(TITLE.sub(rb"\1Re: ", data))
            os.utime(path, CHANGED_AT)

    def recover(self, warehouse):
        self.world.expect_whole_groups(warehouse, self.states)
        self.rename()
        done = self.world.run("etl", warehouse, *self.sources)
        self.world.expect_orderly(done, (EXIT_OK,))
        self.states.expect_all_of(warehouse, *self.renamed)
        found = self.world.fingerprint(warehouse)
        self.world.expect_nothing_left(found["left"])
        self.world.expect_nothing_new(warehouse, found, self.sources)


class CreateStory(Story):
    """`create` starts from nothing, `drop` from full tables."""

    def new(self):
        return self.world.nothing() if self.origin is None else super().new()

    def recover(self, warehouse):
        if "--drop" in self.words:
            self.world.expect_whole_groups(warehouse)
            found = self.world.fingerprint(warehouse)["tables"]
            if found not in (self.truth["tables"], self.world.empty["tables"]):
                raise Harm(f"neither dropped nor as it was: {found}", mixtures=1)
        done = self.world.run("create-tables", warehouse)
        if done.returncode != 0:
            raise Harm(f"create-tables again: {shown(done)}", wrong_exit=1)
        super().recover(warehouse)

    def expect_done(self, done, warehouse):
        self.world.expect_orderly(done, (EXIT_OK,))
        self.world.expect_whole(warehouse, self.world.empty)


class Trials:
    def __init__(self, kind, options):
        self.options = options
        self.world = World(kind)
        self.known = {}

    def __enter__(self):
        self.world.__enter__()
        self.faults = Faults(self.world.folder)
        return self

    def __exit__(self, *_):
        self.world.__exit__()

    def story(self, name):
        if name not in self.known:
            self.known[name] = getattr(self, name)()
        return self.known[name]

    # --- The stories

    def fresh(self):
        return Story(self.world)

    def again(self):
        return Story(self.world)

    def late(self):
        """Some plays find their song late, in the songs' transaction, before the other logs."""
        return LaterStory(self.world, *self.plays_first(self.world.sources))

    def renamed(self):
        return RenamedStory(self.world, *self.plays_first(self.own_sources("renaming")))

    def plays_first(self, sources):
        """A warehouse with the plays of the first day; the sources; the objects that are in it."""
        warehouse, (logs, folder) = self.world.new(), sources[:2]
        first = sorted(folder.rglob("*.json"))[0]
        self.world.must("etl", warehouse, logs, first)
        every = self.world.objects(sources)[1]
        return warehouse, sources, ([], [each for each in every if each[0] == f"file://{first}"])

    def own_sources(self, name):
        """The same, in a folder that may be changed."""
        folder = self.world.folder / name
        shutil.copytree(self.world.folder / "data", folder)
        return "--log-data", folder / "log_data", "--song-data", folder / "song_data"

    def changed(self):
        sources = self.own_sources("changing")
        loaded = self.world.new()
        self.world.must("etl", loaded, *sources)
        before = self.world.objects(sources)
        for file in sorted((self.world.folder / "changing").rglob("*.json"))[::2]:
            os.utime(file, CHANGED_AT)
        return LaterStory(self.world, loaded, sources, before)

    def create(self):
        story = CreateStory(self.world, "create-tables", words=())
        story.origin = None
        return story

    def drop(self):
        return CreateStory(
            self.world, "create-tables", words=("--drop", "--yes"), origin=self.world.reference
        )

    # --- Points

    def points(self, count):
        """By story, call and number: spread over the whole run, the first and the last among them."""
        chosen = []
        for name, wanted in suite.shares(WEIGHTS, count).items():
            chosen += self.points_of(name, wanted)
        suite.dice(self.options).shuffle(chosen)  # who ends it early has seen some of everything
        return chosen

    def points_of(self, name, wanted):
        story, calls = self.story(name), FILE_CALLS if self.world.is_file else SERVER_CALLS
        counts = self.counted(story)
        if name == "again":  # those that were killed before have left less to do
            counts = {call: number // 2 for call, number in counts.items()}
        calls = {call: calls[call] for call in story.calls or calls}
        there = {call: weight for call, weight in calls.items() if call == "time" or counts[call]}
        if wanted < len(there):  # not all kinds have a place: the seed says which
            drawn = suite.dice(self.options, name).sample(sorted(there), len(there))
            drawn.sort(key=lambda call: call == "statement" and name in LANDMARKS, reverse=True)
            there = {call: there[call] for call in drawn[:wanted]}
        for call, part in suite.shares(there, wanted).items():
            yield from self.places(name, call, counts.get(call, 0), part)

    def places(self, name, call, count, wanted):
        random = suite.dice(self.options, name, call)
        if call == "time":
            for number in range(wanted):
                yield f"time:{(number + random.random()) / wanted:.4f}::{name}"
            return
        every = [f"{call}:{n}:{w}:{name}" for n in range(1, count + 1) for w in self.whens(call)]
        marked = self.landmarks(name, wanted) if call == "statement" else []
        yield from marked
        picked = suite.spread(len(every), min(wanted - len(marked), len(every)))
        if len(picked) < len(every):  # between the ends, others for each seed
            shift = random.randrange(max(1, len(every) // max(1, wanted)))
            ends = (1, len(every))
            picked = sorted({n if n in ends else max(1, n - shift) for n in picked})
        yield from (every[number - 1] for number in picked)
        rest = wanted - len(marked) - len(picked)  # this call is not made so often: other moments instead
        yield from (f"time:{random.random():.4f}::{name}" for _ in range(max(0, rest)))

    def whens(self, call):
        is_sent = call == "statement" and not self.world.is_file
        return ("before", "sent", "after") if is_sent else ("before", "after")

    def landmarks(self, name, wanted):
        """Moments that every choice must have: about a commit amid the run, amid the last songs'
        transaction, and behind it. The statements are those of the run that was just counted."""
        numbers = self.marked(*LANDMARKS.get(name, [""]))
        if name not in LANDMARKS or not numbers:
            return []
        number = numbers[len(numbers) // 2]
        return [f"statement:{number}:{when}:{name}" for when in self.whens("statement")][:wanted]

    def marked(self, first, then=None):
        """The numbers of the statements that begin so; or, `then`: of the first such one behind."""
        texts = list(enumerate(self.faults.statements(), 1))
        numbers = [number for number, text in texts if text.startswith(first)]
        if then is None or not numbers:
            return numbers
        return [n for n, text in texts if n > numbers[0] and text.startswith(then)][:1]

    def counted(self, story):
        warehouse = story.new()
        begin = time.monotonic()
        done = self.run(story, warehouse, self.faults.counting())
        story.seconds = time.monotonic() - begin
        story.expect_done(done, warehouse)
        self.world.drop(warehouse)
        return self.faults.counts()

    def seconds(self, story):
        """That an undisturbed run takes; --only has not counted it yet."""
        if story.seconds is None:
            self.counted(story)
        return story.seconds

    def run(self, story, warehouse, env):
        words = (*story.words, *ONE_THREAD)
        return self.world.run(story.command, warehouse, *words, env=env)

    # --- A point

    def attempt(self, point):
        call, number, when, name = point.split(":")
        story = self.story(name)
        warehouse = story.new()
        try:
            if name == "again":
                self.kill_twice(story, warehouse, point)
            if call == "time":
                done = self.killed_after(float(number) * self.seconds(story), story, warehouse)
            else:
                done = self.killed_at(story, warehouse, when, call, int(number))
            is_killed = done.returncode in KILLED
            if not is_killed:  # it was over before
                story.expect_done(done, warehouse)
            story.recover(warehouse)
            return is_killed
        finally:
            self.world.drop(warehouse)

    def kill_twice(self, story, warehouse, point):
        random = suite.dice(self.options, point)
        for _ in range(2):
            self.killed_at(story, warehouse, "before", "statement", random.randrange(1, 80))
            self.world.expect_whole_groups(warehouse, story.states)

    def killed_at(self, story, warehouse, when, call, number):
        """A run that is killed, if it comes to that point."""
        done = self.run(story, warehouse, self.faults.order(when, call, number))
        is_killed = done.returncode in KILLED
        if is_killed != self.faults.fired() and when != "after":
            raise Harm(f"not killed at its point, {done.returncode}: {shown(done)}", wrong_exit=1)
        return done

    def killed_after(self, seconds, story, warehouse):
        process = self.world.start(story.command, warehouse, *story.words)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        return self.world.finish(process, warehouse)


if __name__ == "__main__":
    SHORT = {"duckdb": 27, "postgres": 22, "redshift": 19}  # some are missed
    sys.exit(suite.main("kill", __doc__, Trials, SHORT, long=560))  # 500 that are there
