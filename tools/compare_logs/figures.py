"""Figures that describe logs, each a function of a LogSet; only sums and shares, no records."""

import collections
import re

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PAGES = (
    "NextSong", "Home", "Login", "Logout", "Settings", "Save Settings", "Upgrade",
    "Submit Upgrade", "Downgrade", "Submit Downgrade", "Help", "About", "Error",
)  # fmt: skip
STEPS = (
    ("NextSong", "NextSong"), ("NextSong", "Home"), ("NextSong", "Logout"), ("NextSong", "Help"),
    ("Home", "NextSong"), ("Home", "Login"), ("Home", "Settings"), ("Login", "Home"),
    ("Logout", "Home"), ("Settings", "NextSong"), ("Settings", "Save Settings"),
    ("Upgrade", "Submit Upgrade"), ("Downgrade", "NextSong"), ("Help", "NextSong"),
)  # fmt: skip
BROWSERS = ("Chrome", "Safari", "Firefox", "IE")
SYSTEMS = ("Mac", "Windows", "Linux", "iOS")


def share(items, condition):
    items = list(items)
    return sum(map(bool, map(condition, items))) / len(items) if items else 0.0


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))] if values else 0


def browser_of(agent):
    if "Trident" in agent or "MSIE" in agent:
        return "IE"
    return next((name for name in ("Firefox", "Chrome", "Safari") if name in agent), "other")


def system_of(agent):
    if re.search("iPhone|iPad", agent):
        return "iOS"
    return next((name for name in ("Windows", "Mac", "Linux") if name in agent), "other")


def encodings_of(text):
    """How often a text was encoded too often: 0 for one that is as it should be."""
    count = 0
    while not text.isascii():
        for encoding in ("latin-1", "cp1252"):
            try:
                text = text.encode(encoding).decode("utf-8")
            except UnicodeError:
                continue
            count += 1
            break
        else:
            break
    return count


def song_counts(logs):
    return sorted(collections.Counter(play.song_key for play in logs.plays).values(), reverse=True)


def artist_counts(logs):
    return sorted(collections.Counter(play.artist for play in logs.plays).values(), reverse=True)


def top_share(counts, part=0.1):
    return sum(counts[: int(len(counts) * part)]) / sum(counts) if counts else 0.0


def session_sizes(logs, level=None):
    return [
        len(events)
        for events in logs.by_session.values()
        if level is None or events[0].level == level
    ]


def plays_of_users(logs):
    return [sum(event.is_play for event in events) for events in logs.by_user.values()]


def hours_between_sessions(logs):
    """From a user's last event in a session to the first in the next."""
    spans = collections.defaultdict(dict)
    for event in logs.of_users:
        first, _ = spans[event.user].get(event.session, (event.ts, 0))
        spans[event.user][event.session] = (first, event.ts)
    for sessions in spans.values():
        ordered = sorted(sessions.values())
        yield from ((b[0] - a[1]) / 3_600_000 for a, b in zip(ordered, ordered[1:]))


def seconds_to_next(logs, page, next_page):
    return [
        (b.ts - a.ts) / 1000 for a, b in logs.steps() if (a.page, b.page) == (page, next_page)
    ]


def share_that_follow_at_once(logs):
    """Of the songs after songs: those that begin when the one before is over."""
    pairs = [(a, b) for a, b in logs.steps() if a.is_play and b.is_play]
    return share(pairs, lambda pair: pair[1].ts - pair[0].ts == int(pair[0].length) * 1000)


def sessions_by_user(logs):
    return [len({event.session for event in events}) for events in logs.by_user.values()]


def active_days(logs):
    return [len({logs.day_of(event) for event in events}) for events in logs.by_user.values()]


def active_users_a_day(logs):
    users = collections.defaultdict(set)
    for event in logs.of_users:
        users[logs.day_of(event)].add(event.user)
    return sum(map(len, users.values())) / logs.day_count


def first_seen_by_day(logs):
    """Share of the users, for each day."""
    days = collections.Counter(logs.day_of(events[0]) for events in logs.by_user.values())
    return [days[day] / len(logs.by_user) for day in range(logs.day_count)]


def seen_first_in_week(logs, week):
    return sum(first_seen_by_day(logs)[7 * week : 7 * week + 7])


