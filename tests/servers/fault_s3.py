"""An S3 server that fails on demand, in threads of the test's own process.

    with FaultS3() as server:
        server.put("logs", "2018/11/a.json", b"...")
        server.inject(Fault.RESET_BODY, key="2018/11/a.json", at="middle", times=2)
        run_program(server.endpoint)
        assert server.count(operation="get") == 3

It speaks what a reader and writer of objects needs: GET, HEAD, PUT and DELETE of an object, HEAD
of a bucket, `?list-type=2` and `?location`, in path style (`endpoint`) and in virtual-host style
(`localhost_endpoint`, where the bucket goes before `localhost`). Anything else gets 501. Signatures
are not checked; what a Credential says is (`expired_keys`, `expired_tokens`, `region`,
`clock_skew`).
"""

import base64
import contextlib
import dataclasses
import datetime
import email.utils
import enum
import errno
import fcntl
import hashlib
import html
import inspect
import itertools
import math
import re
import socket
import struct
import termios
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

FOREVER = math.inf  # for `times`
OPERATIONS = ("get", "list", "head", "put", "delete", "location", "other")
PLACES = ("first", "middle", "last")

HEAD_BYTES_MAX = 1 << 20
REQUEST_BODY_BYTES_MAX = 1 << 30
PIECE_BYTES = 1 << 16
DRIBBLES_PER_S = 20
SKEW_SECONDS_MAX = 900
JOIN_SECONDS_MAX = 5
DELIVERY_SECONDS_MAX = 5  # for the bytes before a reset
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
SUBRESOURCES_UNKNOWN = frozenset(
    ("acl", "attributes", "legal-hold", "partNumber", "retention", "tagging", "uploadId", "uploads")
)
ENTITY_BOMB = "".join(
    f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "entity"}">' for n in range(10)
)


class Fault(enum.Enum):
    """What can go wrong, with its options and their defaults.

    `at` is a byte of the body: 'first' (0), 'middle', 'last', or a number (negative: from the end).
    The bytes before it arrive as they should, it is the first that does not. Default: 'middle'.
    """

    # Answers in place of the true one; a PUT stores nothing. All take retry_after=None (seconds, or
    # a date as text) except where other options are named.
    INTERNAL_ERROR = "500 InternalError"
    SLOW_DOWN = "503 SlowDown"
    TOO_MANY_REQUESTS = "429 TooManyRequests"
    REQUEST_TIMEOUT = "400 RequestTimeout, and the connection is closed"
    ACCESS_DENIED = "403 AccessDenied"
    NO_SUCH_KEY = "404 NoSuchKey"
    NO_SUCH_BUCKET = "404 NoSuchBucket"
    PRECONDITION_FAILED = "412 PreconditionFailed"
    NOT_SATISFIABLE = "416 InvalidRange"
    BAD_GATEWAY = "502 with an HTML body"  # no options
    NOT_MODIFIED = "304 without a body"  # no options
    ERROR_IN_200 = "200 with the XML of an error as the body"  # code='InternalError'
    STATUS = "any status"  # status=, body=b'', headers=None (a dict)

    # The connection; a PUT is stored, only its answer is lost.
    NO_ANSWER = "the request is read, and nothing comes until the client gives up"
    CLOSE_BEFORE = "FIN before the status line"
    RESET_BEFORE = "RST before the status line"
    STATUS_GARBAGE = "a first line that is not HTTP"  # line=b'...'
    HEAD_CUT = "FIN in the middle of the headers"
    HEAD_ENDLESS = "headers without an end"  # one_line=False: or one header line without an end
    RESET_BODY = "RST at byte `at` of the body"
    CLOSE_BODY = "FIN at byte `at` of the body, although Content-Length promised all"
    STALL_BODY = "nothing more from byte `at` on until the client gives up"
    DRIBBLE = "slow from byte `at` (default 'first') on"  # bytes_per_s=100
    CLOSE_AFTER = "FIN after a whole answer that promised to keep the connection"

    # The body and the headers.
    LENGTH_SMALLER = "the body ends at byte `at`, with a Content-Length that agrees with it"
    FLIPPED_BYTE = "the byte `at` is wrong, the length right"  # xor=1
    CHUNKED = "chunks, no Content-Length; with `at`: FIN there, no last chunk"  # chunk_bytes=1000
    NO_LENGTH = "neither chunks nor Content-Length, FIN is the end; with `at`: there"
    GZIP_LABEL = "Content-Encoding: gzip on bytes that are as they were stored"
    ETAG_MISSING = "no ETag"
    ETAG_OTHER = "the ETag of something else, the bytes right"  # etag='"..."'
    RANGE_WRONG = "206 with a Content-Range one byte further"  # content_range=: that text instead
    RANGE_IGNORED = "200 and the whole object for a request with Range"
    HEADERS = "any headers"  # headers={name: value}, None takes one away

    # A listing; all keep a right Content-Length.
    LIST_CUT = "the XML ends at byte `at`"
    LIST_NOT_XML = "200 with plain text"  # body=b'...'
    LIST_WRONG_ROOT = "another root element"  # root='ListAllMyBucketsResult'
    LIST_NO_TRUNCATED = "no IsTruncated"
    LIST_NO_TOKEN = "IsTruncated is true, and there is no NextContinuationToken"
    LIST_SAME_TOKEN = "IsTruncated is true, with the token of the request (use times=FOREVER)"
    LIST_EMPTY_PAGE = "a page without keys and with a token; the next page has them (that is legal)"
    LIST_SIZE = "the first Size is another"  # size='-1'
    LIST_KEY_MISSING = "the first object has no Key"
    LIST_KEY_TWICE = "the first object comes twice"
    LIST_UNENCODED = "encoding-type=url is ignored: keys are XML text, no EncodingType"
    LIST_DOCTYPE = "a DOCTYPE whose entities grow to gigabytes, used in Name"  # doctype=, entity=
    LIST_HUGE = "well-formed and large"  # size_bytes=50_000_000
    LIST_EDIT = "any change"  # pattern=, text= as for re.sub on bytes; count=0


