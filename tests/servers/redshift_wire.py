"""PostgreSQL's protocol, version 3, as a proxy between client and server needs it.

A Channel is one side: messages come out of it and go into it. Rows are not looked into: skim()
takes whole messages of kinds that only pass through, as many as have come.
"""

import collections
import socket
import struct

CHUNK_BYTES = 1 << 18
MESSAGE_BYTES_MAX = 1 << 30

PROTOCOL_3 = 196608
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104

Message = collections.namedtuple("Message", "kind body")


class Gone(Exception):
    """The other side has ended the connection."""


class Channel:
    def __init__(self, end):
        self.end = end
        self.buffer = bytearray()

    def fill(self):
        """Waits for more bytes."""
        data = self.end.recv(CHUNK_BYTES)
        if not data:
            raise Gone()
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_packet(self):
        """What a connection begins with: a number that says what it is, and the rest."""
        size = self.length(0)
        return struct.unpack("!I", self.take(8)[4:])[0], self.take(size - 8)

    def read(self):
        size = self.length(1)
        kind = bytes(self.take(5)[:1])
        return Message(kind, self.take(size - 4))

    def length(self, place):
        while len(self.buffer) < place + 4:
            self.fill()
        size = int.from_bytes(self.buffer[place : place + 4], "big")
        if not 4 <= size <= MESSAGE_BYTES_MAX:
            raise Gone()
        return size

    def skim(self, kinds):
        """The bytes of the whole messages of these kinds that have come already."""
        buffer, size, end = self.buffer, len(self.buffer), 0
        while end + 5 <= size and buffer[end] in kinds:
            last = end + 1 + int.from_bytes(buffer[end + 1 : end + 5], "big")
            if last > size:
                break
            end = last
        data = bytes(buffer[:end])
        del buffer[:end]
        return data

    def has_message(self):
        """Whether read() would not wait."""
        size = len(self.buffer)
        return size >= 5 and size > int.from_bytes(self.buffer[1:5], "big")

    def send(self, data):
        self.end.sendall(data)

    def has_waiting(self):
        """Bytes that select() does not know of, as they have been read already."""
        return bool(self.buffer) or (hasattr(self.end, "pending") and self.end.pending() > 0)

    def stop(self):
        """Both sides hear an end, also a thread of ours that waits for bytes."""
        try:
            # Not an SSLSocket's own, which would take the TLS away from a thread that reads.
            socket.socket.shutdown(self.end, socket.SHUT_RDWR)
        except OSError:
            pass  # it has gone already

    def close(self):
        self.end.close()


def message(kind, *parts):
    body = b"".join(parts)
    return kind + struct.pack("!I", len(body) + 4) + body


def packet(number, *parts):
    """What a connection begins with."""
    body = struct.pack("!I", number) + b"".join(parts)
    return struct.pack("!I", len(body) + 4) + body


def text(value):
    return value.encode() + b"\0"


def query(sql):
    return message(b"Q", text(sql))


def ready(status):
    return message(b"Z", status)


def error(sqlstate, what, detail=None, severity="ERROR", kind=b"E"):
    fields = [b"S", text(severity), b"C", text(sqlstate), b"M", text(what)]
    if detail is not None:
        fields += [b"D", text(detail)]
    return message(kind, *fields, b"\0")


def notice(what):
    return error("00000", what, severity="INFO", kind=b"N")


def command_complete(tag):
    return message(b"C", text(tag))


def parameter_status(name, value):
    return message(b"S", text(name), text(value))


def strings(body):
    """The texts of a body that is made of nothing else."""
    return [part.decode("utf-8", "replace") for part in body.split(b"\0")[:-1]]


def error_fields(body):
    """The fields of an ErrorResponse, by letter."""
    parts = body.rstrip(b"\0").split(b"\0")
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in parts if part}


def kept_fields(body):
    """An ErrorResponse without what tells of PostgreSQL's inside."""
    kept = [part for part in body.rstrip(b"\0").split(b"\0") if part[:1] in b"SCMDHP"]
    return b"\0".join(kept) + b"\0\0"


def row_values(body):
    """The values of a DataRow, as text or None."""
    values, place = [], 2
    for _ in range(int.from_bytes(body[:2], "big")):
        size = int.from_bytes(body[place : place + 4], "big", signed=True)
        place += 4
        if size < 0:
            values.append(None)
        else:
            values.append(body[place : place + size].decode())
            place += size
    return values