def retention(logs):
    """Of the users first seen n whole weeks before the end or earlier: the share that is seen in
    the n-th week after the first."""
    week_count = logs.day_count // 7
    seen = [{(logs.day_of(event)) for event in events} for events in logs.by_user.values()]
    shares = []
    for week in range(1, week_count):
        old = [days for days in seen if min(days) + 7 * (week + 1) <= logs.day_count]
        in_week = range(7 * week, 7 * week + 7)
        shares.append(share(old, lambda days: any(min(days) + day in days for day in in_week)))
    return shares


def per_thousand_days(logs, page):
    """Events of a page for a thousand days on which a user was there."""
    return 1000 * sum(event.page == page for event in logs.events) / sum(active_days(logs))


def page_share(logs, page):
    return share(logs.events, lambda event: event.page == page)


def step_share(logs, page, next_page):
    """Of what follows a page in the session: the share of another."""
    followers = [b.page for a, b in logs.steps() if a.page == page]
    return followers.count(next_page) / len(followers) if followers else 0.0


def hour_shares(logs):
    hours = collections.Counter(event.ts // 3_600_000 % 24 for event in logs.events)
    return [hours[hour] / len(logs.events) for hour in range(24)]


def weekday_shares(logs):
    """Events of a usual day, as shares of a week of usual days."""
    counts = collections.Counter(map(logs.day_of, logs.events))
    means = []
    for weekday in range(7):
        days = [d for d in range(logs.day_count) if (logs.first_day + d + 3) % 7 == weekday]
        means.append(sum(counts[day] for day in days) / max(1, len(days)))
    return [mean / sum(means) for mean in means]


def texts_of_plays(logs):
    return [text for play in logs.plays for text in (play.song, play.artist)]


def odd_texts(logs):
    return [text for text in texts_of_plays(logs) if not text.isascii()]


def users(logs):
    """The last event of each user."""
    return [events[-1] for events in logs.by_user.values()]


def places(logs):
    return collections.Counter(event.place for event in users(logs))


def of_users_with(function, value):
    return lambda logs: share(users(logs), lambda event: function(event.agent) == value)


def of_events_with(function, value):
    return lambda logs: share(logs.of_users, lambda event: function(event.agent) == value)


def size(name, function):
    return (name, "{:,.0f}", function)


def number(name, function):
    return (name, "{:,.1f}", function)


def percent(name, function):
    return (name, "{:.1%}", function)


def length_quantile(part):
    return lambda logs: quantile([play.length for play in logs.plays], part)


SECTIONS = [
    ("Sizes", [
        size("events", lambda logs: len(logs.events)),
        size("plays", lambda logs: len(logs.plays)),
        size("users seen", lambda logs: len(logs.by_user)),
        size("sessions", lambda logs: len(logs.by_session)),
        size("days", lambda logs: logs.day_count),
    ]),
    ("Users", [
        percent("plays at level paid",
                lambda logs: share(logs.plays, lambda play: play.level == "paid")),
        percent("users ever paid",
                lambda logs: share(logs.by_user.values(),
                                   lambda events: any(e.level == "paid" for e in events))),
        percent("users female", lambda logs: share(users(logs), lambda e: e.gender == "F")),
        percent("events of female users",
                lambda logs: share(logs.of_users, lambda e: e.gender == "F")),
        size("plays per user, median", lambda logs: quantile(plays_of_users(logs), 0.5)),
        size("plays per user, 90 %", lambda logs: quantile(plays_of_users(logs), 0.9)),
        percent("plays of the busiest tenth",
                lambda logs: top_share(sorted(plays_of_users(logs), reverse=True))),
        size("sessions per user, median", lambda logs: quantile(sessions_by_user(logs), 0.5)),
        size("sessions per user, 90 %", lambda logs: quantile(sessions_by_user(logs), 0.9)),
        size("active days per user, median", lambda logs: quantile(active_days(logs), 0.5)),
        number("users active on a day", active_users_a_day),
        percent("users first seen in week 1", lambda logs: seen_first_in_week(logs, 0)),
        percent("users first seen in week 2", lambda logs: seen_first_in_week(logs, 1)),
        number("upgrades per 1,000 user days",
               lambda logs: per_thousand_days(logs, "Submit Upgrade")),
        number("downgrades per 1,000 user days",
               lambda logs: per_thousand_days(logs, "Submit Downgrade")),
    ]),
    ("Sessions", [
        size("events, median", lambda logs: quantile(session_sizes(logs), 0.5)),
        size("events, 75 %", lambda logs: quantile(session_sizes(logs), 0.75)),
        size("events, 90 %", lambda logs: quantile(session_sizes(logs), 0.9)),
        size("events, 99 %", lambda logs: quantile(session_sizes(logs), 0.99)),
        percent("of one event", lambda logs: share(session_sizes(logs), lambda n: n == 1)),
        size("events of a free one, median",
             lambda logs: quantile(session_sizes(logs, "free"), 0.5)),
        size("events of a paid one, median",
             lambda logs: quantile(session_sizes(logs, "paid"), 0.5)),
        percent("songs that follow at once", share_that_follow_at_once),
        size("Home to NextSong, s, median",
             lambda logs: quantile(seconds_to_next(logs, "Home", "NextSong"), 0.5)),
        size("NextSong to Home, s, median",
             lambda logs: quantile(seconds_to_next(logs, "NextSong", "Home"), 0.5)),
        number("between sessions, h, median",
               lambda logs: quantile(hours_between_sessions(logs), 0.5)),
        number("between sessions, h, 90 %",
               lambda logs: quantile(hours_between_sessions(logs), 0.9)),
    ]),
    ("Songs", [
        percent("different songs of plays", lambda logs: len(song_counts(logs)) / len(logs.plays)),
        percent("of them played once", lambda logs: share(song_counts(logs), lambda n: n == 1)),
        percent("plays of the top tenth", lambda logs: top_share(song_counts(logs))),
        percent("plays of the first song", lambda logs: song_counts(logs)[0] / len(logs.plays)),
        percent("plays of the first ten songs",
                lambda logs: sum(song_counts(logs)[:10]) / len(logs.plays)),
        percent("different artists of plays",
                lambda logs: len(artist_counts(logs)) / len(logs.plays)),
        percent("of them played once", lambda logs: share(artist_counts(logs), lambda n: n == 1)),
        percent("plays of the first ten artists",
                lambda logs: sum(artist_counts(logs)[:10]) / len(logs.plays)),
        size("length, s, 10 %", length_quantile(0.1)),
        size("length, s, median", length_quantile(0.5)),
        size("length, s, 90 %", length_quantile(0.9)),
        size("letters of a title, median",
             lambda logs: quantile([len(play.song) for play in logs.plays], 0.5)),
        size("letters of a title, 90 %",
             lambda logs: quantile([len(play.song) for play in logs.plays], 0.9)),
        size("letters of an artist, median",
             lambda logs: quantile([len(play.artist) for play in logs.plays], 0.5)),
        percent("titles with a bracket", lambda logs: share(logs.plays, lambda p: "(" in p.song)),
        percent("plays with non-ASCII text",
                lambda logs: share(logs.plays, lambda p: not (p.song + p.artist).isascii())),
        percent("of the texts, encoded three times",
                lambda logs: share(odd_texts(logs), lambda text: encodings_of(text) == 2)),
        percent("of the texts, encoded twice",
                lambda logs: share(odd_texts(logs), lambda text: encodings_of(text) == 1)),
    ]),
    ("Browsers and places", [
        *(percent(f"users with {name}", of_users_with(browser_of, name)) for name in BROWSERS),
        *(percent(f"users with {name}", of_users_with(system_of, name)) for name in SYSTEMS),
        *(percent(f"events with {name}", of_events_with(browser_of, name)) for name in BROWSERS),
        *(percent(f"events with {name}", of_events_with(system_of, name)) for name in SYSTEMS),
        percent("different user agents of users",
                lambda logs: len({e.agent for e in users(logs)}) / len(logs.by_user)),
        size("different places", lambda logs: len(places(logs))),
        percent("users of the first place",
                lambda logs: places(logs).most_common(1)[0][1] / len(logs.by_user)),
        percent("places of several cities",
                lambda logs: share(places(logs), lambda p: "-" in p.split(",")[0])),
    ]),
    ("Pages", [
        percent("events without a user", lambda logs: share(logs.events, lambda e: not e.user)),
        percent("sessions begun with NextSong",
                lambda logs: share(logs.by_session.values(), lambda s: s[0].is_play)),
        percent("method PUT", lambda logs: share(logs.events, lambda e: e.method == "PUT")),
        percent("status 307", lambda logs: share(logs.events, lambda e: e.status == 307)),
        percent("status 404", lambda logs: share(logs.events, lambda e: e.status == 404)),
        *((page, "{:.2%}", lambda logs, page=page: page_share(logs, page)) for page in PAGES),
        *(percent(f"{a}: next {b}", lambda logs, a=a, b=b: step_share(logs, a, b))
          for a, b in STEPS),
    ]),
]  # fmt: skip
