#!/usr/bin/env python3
"""The loader that people write first: PostgreSQL, one INSERT a row, one SELECT a play.

    row_by_row.py [--song-data FOLDER] [--log-data FOLDER] [--events-max N]

Connects as DSN says, or libpq's variables; makes its tables where there are none; commits after each
file. It knows nothing of what it has loaded before, of bad records or of late ones. Needs psycopg2
(Debian's python3-psycopg2). --events-max stops after so many events, of whatever page.
"""

import argparse
import datetime
import json
import os
import pathlib
import time

import psycopg2

# The index is what the look-up of a play's song needs; without it, each reads all songs.
TABLES = """
create table if not exists songplays (songplay_id serial primary key, start_time timestamp not null,
    user_id int not null, level varchar, song_id varchar, artist_id varchar, session_id int,
    location varchar, user_agent varchar);
create table if not exists users (user_id int primary key, first_name varchar, last_name varchar,
    gender varchar, level varchar);
create table if not exists songs (song_id varchar primary key, title varchar, artist_id varchar,
    year int, duration double precision);
create table if not exists artists (artist_id varchar primary key, name varchar, location varchar,
    latitude double precision, longitude double precision);
create table if not exists time (start_time timestamp primary key, hour int, day int, week int,
    month int, year int, weekday int);
create index if not exists songs_title on songs (title)
"""
INSERT_SONG = "insert into songs values (%s, %s, %s, %s, %s) on conflict do nothing"
INSERT_ARTIST = "insert into artists values (%s, %s, %s, %s, %s) on conflict do nothing"
INSERT_TIME = "insert into time values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing"
INSERT_USER = """insert into users values (%s, %s, %s, %s, %s)
    on conflict (user_id) do update set level = excluded.level"""
INSERT_PLAY = """insert into songplays (start_time, user_id, level, song_id, artist_id, session_id,
    location, user_agent) values (%s, %s, %s, %s, %s, %s, %s, %s)"""
FIND_SONG = """select song_id, artist_id from songs join artists using (artist_id)
    where title = %s and name = %s and duration = %s"""
EPOCH = datetime.datetime(1970, 1, 1)


def load_song(cursor, song):
    cursor.execute(INSERT_SONG, (song["song_id"], song["title"], song["artist_id"], song["year"],
                                 song["duration"]))
    cursor.execute(INSERT_ARTIST, (song["artist_id"], song["artist_name"], song["artist_location"],
                                   song["artist_latitude"], song["artist_longitude"]))


def load_event(cursor, event):
    if event["page"] != "NextSong":
        return
    start = EPOCH + datetime.timedelta(milliseconds=event["ts"])
    cursor.execute(INSERT_TIME, (start, start.hour, start.day, start.isocalendar()[1], start.month,
                                 start.year, start.isoweekday() % 7))
    cursor.execute(INSERT_USER, (event["userId"], event["firstName"], event["lastName"],
                                 event["gender"], event["level"]))
    cursor.execute(FIND_SONG, (event["song"], event["artist"], event["length"]))
    song_id, artist_id = cursor.fetchone() or (None, None)
    cursor.execute(INSERT_PLAY, (start, event["userId"], event["level"], song_id, artist_id,
                                 event["sessionId"], event["location"], event["userAgent"]))


def load(connection, kind, folder, load_record, count_max):
    begin = time.monotonic()
    count = 0
    with connection.cursor() as cursor:
        for path in sorted(pathlib.Path(folder).rglob("*.json")):
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    if count == count_max:
                        break
                    load_record(cursor, json.loads(line))
                    count += 1
            connection.commit()
            if count == count_max:
                break
    print(f"{count} {kind} in {time.monotonic() - begin:.2f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--song-data", metavar="FOLDER")
    parser.add_argument("--log-data", metavar="FOLDER")
    parser.add_argument("--events-max", type=int, metavar="N")
    arguments = parser.parse_args()
    connection = psycopg2.connect(os.environ.get("DSN", ""))
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    connection.commit()
    if arguments.song_data:
        load(connection, "songs", arguments.song_data, load_song, None)
    if arguments.log_data:
        load(connection, "events", arguments.log_data, load_event, arguments.events_max)
    connection.close()


if __name__ == "__main__":
    main()
