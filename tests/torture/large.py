"""Writes what is large: long lines, many files, packed files, deep folders. In pieces: there is more than
the test shall take of the memory."""

import bz2
import gzip
import json
import os
import shutil
import subprocess

import sparkify

MIB = 1 << 20
SUFFIXES = {"gzip": ".gz", "zstd": ".zst", "bzip2": ".bz2"}


def event(number, **changes):
    """A play, each of another session."""
    record = {
        "artist": "The Weirs", "auth": "Logged In", "firstName": "Ida", "gender": "F",
        "itemInSession": 0, "lastName": "Holm", "length": 200.5, "level": "free",
        "location": "Springfield, XY", "method": "PUT", "page": "NextSong",
        "registration": 1540000000796.0, "sessionId": number, "song": "Tide", "status": 200,
        "ts": 1541030400796 + number, "userAgent": "Browser/1.0", "userId": str(number % 1000),
        **changes,
    }  # fmt: skip
    return json.dumps(record, separators=(",", ":")).encode()


def visit(number):
    """An event that is no play."""
    return event(number, page="Home", song=None, artist=None, length=None)


def repeated(unit, size_bytes):
    """Pieces of about a megabyte; together `unit` as often as fits into the size."""
    count = size_bytes // len(unit)
    at_once = max(1, MIB // len(unit))
    for _ in range(count // at_once):
        yield unit * at_once
    yield unit * (count % at_once)


def long_line(head, size_bytes):
    """A line that begins with `head`, which a text of x and the object's end follow, between two
    other lines."""
    yield event(1) + b"\n" + head
    yield from repeated(b"x", size_bytes - len(head) - 3)
    yield b'"}\n' + event(3) + b"\n"


def write(path, pieces):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        for piece in pieces:
            file.write(piece)


def write_packed(path, form, pieces):
    """With the tools' usual settings."""
    if form != "zstd":
        opener = gzip.open if form == "gzip" else bz2.open
        with opener(path, "wb", 6 if form == "gzip" else 9) as file:
            for piece in pieces:
                file.write(piece)
        return
    command = ["zstd", "-q", "-c"]
    with open(path, "wb") as out:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out) as tool:
            for piece in pieces:
                tool.stdin.write(piece)
    if tool.returncode != 0:
        raise sparkify.SparkifyError(f"zstd ended with {tool.returncode}")


def write_small_files(folder, count, a_folder=1000):
    """Each of one event, so many in a folder."""
    for number in range(count):
        if number % a_folder == 0:
            inner = folder / f"{number // a_folder:04}"
            inner.mkdir()
        with open(inner / f"{number % a_folder:03}.json", "wb", buffering=0) as file:
            file.write(event(number))


def write_deep(folder, depth, name="d"):
    """A file below so many folders: a path may be longer than the system takes at once."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=place)
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=place)
        os.close(place)
        place = inner
    file = os.open("deep.json", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=place)
    os.write(file, event(7))
    os.close(file)
    os.close(place)


def remove(folder):
    """Also what is deeper than a path may be long, or than Python calls itself."""
    subprocess.run(["rm", "-rf", "--", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)
