"""The events of a folder of logs, by session and by user."""

import collections
import gzip
import json
import pathlib
import sys
from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(slots=True)
class Event:
    """What the comparison needs of a record; equal texts are held once."""

    ts: int
    session: int
    item: int
    user: str
    page: str
    method: str
    status: int
    level: str
    gender: str
    place: str
    agent: str
    registered: int
    song: str
    artist: str
    length: float

    @property
    def is_play(self):
        return self.page == "NextSong"

    @property
    def song_key(self):
        return (self.song, self.artist, self.length)


def shared(text):
    return sys.intern(text or "")


def event_of(record):
    return Event(
        ts=record["ts"],
        session=record["sessionId"],
        item=record["itemInSession"],
        user=shared(str(record["userId"] or "")),
        page=shared(record["page"]),
        method=shared(record["method"]),
        status=record["status"],
        level=shared(record["level"]),
        gender=shared(record["gender"]),
        place=shared(record["location"]),
        agent=shared(record["userAgent"]),
        registered=int(record["registration"] or 0),
        song=shared(record["song"]),
        artist=shared(record["artist"]),
        length=record["length"] or 0.0,
    )


def records_in(folder):
    for path in sorted(pathlib.Path(folder).rglob("*-events.json*")):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)


class LogSet:
    """Logs without faults: a line that is no JSON object ends the program."""

    def __init__(self, folder):
        self.events = [event_of(record) for record in records_in(folder)]
        if not self.events:
            sys.exit(f"{folder}: no events; give a folder with *-events.json files below it")
        self.events.sort(key=lambda event: (event.ts, event.session, event.item))
        self.plays = [event for event in self.events if event.is_play]
        self.of_users = [event for event in self.events if event.user]
        self.by_session = collections.defaultdict(list)
        self.by_user = collections.defaultdict(list)
        for event in self.events:
            self.by_session[event.session].append(event)
        for event in self.of_users:
            self.by_user[event.user].append(event)
        for events in self.by_session.values():
            events.sort(key=lambda event: event.item)
        self.first_day = self.events[0].ts // DAY_MS
        self.day_count = self.events[-1].ts // DAY_MS - self.first_day + 1

    def day_of(self, event):
        return event.ts // DAY_MS - self.first_day

    def steps(self):
        """Pairs of events that follow each other in a session."""
        for events in self.by_session.values():
            yield from zip(events, events[1:])
