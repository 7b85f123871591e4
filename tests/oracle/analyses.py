"""What the report's analyses must answer, computed from the rows of the contract's tables.

    rows = analyses.read(warehouse)
    analyses.EXPECTED["top_songs"](rows)  # a list of rows, in any order

Written from the definitions in docs/analytics.md, without the SQL: the plain way, over lists and
sets, however slow.
"""

import collections
import datetime

import sparkify

COLUMNS = {
    "songplays": (
        *("songplay_id", "start_time", "user_id", "level", "song_id"),
        *("session_id", "location", "user_agent"),
    ),
    "users": ("user_id", "first_name", "last_name", "level", "last_event_at"),
    "songs": ("song_id", "title", "artist_name"),
    "unmatched_songplays": ("songplay_id", "song", "artist"),
    "artists": ("artist_id",),
    "time": ("start_time",),
    "etl_rejects": ("record_no",),
}
UNKNOWN = "unknown"
DAY = datetime.timedelta(days=1)
LONG_DAYS = 120
POPULAR = 1000
LISTED = 30


class Rows:
    """The tables, and of each play its names, its day and its level as the report has them."""

    def __init__(self, tables):
        self.tables = tables
        songs = {song["song_id"]: (song["title"], song["artist_name"]) for song in tables["songs"]}
        texts = {
            row["songplay_id"]: (row["song"], row["artist"])
            for row in tables["unmatched_songplays"]
        }
        self.plays = tables["songplays"]
        for play in self.plays:
            play["at"] = datetime.datetime.fromisoformat(play["start_time"])
            play["day"] = play["at"].date()
            play["level"] = play["level"] if play["level"] is not None else UNKNOWN
            is_matched = play["song_id"] is not None
            play["song"] = songs[play["song_id"]] if is_matched else texts[play["songplay_id"]]
            play["is_matched"] = is_matched
        self.days = sorted({play["day"] for play in self.plays})
        self.is_long = bool(self.days) and (self.days[-1] - self.days[0]).days > LONG_DAYS
        self.sessions = collections.defaultdict(list)
        for play in self.plays:
            self.sessions[play["session_id"], play["user_id"]].append(play)

    def week(self, day):
        """The day, or its Monday where the data are long."""
        return monday(day) if self.is_long else day

    def month(self, day):
        return day.replace(day=1) if self.is_long else day


def read(warehouse):
    return Rows(sparkify.table_rows(warehouse, COLUMNS))


def monday(day):
    return day - day.weekday() * DAY


def counted(keys):
    """Rows of a key and how often it occurs; days as text."""
    return [[*map(as_text, key), count] for key, count in collections.Counter(keys).items()]


def as_text(value):
    return value.isoformat() if isinstance(value, datetime.date) else value


def most(counts, limit):
    """The keys with the greatest counts; at a tie the first by bytes."""

    def place(key):
        texts = key if isinstance(key, tuple) else (key,)
        return -counts[key], [text.encode() for text in texts]

    return sorted(counts, key=place)[:limit]


def plays_by_hour(rows):
    return counted((play["day"], play["level"], play["at"].hour) for play in rows.plays)


def active_users(rows):
    if not rows.days:
        return []
    active = collections.defaultdict(set)  # by (level, day)
    for play in rows.plays:
        for level in ("all", play["level"]):
            active[level, play["day"]].add(play["user_id"])
    out = []
    for level in sorted({level for level, _ in active}):
        for number in range((rows.days[-1] - rows.days[0]).days + 1):
            day = rows.days[0] + number * DAY
            counts = [
                len(set().union(*(active.get((level, day - n * DAY), set()) for n in range(span))))
                for span in (1, 7, 30)
            ]
            if counts[-1] > 0:
                out.append([day.isoformat(), level, *counts])
    return out


def level_changes(rows):
    by_user = collections.defaultdict(list)
    for play in rows.plays:
        if play["level"] != UNKNOWN:
            by_user[play["user_id"]].append(play)
    changes = collections.defaultdict(lambda: [0, 0])
    for plays in by_user.values():
        plays.sort(key=lambda play: (play["at"], play["songplay_id"]))
        for before, after in zip(plays, plays[1:]):
            kinds = [("free", "paid"), ("paid", "free")]
            change = (before["level"], after["level"])
            if change in kinds:
                changes[after["day"]][kinds.index(change)] += 1
    return [[day.isoformat(), *counts] for day, counts in changes.items()]


def top(rows, name_of):
    popular = most(collections.Counter(name_of(play) for play in rows.plays), POPULAR)
    listed = set(popular[:LISTED])
    among = set(popular)
    for level in {play["level"] for play in rows.plays}:
        names = (name_of(play) for play in rows.plays if play["level"] == level)
        listed.update(most(collections.Counter(name for name in names if name in among), LISTED))
    for play in rows.plays:
        name = name_of(play)
        if name in listed:
            texts = name if isinstance(name, tuple) else (name,)
            yield (rows.week(play["day"]), play["level"], *texts)


def top_songs(rows):
    return counted(top(rows, lambda play: play["song"]))


def top_artists(rows):
    return counted(top(rows, lambda play: play["song"][1]))


def session_lengths(rows):
    keys = []
    for plays in rows.sessions.values():
        moments = sorted(play["at"].replace(microsecond=0) for play in plays)
        levels = {play["level"] for play in plays}
        known = levels - {UNKNOWN} or levels
        minutes = int((moments[-1] - moments[0]).total_seconds()) // 60
        keys.append((rows.month(moments[0].date()), max(known, key=str.encode), minutes))
    return counted(keys)