# --- Answers --------------------------------------------------------------------------------------


class Stop(enum.Enum):
    """What ends the connection behind an answer."""

    CLOSE = "FIN"
    RESET = "RST"
    STALL = "silence"
    MORE_HEADERS = "header after header"
    LONG_HEADER = "one header without an end"


@dataclass
class Answer:
    """What goes over the wire; faults change it before it does."""

    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    framing: str = "length"  # or 'chunked', or 'close': only the end of the connection tells
    chunk_bytes: int = PIECE_BYTES
    raw_head: bytes | None = None  # in place of the status line and the headers
    stop: Stop | None = None
    stop_at: int | None = None  # bytes of the body before the stop; None: all
    bytes_per_s: float | None = None
    slow_from: int = 0  # bytes of the body that are sent quickly

    def head(self):
        reason = REASONS.get(self.status, "Status")
        headers = dict(self.headers)
        if self.framing == "chunked":
            headers.setdefault("Transfer-Encoding", "chunked")
        elif self.framing == "length" and self.status not in (204, 304):
            headers.setdefault("Content-Length", str(len(self.body)))
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


ERRORS = {  # code: status and message
    "AccessDenied": (403, "Access Denied"),
    "AuthorizationHeaderMalformed": (400, "The authorization header is malformed: wrong region"),
    "BadDigest": (400, "The Content-MD5 you specified did not match what we received."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size"),
    "ExpiredToken": (400, "The provided token has expired."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidArgument": (400, "Invalid Argument"),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid."),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "NotImplemented": (501, "A header or query you provided implies functionality not implemented"),
    "PermanentRedirect": (301, "The bucket must be addressed using the specified endpoint."),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "RequestTimeTooSkewed": (403, "The difference between the request time and ours is too large."),
    "RequestTimeout": (400, "Your socket connection was not read from or written to in time."),
    "SlowDown": (503, "Please reduce your request rate."),
    "TooManyRequests": (429, "Please reduce your request rate."),
    "XAmzContentSHA256Mismatch": (400, "x-amz-content-sha256 does not match what was computed."),
}
REASONS = {
    200: "OK",
    204: "No Content",
    206: "Partial Content",
    301: "Moved Permanently",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    412: "Precondition Failed",
    416: "Requested Range Not Satisfiable",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


def xml_text(text):
    """Characters that XML cannot hold become references all the same, as S3 does it."""
    return re.sub("[\x00-\x1f]", lambda found: f"&#x{ord(found[0]):X};", html.escape(text))


def element(name, value):
    return f"<{name}>{xml_text(str(value))}</{name}>"


def error_body(code, **details):
    words = {"Code": code, "Message": ERRORS[code][1], **details}
    words |= {"RequestId": "4442587FB7D0A2F9", "HostId": "fault-s3"}
    return (XML + f"<Error>{''.join(element(*word) for word in words.items())}</Error>").encode()


def error(code, headers=None, **details):
    """details: more elements of the XML, by name."""
    all_headers = {"Content-Type": "application/xml", **(headers or {})}
    return Answer(ERRORS[code][0], all_headers, error_body(code, **details))


def xml_answer(text):
    return Answer(200, {"Content-Type": "application/xml"}, (XML + text).encode())


# --- Objects --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Object:
    """A version of an object."""

    data: bytes
    etag: str  # with its quotes
    version_id: str | None
    headers: dict
    modified: datetime.datetime

    def answer_headers(self):
        headers = {
            "Last-Modified": email.utils.format_datetime(self.modified, usegmt=True),
            "ETag": self.etag,
            "Accept-Ranges": "bytes",
            "Content-Type": "binary/octet-stream",
            "x-amz-version-id": self.version_id,
        }
        return headers | self.headers


def md5_etag(data):
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


class Bucket:
    """Objects by key, and those with a version id by key and version id too."""

    def __init__(self):
        self.objects = {}
        self.versions = {}

    def put(self, key, data, etag=None, version_id=None, headers=None):
        now = datetime.datetime.now(datetime.timezone.utc)
        data = bytes(data)
        made = Object(data, etag or md5_etag(data), version_id, dict(headers or {}), now)
        self.objects[key] = made
        if version_id is not None:
            self.versions[key, version_id] = made
        return made

    def find(self, key, version_id=None):
        if version_id is None:
            return self.objects.get(key)
        return self.versions.get((key, version_id))


def range_of(text, size):
    """The slice that a Range header asks for; None: the whole; ValueError: no such bytes."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", text or "")
    if not found or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if first and last and int(first) > int(last):
        return None
    if not first:
        first, last = max(size - int(last), 0) if int(last) else size, size - 1
    first, last = int(first), min(int(last) if last != "" else size - 1, size - 1)
    if first >= size:
        raise ValueError(text)
    return slice(first, last + 1)


def is_named(header, etag):
    """Whether an If-Match or If-None-Match header names the ETag."""
    names = [word.strip().removeprefix("W/").strip('"') for word in header.split(",")]
    return "*" in names or etag.strip('"') in names


def object_answer(found, headers):
    """To a GET or HEAD of an object that is there."""
    if "if-match" in headers and not is_named(headers["if-match"], found.etag):
        return error("PreconditionFailed", Condition="If-Match")
    if "if-none-match" in headers and is_named(headers["if-none-match"], found.etag):
        return Answer(304, {"ETag": found.etag})
    size = len(found.data)
    try:
        part = range_of(headers.get("range"), size)
    except ValueError:
        where = {"Content-Range": f"bytes */{size}"}
        return error("InvalidRange", where, RangeRequested=headers["range"], ActualObjectSize=size)
    if part is None:
        return Answer(200, found.answer_headers(), found.data)
    where = {"Content-Range": f"bytes {part.start}-{part.stop - 1}/{size}"}
    return Answer(206, found.answer_headers() | where, memoryview(found.data)[part])


def body_error(headers, body):
    """The answer to a PUT whose body is not the one that its headers tell of; None: it is."""
    sha256 = headers.get("x-amz-content-sha256", "")
    if sha256.startswith("STREAMING-"):
        return error("NotImplemented", Header="x-amz-content-sha256")
    if re.fullmatch("[0-9a-fA-F]{64}", sha256):
        if hashlib.sha256(body).hexdigest() != sha256.lower():
            return error("XAmzContentSHA256Mismatch")
    if "content-md5" not in headers:
        return None
    try:
        md5 = base64.b64decode(headers["content-md5"], validate=True)
    except ValueError:
        md5 = b""
    if len(md5) != 16:
        return error("InvalidDigest")
    is_right = hashlib.md5(body, usedforsecurity=False).digest() == md5
    return None if is_right else error("BadDigest")


# --- Listings -------------------------------------------------------------------------------------


def token_after(item):
    """A continuation token: the next page begins behind this key or common prefix."""
    return base64.urlsafe_b64encode(b"after:" + item.encode()).decode()


def item_before(token):
    text = base64.urlsafe_b64decode(token.encode()).decode()
    if not text.startswith("after:"):
        raise ValueError(token)
    return text.removeprefix("after:")


@dataclass
class Page:
    """What a listing shows: keys and common prefixes in order."""

    items: list  # (text, is it a key)
    is_truncated: bool

    def keys(self):
        return [text for text, is_key in self.items if is_key]


def rolled_up(keys, prefix, delimiter):
    """Keys in order, those behind a delimiter as one common prefix."""
    last = None
    for key in sorted(keys):
        if not key.startswith(prefix):
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        item = (key, True) if end < 0 else (key[: end + len(delimiter)], False)
        if item != last:
            yield item
        last = item


def page_of(keys, query, page_size):
    """Raises ValueError for a query that S3 calls InvalidArgument."""
    most = min(int(query.get("max-keys", page_size)), page_size)
    if most < 0:
        raise ValueError(most)
    token, start = query.get("continuation-token"), query.get("start-after", "")
    behind = item_before(token) if token is not None else ""
    keys = [key for key in keys if key > start]
    items = rolled_up(keys, query.get("prefix", ""), query.get("delimiter", ""))
    items = [item for item in items if item[0] > behind]
    return Page(items[:most], is_truncated=0 < most < len(items))


def list_xml(name, bucket, page, query, url_space):
    """url_space: how encoding-type=url writes a space, '+' as AWS does or '%20'."""
    is_url = query.get("encoding-type") == "url"

    def encoded(text):
        if not is_url:
            return text
        return urllib.parse.quote_plus(text, safe="/*").replace("+", url_space)

    words = [("Name", name), ("Prefix", encoded(query.get("prefix", "")))]
    words += [("KeyCount", len(page.items)), ("MaxKeys", query.get("max-keys", 1000))]
    words += [("Delimiter", encoded(query["delimiter"]))] if "delimiter" in query else []
    words += [("EncodingType", "url")] if is_url else []
    words += [("StartAfter", encoded(query["start-after"]))] if "start-after" in query else []
    if "continuation-token" in query:
        words.append(("ContinuationToken", query["continuation-token"]))
    words.append(("IsTruncated", "true" if page.is_truncated else "false"))
    if page.is_truncated:
        words.append(("NextContinuationToken", token_after(page.items[-1][0])))
    parts = [element(*word) for word in words]
    parts += [contents_xml(encoded(key), bucket.objects[key]) for key in page.keys()]
    prefixes = [element("Prefix", encoded(text)) for text, is_key in page.items if not is_key]
    parts += [f"<CommonPrefixes>{prefix}</CommonPrefixes>" for prefix in prefixes]
    return f"<ListBucketResult {XMLNS}>{''.join(parts)}</ListBucketResult>"


def contents_xml(key, found):
    modified = found.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    words = [("Key", key), ("LastModified", modified), ("ETag", found.etag)]
    words += [("Size", len(found.data)), ("StorageClass", "STANDARD")]
    return f"<Contents>{''.join(element(*word) for word in words)}</Contents>"


# --- Faults that answer in place of the store -----------------------------------------------------

REFUSALS = {}  # fault: function(record, options...) that makes the answer
CHANGES = {}  # fault: function(answer, record, at, options...) that changes the true answer


def refuses(fault):
    return lambda function: REFUSALS.setdefault(fault, function)


def changes(fault):
    return lambda function: CHANGES.setdefault(fault, function)


def refuse_with(code):
    def refusal(record, retry_after=None):
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return error(code, headers, Resource=f"/{record.bucket}/{record.key}")

    return refusal


for _fault, _code in {
    Fault.INTERNAL_ERROR: "InternalError",
    Fault.SLOW_DOWN: "SlowDown",
    Fault.TOO_MANY_REQUESTS: "TooManyRequests",
    Fault.ACCESS_DENIED: "AccessDenied",
    Fault.NO_SUCH_KEY: "NoSuchKey",
    Fault.NO_SUCH_BUCKET: "NoSuchBucket",
    Fault.PRECONDITION_FAILED: "PreconditionFailed",
    Fault.NOT_SATISFIABLE: "InvalidRange",
}.items():
    REFUSALS[_fault] = refuse_with(_code)


@refuses(Fault.REQUEST_TIMEOUT)
def request_timeout(record, retry_after=None):
    answer = refuse_with("RequestTimeout")(record, retry_after)
    answer.headers["Connection"] = "close"
    return answer


@refuses(Fault.BAD_GATEWAY)
def bad_gateway(_record):
    body = b"<html><head><title>502 Bad Gateway</title></head><body><hr>proxy</body></html>\r\n"
    return Answer(502, {"Content-Type": "text/html"}, body)


@refuses(Fault.NOT_MODIFIED)
def not_modified(_record):
    return Answer(304)


@refuses(Fault.ERROR_IN_200)
def error_in_200(_record, code="InternalError"):
    return dataclasses.replace(error(code), status=200)


@refuses(Fault.STATUS)
def any_status(_record, status, body=b"", headers=None):
    return Answer(status, dict(headers or {}), body)


# --- Faults of the connection ---------------------------------------------------------------------


def byte_at(answer, at, default="middle"):
    size = len(answer.body)
    at = default if at is None else at
    if isinstance(at, int):
        return max(0, min(size, at if at >= 0 else size + at))
    return {"first": 0, "middle": size // 2, "last": max(size - 1, 0)}[at]


def stop_instead(answer, stop, raw_head=b""):
    answer.raw_head, answer.stop, answer.stop_at = raw_head, stop, 0


def stop_body(answer, stop, at):
    answer.stop, answer.stop_at = stop, byte_at(answer, at)


@changes(Fault.NO_ANSWER)
def no_answer(answer, _record, _at):
    stop_instead(answer, Stop.STALL)


@changes(Fault.CLOSE_BEFORE)
def close_before(answer, _record, _at):
    stop_instead(answer, Stop.CLOSE)


@changes(Fault.RESET_BEFORE)
def reset_before(answer, _record, _at):
    stop_instead(answer, Stop.RESET)


@changes(Fault.STATUS_GARBAGE)
def status_garbage(answer, _record, _at, line=b"\x16\x03\x01 not a status line\r\n\r\n"):
    stop_instead(answer, Stop.CLOSE, line)


@changes(Fault.HEAD_CUT)
def head_cut(answer, _record, _at):
    head = answer.head()
    stop_instead(answer, Stop.CLOSE, head[: len(head) // 2])


@changes(Fault.HEAD_ENDLESS)
def head_endless(answer, _record, _at, one_line=False):
    stop = Stop.LONG_HEADER if one_line else Stop.MORE_HEADERS
    stop_instead(answer, stop, answer.head().removesuffix(b"\r\n"))


@changes(Fault.RESET_BODY)
def reset_body(answer, _record, at):
    stop_body(answer, Stop.RESET, at)


@changes(Fault.CLOSE_BODY)
def close_body(answer, _record, at):
    stop_body(answer, Stop.CLOSE, at)


@changes(Fault.STALL_BODY)
def stall_body(answer, _record, at):
    stop_body(answer, Stop.STALL, at)


@changes(Fault.DRIBBLE)
def dribble(answer, _record, at, bytes_per_s=100):
    answer.bytes_per_s, answer.slow_from = bytes_per_s, byte_at(answer, at, "first")


@changes(Fault.CLOSE_AFTER)
def close_after(answer, _record, _at):
    answer.stop = Stop.CLOSE


# --- Faults of the body and the headers -----------------------------------------------------------


@changes(Fault.LENGTH_SMALLER)
def length_smaller(answer, _record, at):
    """A 206 keeps one byte at least, and tells of an object that ends there."""
    end = byte_at(answer, at)
    if answer.status == 206:
        end = max(end, 1)
        first = int(re.match(r"bytes (\d+)", answer.headers["Content-Range"])[1])
        answer.headers["Content-Range"] = f"bytes {first}-{first + end - 1}/{first + end}"
    answer.body = answer.body[:end]


@changes(Fault.FLIPPED_BYTE)
def flipped_byte(answer, _record, at, xor=1):
    body = bytearray(answer.body)
    if body:
        body[min(byte_at(answer, at), len(body) - 1)] ^= xor
    answer.body = bytes(body)


@changes(Fault.CHUNKED)
def chunked(answer, _record, at, chunk_bytes=1000):
    answer.framing, answer.chunk_bytes = "chunked", chunk_bytes
    if at is not None:
        stop_body(answer, Stop.CLOSE, at)


@changes(Fault.NO_LENGTH)
def no_length(answer, _record, at):
    answer.framing, answer.stop = "close", Stop.CLOSE
    answer.stop_at = None if at is None else byte_at(answer, at)


@changes(Fault.GZIP_LABEL)
def gzip_label(answer, _record, _at):
    answer.headers["Content-Encoding"] = "gzip"


@changes(Fault.ETAG_MISSING)
def etag_missing(answer, _record, _at):
    answer.headers.pop("ETag", None)


@changes(Fault.ETAG_OTHER)
def etag_other(answer, _record, _at, etag=md5_etag(b"another version")):
    answer.headers["ETag"] = etag


@changes(Fault.RANGE_WRONG)
def range_wrong(answer, _record, _at, content_range=None):
    size = len(answer.body)
    text = answer.headers.get("Content-Range", f"bytes 0-{size - 1}/{size}")
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", text)
    if found and content_range is None:
        first, last, total = (int(number) for number in found.groups())
        content_range = f"bytes {first + 1}-{last + 1}/{max(total, last + 2)}"
    answer.status = 206
    answer.headers["Content-Range"] = content_range


@changes(Fault.RANGE_IGNORED)
def range_ignored(_answer, _record, _at):
    """The store has not seen the Range; see FaultS3._true_answer."""


@changes(Fault.HEADERS)
def any_headers(answer, _record, _at, headers):
    answer.headers |= headers


# --- Faults of a listing --------------------------------------------------------------------------


def edit(answer, pattern, text, count=0):
    answer.body = re.sub(pattern, text, bytes(answer.body), count=count, flags=re.DOTALL)


def set_more(answer, token):
    """Says that there is another page; None: without a token."""
    edit(answer, rb"<NextContinuationToken>.*?</NextContinuationToken>", b"")
    more = "<IsTruncated>true</IsTruncated>"
    more += "" if token is None else element("NextContinuationToken", token)
    edit(answer, rb"<IsTruncated>.*?</IsTruncated>", more.encode())


CHANGES[Fault.LIST_CUT] = length_smaller


@changes(Fault.LIST_NOT_XML)
def list_not_xml(answer, _record, _at, body=b"Hello, I am not a listing.\n"):
    answer.body = body


@changes(Fault.LIST_WRONG_ROOT)
def list_wrong_root(answer, _record, _at, root="ListAllMyBucketsResult"):
    edit(answer, rb"(</?)ListBucketResult", rb"\1" + root.encode())


@changes(Fault.LIST_NO_TRUNCATED)
def list_no_truncated(answer, _record, _at):
    edit(answer, rb"<IsTruncated>.*?</IsTruncated>", b"")


@changes(Fault.LIST_NO_TOKEN)
def list_no_token(answer, _record, _at):
    set_more(answer, None)


@changes(Fault.LIST_SAME_TOKEN)
def list_same_token(answer, record, _at):
    set_more(answer, record.query.get("continuation-token", token_after("")))


@changes(Fault.LIST_EMPTY_PAGE)
def list_empty_page(answer, record, _at):
    """The token leads to where this page would have begun."""
    edit(answer, rb"<(Contents|CommonPrefixes)>.*</\1>", b"")
    edit(answer, rb"<CommonPrefixes>.*</CommonPrefixes>", b"")
    edit(answer, rb"<KeyCount>\d+<", b"<KeyCount>0<")
    start = token_after(record.query.get("start-after", ""))
    set_more(answer, record.query.get("continuation-token", start))


@changes(Fault.LIST_SIZE)
def list_size(answer, _record, _at, size="-1"):
    edit(answer, rb"<Size>\d+<", b"<Size>%s<" % str(size).encode(), count=1)


@changes(Fault.LIST_KEY_MISSING)
def list_key_missing(answer, _record, _at):
    edit(answer, rb"<Key>.*?</Key>", b"", count=1)


@changes(Fault.LIST_KEY_TWICE)
def list_key_twice(answer, _record, _at):
    edit(answer, rb"<Contents>.*?</Contents>", rb"\g<0>\g<0>", count=1)


@changes(Fault.LIST_UNENCODED)
def list_unencoded(answer, _record, _at):
    def plain(found):
        text = urllib.parse.unquote_plus(html.unescape(found[2].decode()))
        return element(found[1].decode(), text).encode()

    if b"<EncodingType>" in answer.body:
        edit(answer, rb"<EncodingType>.*?</EncodingType>", b"")
        edit(answer, rb"<(Key|Prefix|Delimiter|StartAfter)>(.*?)</\1>", plain)


@changes(Fault.LIST_DOCTYPE)
def list_doctype(answer, _record, _at, doctype=ENTITY_BOMB, entity="&e9;"):
    declared = rb"<!DOCTYPE ListBucketResult [%s]>\g<0>" % doctype.encode()
    edit(answer, rb"<ListBucketResult", declared)
    edit(answer, rb"<Name>.*?<", b"<Name>%s<" % entity.encode(), count=1)


@changes(Fault.LIST_HUGE)
def list_huge(answer, _record, _at, size_bytes=50_000_000):
    body = bytes(answer.body)
    end = body.rfind(b"</")
    answer.body = body[:end] + b"\n" * (size_bytes - len(body)) + body[end:]


@changes(Fault.LIST_EDIT)
def list_edit(answer, _record, _at, pattern, text, count=0):
    edit(answer, pattern, text, count)


@dataclass
class Injection:
    """A fault that waits for its requests; `struck` counts those that it has met."""

    fault: Fault
    operation: str
    key: str | None
    times: float
    at: object
    skip: int
    options: dict
    struck: int = 0

    def strikes(self, record):
        """Asked once for each request, as it counts those that it lets pass."""
        if self.operation not in ("any", record.operation) or self.struck >= self.times:
            return False
        name = record.query.get("prefix", "") if record.operation == "list" else record.key
        if self.key is not None and self.key != name:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.struck += 1
        return True


def checked_injection(fault, operation, key, times, at, skip, options):
    """Mistakes in a test are told where they are made, not in a thread of the server."""
    if operation is None:
        operation = "list" if fault.name.startswith("LIST_") else "get"
    if operation not in (*OPERATIONS, "any"):
        raise ValueError(f"operation={operation!r} is none of {OPERATIONS} or 'any'")
    if fault.name.startswith("LIST_") and operation != "list":
        raise ValueError(f"{fault} is for operation='list'")
    if at is not None and not isinstance(at, int) and at not in PLACES:
        raise ValueError(f"at={at!r} is neither a number nor one of {PLACES}")
    if fault in REFUSALS:
        inspect.signature(REFUSALS[fault]).bind(None, **options)
    else:
        inspect.signature(CHANGES[fault]).bind(None, None, at, **options)
    return Injection(fault, operation, key, times, at, skip, options)


# --- Requests -------------------------------------------------------------------------------------


@dataclass
class Record:
    """A request and what became of it."""

    method: str
    target: str  # as it came: not decoded
    bucket: str
    key: str
    query: dict
    headers: dict  # names in lower case
    operation: str  # one of OPERATIONS
    connection: int  # the number of its connection; the first is 1
    body: bytes = field(default=b"", repr=False)
    time: float = field(default_factory=time.monotonic)
    status: int | None = None  # None: no status line was sent, or one that is not HTTP
    bytes_sent: int = 0  # of the answer's body, without the framing of chunks
    fault: Fault | None = None
    is_done: bool = False


def parse_head(data):
    """Method, target and headers of a request; ValueError if they are not HTTP."""
    lines = data.decode("latin-1").split("\r\n")
    method, target, version = lines[0].split(" ")
    if not version.startswith("HTTP/1.") or not target.startswith("/"):
        raise ValueError(lines[0])
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(line)
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return method, target, headers


def split_target(target, host):
    """Bucket, key and query, each decoded once. A plus is itself in a path, a space in a query."""
    path, _, query = target.partition("?")
    name = host.rpartition(":")[0] or host
    if name.endswith(".localhost"):
        bucket, key = name.removesuffix(".localhost"), path[1:]
    else:
        bucket, _, key = path[1:].partition("/")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, errors="strict")
    return bucket, urllib.parse.unquote(key, errors="strict"), dict(pairs)


def operation_of(method, key, query):
    if SUBRESOURCES_UNKNOWN & query.keys():
        return "other"
    if key:
        return method.lower() if method in ("GET", "HEAD", "PUT", "DELETE") else "other"
    if method == "HEAD":
        return "head"
    if method == "GET" and "location" in query:
        return "location"
    return "list" if method == "GET" and query.get("list-type") == "2" else "other"


def credential(headers):
    """The access key and the region that a request is signed with; None: it is not signed."""
    found = re.search(r"Credential=([^/,\s]+)/\d+/([^/,\s]*)/", headers.get("authorization", ""))
    return found.groups() if found else (None, None)


class Gone(Exception):
    """The client or this server has ended the connection."""


class Connection:
    """One client's connection: a request and its answer after the other, in a thread of its own."""

    def __init__(self, server, sock, number):
        self.server = server
        self.sock = sock
        self.number = number
        self.buffer = b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self):
        try:
            while self._exchange():
                pass
        except (OSError, Gone):
            pass
        except Exception as mistake:  # of the server or of a hook; the test is told at the end
            self.server.errors.append(mistake)
        finally:
            self.sock.close()

    def wake(self):
        """Ends whatever the thread waits for."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    # Reading.

    def _receive(self):
        data = self.sock.recv(PIECE_BYTES)
        if not data:
            raise Gone
        return data

    def _read_until(self, mark):
        start = 0
        while (end := self.buffer.find(mark, start)) < 0:
            if len(self.buffer) > HEAD_BYTES_MAX:
                raise Gone
            start = max(0, len(self.buffer) - len(mark))
            self.buffer += self._receive()
        data, self.buffer = self.buffer[:end], self.buffer[end + len(mark) :]
        return data

    def _read_exactly(self, size):
        data = bytearray(self.buffer[:size])
        self.buffer = self.buffer[size:]
        while len(data) < size:
            piece = self._receive()
            self.buffer = piece[size - len(data) :]
            data += piece[: size - len(data)]
        return bytes(data)

    def _read_chunks(self):
        pieces, total = [], 0
        while size := int(self._read_until(b"\r\n").partition(b";")[0], 16):
            total += size
            if total > REQUEST_BODY_BYTES_MAX:
                raise Gone
            pieces.append(self._read_exactly(size + 2)[:-2])
        while self._read_until(b"\r\n"):
            pass  # trailers
        return b"".join(pieces)

    def _read_body(self, headers):
        size = int(headers.get("content-length", 0))
        if not 0 <= size <= REQUEST_BODY_BYTES_MAX:
            raise Gone
        if headers.get("expect", "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._read_chunks()
        return self._read_exactly(size)

    def _exchange(self):
        """One request and its answer; whether the connection lives on."""
        try:
            method, target, headers = parse_head(self._read_until(b"\r\n\r\n"))
            bucket, key, query = split_target(target, headers.get("host", ""))
            body = self._read_body(headers)
        except ValueError:
            answer = error("InvalidURI", {"Connection": "close"})
            self.sock.sendall(answer.head() + answer.body)
            return False
        operation = operation_of(method, key, query)
        record = Record(method, target, bucket, key, query, headers, operation, self.number, body)
        answer = self.server._answer(record)
        self._send(answer, record)
        ends = (headers.get("connection", ""), answer.headers.get("Connection") or "")
        return answer.stop is None and "close" not in ",".join(ends).lower()

    # Writing.

    def _send(self, answer, record):
        head = answer.head() if answer.raw_head is None else answer.raw_head
        if head.startswith(b"HTTP/"):
            record.status = answer.status
        self.sock.sendall(head)
        has_body = record.method != "HEAD" and answer.status not in (204, 304)
        body = memoryview(answer.body if has_body else b"")[: answer.stop_at]
        for piece in self._paced(body, answer):
            if answer.framing == "chunked":
                self.sock.sendall(b"%x\r\n" % len(piece))
            self._send_counted(piece, record)
            if answer.framing == "chunked":
                self.sock.sendall(b"\r\n")
        if answer.framing == "chunked" and has_body and answer.stop is None:
            self.sock.sendall(b"0\r\n\r\n")
        record.is_done = True
        self._end(answer.stop)

    def _paced(self, body, answer):
        """The body in pieces, none before its time."""
        position = 0
        while position < len(body):
            size = answer.chunk_bytes
            if answer.bytes_per_s and position >= answer.slow_from:
                size = max(1, int(answer.bytes_per_s / DRIBBLES_PER_S))
                if self.server.closing.wait(size / answer.bytes_per_s):
                    raise Gone
            elif answer.bytes_per_s:
                size = min(size, answer.slow_from - position)
            yield body[position : position + size]
            position += size

    def _send_counted(self, piece, record):
        """Counts before it sends: a client that has a byte finds it counted."""
        while piece:
            record.bytes_sent += len(piece)
            sent = 0
            try:
                sent = self.sock.send(piece)
            finally:
                record.bytes_sent -= len(piece) - sent
            piece = piece[sent:]

    def _end(self, stop):
        if stop is Stop.RESET:
            self._await_delivery()
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif stop is Stop.STALL:
            while True:  # until the client gives up, or wake()
                self._receive()
        elif stop in (Stop.MORE_HEADERS, Stop.LONG_HEADER):
            for number in itertools.count():
                is_line = stop is Stop.MORE_HEADERS or number == 0
                line = b"x-endless-%d: " % number if is_line else b""
                end = b"\r\n" if stop is Stop.MORE_HEADERS else b""
                self.sock.sendall(line + b"endless" * 100 + end)

    def _await_delivery(self):
        """A reset throws away what is still on its way."""
        end = time.monotonic() + DELIVERY_SECONDS_MAX
        while time.monotonic() < end:
            waiting = fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4))
            if struct.unpack("i", waiting)[0] == 0:
                return
            time.sleep(0.001)


# --- The server -----------------------------------------------------------------------------------


@dataclass
class Change:
    """An object that becomes another behind the reader's back; see FaultS3.change_between."""

    bucket: str | None
    key: str
    new_data: object
    every_time: bool
    after_gets: int
    was_shown: bool = False
    done: int = 0

    def is_of(self, record, key):
        return key == self.key and self.bucket in (None, record.bucket)

    def is_due(self, record):
        if not self.is_of(record, record.key) or not self.was_shown:
            return False
        looks = ("get", "head") if self.every_time else ("get",)
        if record.operation not in looks or (self.done and not self.every_time):
            return False
        if self.after_gets > 0:
            self.after_gets -= 1
            return False
        return True

    def apply(self, bucket):
        self.done += 1
        data = self.new_data(self.done) if callable(self.new_data) else self.new_data
        old = bucket.objects.pop(self.key, None)
        if data is None:
            return
        etag = md5_etag(data)
        if self.done > 1 and not callable(self.new_data):
            etag = f'{etag[:-1]}-{self.done}"'
        version_id = old.version_id and f"{old.version_id}.{self.done}" if old else None
        bucket.put(self.key, data, etag, version_id, old.headers if old else None)


class FaultS3:
    """The server; a context manager. Attributes that a test may set at any time:

    - `on_request`: a function of a Record, called before each answer, in the thread of its
      connection (several at once); what it does to the server counts for this request already.
    - `expired_keys`, `expired_tokens`: sets of access keys and session tokens that get 400
      ExpiredToken.
    - `region`: requests signed for another get what `wrong_region` says: 'redirect' (301
      PermanentRedirect to `redirect_endpoint`) or 'malformed' (400 AuthorizationHeaderMalformed).
    - `clock_skew`: seconds by which the server's clock is ahead. Requests whose x-amz-date is more
      than 15 minutes from it get 403 RequestTimeTooSkewed; the Date of answers shows that clock.
    - `page_size`: the most keys in a page of a listing; `url_space`: how a listing with
      encoding-type=url writes a space ('+' as AWS, '%20' as others).

    An exception in a hook ends its connection; leaving the context raises it.
    """

    def __init__(self, page_size=1000, region=None, url_space="+"):
        self.page_size = page_size
        self.url_space = url_space
        self.region = region
        self.wrong_region = "redirect"
        self.redirect_endpoint = None
        self.expired_keys = set()
        self.expired_tokens = set()
        self.clock_skew = 0
        self.on_request = None
        self.errors = []
        self.closing = threading.Event()
        self._lock = threading.RLock()  # of all that follows
        self._buckets = {}
        self._records = []
        self._injections = []
        self._changes = []
        self._connections = {}  # Connection: its thread
        self._numbers = itertools.count(1)
        self._holder = bound_socket(0)  # keeps the port while nobody listens
        self.port = self._holder.getsockname()[1]
        self._listen()

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _trace):
        self.close()
        if kind is None and self.errors:
            raise RuntimeError("a thread of the server failed") from self.errors[0]

    @property
    def endpoint(self):
        """For path style."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def localhost_endpoint(self):
        """For virtual-host style: http://BUCKET.localhost:PORT."""
        return f"http://localhost:{self.port}"

    def close(self):
        """Ends all that is under way, stalls too; never waits long."""
        self.closing.set()
        self._stop_listening()
        self._holder.close()
        self.drop_connections()

    # The network.

    def _listen(self):
        self._listener = bound_socket(self.port)
        self._listener.listen(1024)
        self._acceptor = threading.Thread(
            target=self._accept, args=(self._listener,), name="fault-s3", daemon=True
        )
        self._acceptor.start()

    def _stop_listening(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._acceptor.join(JOIN_SECONDS_MAX)
        self._listener.close()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError as failure:
                if failure.errno in (errno.EINVAL, errno.EBADF):
                    return  # _stop_listening()
                time.sleep(0.01)
                continue
            connection = Connection(self, sock, next(self._numbers))
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection):
        try:
            connection.serve()
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def drop_connections(self):
        """Closes all connections, idle ones and those in the middle of an answer."""
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            connection.wake()
        end = time.monotonic() + JOIN_SECONDS_MAX
        for thread in connections.values():
            thread.join(max(0, end - time.monotonic()))

    @contextlib.contextmanager
    def refused(self):
        """Within it the server is down: old connections are closed, new ones refused."""
        self.refuse()
        try:
            yield
        finally:
            self.accept_again()

    def refuse(self):
        self._stop_listening()
        self.drop_connections()

    def accept_again(self):
        self._listen()

    # Objects.

    def create_bucket(self, bucket):
        with self._lock:
            return self._buckets.setdefault(bucket, Bucket())

    def put(self, bucket, key, data, etag=None, version_id=None, headers=None):
        """Makes the bucket too. etag: with its quotes, default: that of the MD5. Returns the ETag.

        Versions with an id stay readable by it (`?versionId=`). headers: for the answers to GET.
        """
        with self._lock:
            return self.create_bucket(bucket).put(key, data, etag, version_id, headers).etag

    def get(self, bucket, key):
        """The bytes; None: there is no such object."""
        with self._lock:
            found = self.create_bucket(bucket).find(key)
            return None if found is None else found.data

    def delete(self, bucket, key):
        with self._lock:
            self.create_bucket(bucket).objects.pop(key, None)

    def keys(self, bucket):
        with self._lock:
            return sorted(self.create_bucket(bucket).objects)

    # Faults.

    def inject(self, fault, operation=None, key=None, times=1, at=None, skip=0, **options):
        """The next `times` requests that fit get the fault, after `skip` that do not.

        operation: one of OPERATIONS or 'any'; default 'list' for LIST_ faults, otherwise 'get'.
        key: of the object; of a listing its prefix; None: any. at and options: see Fault.
        Of several faults for a request the one injected first strikes. Returns the Injection.
        """
        injection = checked_injection(fault, operation, key, times, at, skip, options)
        with self._lock:
            self._injections.append(injection)
        return injection

    def clear_faults(self):
        with self._lock:
            self._injections.clear()
            self._changes.clear()

    def change_between(self, key, new_data, bucket=None, every_time=False, after_gets=0):
        """Once a listing has shown the object, it is another before its next GET.

        new_data: bytes, None (it is deleted), or a function of the number of the change (1, 2, ...)
        that returns one of these. every_time: before each GET and HEAD again, with a new ETag each
        time even when the bytes are the same. after_gets: GETs that still see the old object.
        """
        with self._lock:
            self._changes.append(Change(bucket, key, new_data, every_time, after_gets))

    # The log.

    @property
    def requests(self):
        """The records so far, in order of arrival; those under way still grow."""
        with self._lock:
            return list(self._records)

    def clear_requests(self):
        with self._lock:
            self._records.clear()

    def count(self, method=None, key=None, operation=None):
        return sum(
            method in (None, record.method)
            and key in (None, record.key)
            and operation in (None, record.operation)
            for record in self.requests
        )

    # Answers.

    def _answer(self, record):
        with self._lock:
            self._records.append(record)
        if self.on_request is not None:
            self.on_request(record)
        with self._lock:
            found = next((one for one in self._injections if one.strikes(record)), None)
            record.fault = found and found.fault
            if record.fault in REFUSALS:
                answer = REFUSALS[record.fault](record, **found.options)
            else:
                answer = self._true_answer(record)
        date = email.utils.format_datetime(self._now(), usegmt=True)
        common = {"Date": date, "Server": "FaultS3", "x-amz-request-id": "4442587FB7D0A2F9"}
        answer.headers = common | answer.headers
        if found and record.fault in CHANGES:
            CHANGES[record.fault](answer, record, found.at, **found.options)
        return answer

    def _true_answer(self, record):
        headers = dict(record.headers)
        if record.fault is Fault.RANGE_IGNORED:
            headers.pop("range", None)
        refused = self._credential_error(record)
        if refused is not None:
            return refused
        if record.operation == "other":
            return self._other(record)
        if record.bucket not in self._buckets:
            return error("NoSuchBucket", BucketName=record.bucket)
        return getattr(self, f"_{record.operation}")(record, headers, self._buckets[record.bucket])

    def _now(self):
        skew = datetime.timedelta(seconds=self.clock_skew)
        return datetime.datetime.now(datetime.timezone.utc) + skew

    def _credential_error(self, record):
        access_key, region = credential(record.headers)
        token = record.headers.get("x-amz-security-token")
        if access_key in self.expired_keys or token in self.expired_tokens:
            return error("ExpiredToken", **{"Token-0": token or ""})
        if access_key is None:
            return None
        if self.region not in (None, region) and record.operation != "location":
            return self._region_error(record)
        return self._skew_error(record.headers.get("x-amz-date"))

    def _region_error(self, record):
        headers = {"x-amz-bucket-region": self.region}
        if self.wrong_region == "malformed":
            return error("AuthorizationHeaderMalformed", headers, Region=self.region)
        endpoint = self.redirect_endpoint or f"127.0.0.1:{self.port}"
        return error("PermanentRedirect", headers, Endpoint=endpoint, Bucket=record.bucket)

    def _skew_error(self, date):
        if date is None:
            return None
        now, zone = self._now(), datetime.timezone.utc
        try:
            asked = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=zone)
        except ValueError:
            return error("AccessDenied")
        if abs((now - asked).total_seconds()) <= SKEW_SECONDS_MAX:
            return None
        times = {"RequestTime": date, "ServerTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return error("RequestTimeTooSkewed", **times, MaxAllowedSkewMilliseconds=900_000)

    def _other(self, record):
        if record.method == "PUT" and record.bucket and not record.key and not record.query:
            self.create_bucket(record.bucket)
            return Answer(200, {"Location": f"/{record.bucket}"})
        return error("NotImplemented")

    def _look(self, record, bucket):
        """The object of a GET or HEAD, or the answer that there is none."""
        for change in self._changes:
            if change.is_due(record):
                change.apply(bucket)
        version_id = record.query.get("versionId")
        found = bucket.find(record.key, version_id)
        if found is not None:
            return found
        if version_id is not None:
            return error("NoSuchVersion", Key=record.key, VersionId=version_id)
        return error("NoSuchKey", Key=record.key)

    def _get(self, record, headers, bucket):
        found = self._look(record, bucket)
        return found if isinstance(found, Answer) else object_answer(found, headers)

    def _head(self, record, headers, bucket):
        if record.key:
            return self._get(record, headers, bucket)
        return Answer(200, {"x-amz-bucket-region": self.region or "us-east-1"})

    def _put(self, record, headers, bucket):
        wrong = body_error(headers, record.body)
        if wrong is not None:
            return wrong
        if headers.get("if-none-match") == "*" and record.key in bucket.objects:
            return error("PreconditionFailed", Condition="If-None-Match")
        return Answer(200, {"ETag": bucket.put(record.key, record.body).etag})

    def _delete(self, record, _headers, bucket):
        bucket.objects.pop(record.key, None)
        return Answer(204)

    def _location(self, _record, _headers, _bucket):
        region = "" if self.region in (None, "us-east-1") else self.region
        return xml_answer(f"<LocationConstraint {XMLNS}>{region}</LocationConstraint>")

    def _list(self, record, _headers, bucket):
        try:
            page = page_of(bucket.objects, record.query, self.page_size)
        except ValueError:
            return error("InvalidArgument")
        for change in self._changes:
            change.was_shown |= any(change.is_of(record, key) for key in page.keys())
        return xml_answer(list_xml(record.bucket, bucket, page, record.query, self.url_space))


def bound_socket(port):
    """With address reuse several may hold a port, as long as one of them listens."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock
