#!/usr/bin/env python3
"""Prints how two or three folders of logs are distributed, side by side.

Usage: tools/compare_logs/compare_logs.py [--markdown] [--svg DIR] NAME=FOLDER...

Made for docs/generator.md: real logs beside generated ones. Prints sums and shares only; with
--svg, draws generator-*.svg of them into DIR. The logs must be free of faults.
"""

import argparse
import pathlib

import figures
import svg_plot
from log_set import LogSet


def table_lines(log_sets, is_markdown):
    for title, rows in figures.SECTIONS:
        yield ""
        if is_markdown:
            yield f"| {title} | {' | '.join(log_sets)} |"
            yield "|---" + "|---:" * len(log_sets) + "|"
        else:
            yield f"{title:42}" + "".join(f"{name:>16}" for name in log_sets)
        for name, form, function in rows:
            cells = [form.format(function(logs)) for logs in log_sets.values()]
            if is_markdown:
                yield f"| {name} | {' | '.join(cells)} |"
            else:
                yield f"  {name:40}" + "".join(f"{cell:>16}" for cell in cells)


def by_rank(counts):
    total = sum(counts)
    return [(rank, count / total) for rank, count in enumerate(counts, 1)]


def at_least(values):
    """For each value that occurs: the share that is as large or larger."""
    values = sorted(value for value in values if value > 0)
    points, last = [], None
    for i, value in enumerate(values):
        if value != last:
            points.append((value, 1 - i / len(values)))
        last = value
    return points


def length_parts(logs):
    """Shares of the plays, by length in steps of 20 s."""
    counts = [0] * 31
    for play in logs.plays:
        counts[min(30, int(play.length / 20))] += 1
    return [(20 * i + 10, count / len(logs.plays)) for i, count in enumerate(counts[:30])]


def cumulative(shares):
    points, total = [], 0.0
    for day, part in enumerate(shares, 1):
        total += part
        points.append((day, total))
    return points


def charts(log_sets):
    def series(function):
        return [(name, function(logs)) for name, logs in log_sets.items()]

    log_log = {"log_x": True, "log_y": True, "x_form": "{:,.0f}", "y_form": "{:.4g}"}
    yield "songs", svg_plot.line_chart(
        "Share of the plays, by rank of the song", "rank",
        series(lambda logs: by_rank(figures.song_counts(logs))), **log_log)  # fmt: skip
    yield "artists", svg_plot.line_chart(
        "Share of the plays, by rank of the artist", "rank",
        series(lambda logs: by_rank(figures.artist_counts(logs))), **log_log)  # fmt: skip
    yield "sessions", svg_plot.line_chart(
        "Sessions with so many events or more", "events",
        series(lambda logs: at_least(figures.session_sizes(logs))), **log_log)  # fmt: skip
    yield "users", svg_plot.line_chart(
        "Users with so many plays or more", "plays",
        series(lambda logs: at_least(figures.plays_of_users(logs))), **log_log)  # fmt: skip
    yield "hours", svg_plot.line_chart(
        "Events by hour (UTC)", "hour",
        series(lambda logs: list(enumerate(figures.hour_shares(logs)))))  # fmt: skip
    yield "weekdays", svg_plot.line_chart(
        "Events by weekday", "1 = Monday",
        series(lambda logs: list(enumerate(figures.weekday_shares(logs), 1))))  # fmt: skip
    yield "lengths", svg_plot.line_chart(
        "Plays by length of the song", "seconds", series(length_parts))  # fmt: skip
    yield "first-seen", svg_plot.line_chart(
        "Users seen for the first time until a day", "day",
        series(lambda logs: cumulative(figures.first_seen_by_day(logs))))  # fmt: skip
    if min(logs.day_count for logs in log_sets.values()) >= 21:
        yield "retention", svg_plot.line_chart(
            "Users seen again, by weeks after the first", "week",
            series(lambda logs: list(enumerate([1.0, *figures.retention(logs)]))))  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logs", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--markdown", action="store_true", help="tables for a page")
    parser.add_argument("--svg", metavar="DIR", help="draw generator-*.svg into this folder")
    options = parser.parse_args()
    if len(options.logs) > svg_plot.SERIES_MAX or not all("=" in each for each in options.logs):
        parser.error("give two or three NAME=FOLDER, such as real=data/log_data")
    pairs = (each.split("=", 1) for each in options.logs)
    log_sets = {name: LogSet(folder) for name, folder in pairs}
    print("\n".join(table_lines(log_sets, options.markdown)).lstrip())
    if options.svg:
        folder = pathlib.Path(options.svg)
        folder.mkdir(parents=True, exist_ok=True)
        for name, svg in charts(log_sets):
            (folder / f"generator-{name}.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