def retention(rows):
    weeks = collections.defaultdict(set)
    for play in rows.plays:
        weeks[play["user_id"]].add(monday(play["day"]))
    sizes = collections.Counter(min(seen) for seen in weeks.values())
    users = collections.Counter(
        (min(seen), (week - min(seen)).days // 7) for seen in weeks.values() for week in seen
    )
    return [[day.isoformat(), week, n, sizes[day]] for (day, week), n in users.items()]


def places(rows):
    def place_of(play):
        return UNKNOWN if play["location"] is None else play["location"]

    listed = set(most(collections.Counter(map(place_of, rows.plays)), 40))
    return counted(
        (rows.month(play["day"]), play["level"], place_of(play))
        for play in rows.plays
        if place_of(play) in listed
    )


BROWSERS = (
    ("Edge", ("Edge/", "Edg/")),
    ("Opera", ("OPR/", "Opera")),
    ("Firefox", ("Firefox/", "FxiOS/")),
    ("Chrome", ("Chrome/", "CriOS/")),
    ("Internet Explorer", ("MSIE ", "Trident/")),
    ("Safari", ("Safari/",)),
)
SYSTEMS = (
    ("Windows", ("Windows",)),
    ("iOS", ("iPhone", "iPad", "iPod")),
    ("macOS", ("Macintosh",)),
    ("Android", ("Android",)),
    ("Linux", ("Linux", "X11")),
)


def first_named(agent, names):
    found = (name for name, marks in names if any(mark in agent for mark in marks))
    return next(found, "Other")


def device_of(agent):
    system = first_named(agent, SYSTEMS)
    if system == "Windows":
        return "Computer" if "Phone" not in agent else "Phone" if "Mobile" in agent else "Other"
    if system == "iOS":
        return "Tablet" if "iPad" in agent else "Phone"
    if "Android" in agent:
        return "Phone" if "Mobile" in agent else "Tablet"
    if "Mobile" in agent:
        return "Phone"
    return "Computer" if system in ("macOS", "Linux") else "Other"


def devices(rows):
    keys = []
    for play in rows.plays:
        agent = play["user_agent"] or ""
        kind = (UNKNOWN,) * 3
        if agent:
            kind = first_named(agent, BROWSERS), first_named(agent, SYSTEMS), device_of(agent)
        keys.append((rows.week(play["day"]), play["level"], *kind))
    return counted(keys)


def concurrency(rows):
    sessions = [[play["at"] for play in plays] for plays in rows.sessions.values()]
    spans = [(min(moments), max(moments)) for moments in sessions]
    in_hour = collections.defaultdict(set)  # moments at which most may be under way
    for play in rows.plays:
        hour = play["at"].replace(minute=0, second=0, microsecond=0)
        in_hour[hour].add(hour)
    for first, _ in spans:
        in_hour[first.replace(minute=0, second=0, microsecond=0)].add(first)
    peaks = collections.defaultdict(int)
    for hour, moments in in_hour.items():
        near = [span for span in spans if span[1] >= hour]
        peak = max(sum(first <= at <= last for first, last in near) for at in moments)
        key = rows.week(hour.date()).isoformat(), hour.hour
        peaks[key] = max(peaks[key], peak)
    return [[*key, peak] for key, peak in peaks.items()]


def match_rate(rows):
    plays = collections.Counter((play["day"], play["level"]) for play in rows.plays)
    matched = collections.Counter(
        (play["day"], play["level"]) for play in rows.plays if play["is_matched"]
    )
    return [[*map(as_text, key), count, matched[key]] for key, count in plays.items()]


def unmatched_songs(rows):
    users = collections.defaultdict(set)
    plays = collections.Counter()
    for play in rows.plays:
        if not play["is_matched"]:
            plays[play["song"]] += 1
            users[play["song"]].add(play["user_id"])
    return [[*song, plays[song], len(users[song])] for song in most(plays, 50)]


def users_at_risk(rows):
    if not rows.days:
        return []
    people = {user["user_id"]: user for user in rows.tables["users"]}
    begin_lately = rows.days[-1] - 6 * DAY
    before, lately, last = collections.Counter(), collections.Counter(), {}
    for play in rows.plays:
        user = play["user_id"]
        last[user] = max(last.get(user, play["at"]), play["at"])
        if play["day"] >= begin_lately:
            lately[user] += 1
        elif play["day"] >= begin_lately - 21 * DAY:
            before[user] += 1
    at_risk = [
        user
        for user, count in before.items()
        if count >= 10 and lately[user] / 7 <= count / 21 / 4 + 1e-9
    ]
    at_risk.sort(key=lambda user: (-before[user], user))
    out = []
    for user in at_risk[:50]:
        person = people[user]
        name = f"{person['first_name'] or ''} {person['last_name'] or ''}".strip(" ")
        level = UNKNOWN if person["level"] is None else person["level"]
        moment = last[user].isoformat(timespec="milliseconds") + "Z"
        out.append([user, name, level, moment, before[user], lately[user]])
    return out


EXPECTED = {
    function.__name__: function
    for function in (
        *(plays_by_hour, active_users, level_changes, top_songs, top_artists, session_lengths),
        *(retention, places, devices, concurrency, match_rate, unmatched_songs, users_at_risk),
    )
}
UNITS = {  # of `day`, where the data are long
    **dict.fromkeys(("plays_by_hour", "active_users", "level_changes", "match_rate"), "day"),
    **dict.fromkeys(("top_songs", "top_artists", "devices", "concurrency"), "week"),
    **dict.fromkeys(("session_lengths", "places"), "month"),
    **dict.fromkeys(("retention", "unmatched_songs", "users_at_risk"), ""),
}
