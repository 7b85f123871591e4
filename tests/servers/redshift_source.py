"""What COPY reads, and with whose rights: roles that STS gives a session for, objects, manifests.

The Redshift service, a user of the S3 server, assumes the role of the statement; with several, each
is assumed by the one before. All requests are the last session's.
"""

import bz2
import collections
import concurrent.futures
import http.client
import json
import re
import subprocess
import zlib

from redshift_sql import SqlError
from s3_client import S3Error

INTERNAL_ERROR = "XX000"
S3_CODE = 8001
ROLE_CODE = 30000
THREADS = 8
AHEAD_MAX = 32  # objects that are read before they are wanted
DECOMPRESS_SECONDS_MAX = 120
ENTRIES_MAX = 1_000_000
GZIP_WINDOW = 31  # of zlib: gzip, with its header and its checksum

ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d*):role/[\w+=,.@/-]+")
ADDRESS = re.compile(r"s3://([^/]+)/(.+)", re.DOTALL)
MESSAGES = {
    "AccessDenied": "Access Denied",
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchBucket": "The specified bucket does not exist",
    "PermanentRedirect": (
        "The bucket you are attempting to access must be addressed using the specified endpoint."
        " Please send all future requests to this endpoint."
    ),
}
DETAIL = """
  -----------------------------------------------
  error:  {error}
  code:      {code}
  context:   {context}
  query:     {query}
  location:  {location}
  process:   {process}
  -----------------------------------------------
"""

Object = collections.namedtuple("Object", "url bucket key is_mandatory")


def copy_error(error, code=S3_CODE, context="", location="table_s3_scanner.cpp:358", query=0):
    """An error of the load as a whole, with the lines that Redshift adds."""
    fields = {"error": error, "code": code, "context": context, "location": location}
    detail = DETAIL.format(**fields, query=query, process="padbmaster [pid=1]")
    return SqlError(INTERNAL_ERROR, error, detail)


def service_error(status, code, what=""):
    message = MESSAGES.get(code, code or "Unknown")
    text = f"S3ServiceException:{message},Status {status},Error {code},Rid TEST,CanRetry 1"
    return copy_error(text, context=what)


class S3Source:
    """The S3 server as the cluster sees it."""

    def __init__(self, cluster, s3, service):
        self.cluster = cluster
        self.s3 = s3
        self.service = service

    def open(self, roles, user, region):
        """A Reader with the rights of the last role."""
        client = self.s3 and self.s3.client(self.service)
        for role in roles:
            found = ROLE.fullmatch(role)
            if not found:
                raise copy_error(f"Invalid IAM role ARN: {role}", ROLE_CODE)
            try:
                if client is None:
                    raise refused_role(self.cluster, user, role)
                # The S3 server knows of no accounts.
                arn = role.replace(f":iam::{found.group(2)}:", ":iam:::", 1)
                session = client.assume_role(arn, session="RedshiftIamRoleSession")
            except S3Error:
                raise refused_role(self.cluster, user, role) from None
            client = self.s3.client(session)
        return Reader(client, self.cluster, region)


def refused_role(cluster, user, role):
    arn = f"arn:aws:redshift:{cluster.region}:{cluster.account}:dbuser:{cluster.name}/{user}"
    return copy_error(
        f"User {arn} is not authorized to assume IAM Role {role}",
        ROLE_CODE,
        location="xen_aws_credentials_mgr.cpp:402",
    )


class Reader:
    def __init__(self, client, cluster, region):
        self.client = client
        self.cluster = cluster
        self.region = region or cluster.region

    def get(self, bucket, key, what):
        """The bytes of an object."""
        return self.answer(bucket, key, what).body

    def answer(self, bucket, key, what):
        """The object with its headers."""
        self.check_region(bucket)
        try:
            return self.client.get(bucket, key)
        except S3Error as error:
            raise service_error(error.status, error.code, f"{what}s3://{bucket}/{key}") from None
        except (OSError, http.client.HTTPException) as error:
            raise copy_error(f"S3CurlException: {error},CurlError 7,CanRetry 1") from None

    def check_region(self, bucket):
        """The S3 server answers whatever the region; Amazon's sends elsewhere."""
        if self.cluster.region_of(bucket) != self.region:
            raise service_error(301, "PermanentRedirect", f"S3 bucket: {bucket}")

    def list(self, url):
        """The Objects below a prefix."""
        bucket, key = split_address(url)
        self.check_region(bucket)
        try:
            found = self.client.list(bucket, key)
        except S3Error as error:
            raise service_error(error.status, error.code, f"Listing bucket={bucket}") from None
        if not found:
            raise copy_error(f"The specified S3 prefix '{key}' does not exist")
        keys = [one.key.decode("utf-8", "surrogateescape") for one in found]
        return [Object(f"s3://{bucket}/{key}", bucket, key, True) for key in keys]

    def manifest(self, url):
        """The Objects that a manifest names."""
        bucket, key = split_address(url)
        try:
            body = self.get(bucket, key, "S3 manifest: ")
        except SqlError as error:
            raise copy_error(f"Problem reading manifest file - {error.message}") from None
        try:
            entries = json.loads(body)["entries"]
            found = [manifest_entry(entry) for entry in entries]
        except (ValueError, KeyError, TypeError, AttributeError):
            text = f"Problem reading manifest file {url} - Invalid JSON"
            raise copy_error(text, context=f"Manifest file: {url}") from None
        if len(found) > ENTRIES_MAX:
            raise copy_error(f"Problem reading manifest file {url} - too many entries")
        return found

    def read_all(self, objects):
        """Pairs of an Object and the answer that holds it, in order; those not there and not needed
        are left out."""
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            coming = collections.deque()
            rest = iter(objects)
            try:
                while True:
                    for one in rest:
                        coming.append((one, pool.submit(self.read_entry, one)))
                        if len(coming) == AHEAD_MAX:
                            break
                    if not coming:
                        return
                    one, body = coming.popleft()
                    if body.result() is not None:
                        yield one, body.result()
            finally:
                for _, body in coming:
                    body.cancel()

    def read_entry(self, one):
        try:
            return self.answer(one.bucket, one.key, "S3 key being read : ")
        except SqlError as error:
            is_missing = "Error NoSuchKey" in error.message
            if is_missing and not one.is_mandatory:
                return None
            if is_missing and one.is_mandatory:
                text = "Mandatory url is not present in manifest file."
                raise copy_error(text, context=f"S3 url: {one.url}") from None
            raise


def manifest_entry(entry):
    bucket, key = split_address(entry["url"])
    return Object(entry["url"], bucket, key, entry.get("mandatory", False) is True)


def split_address(url):
    found = ADDRESS.fullmatch(url)
    if not found:
        raise copy_error(f"Invalid S3 address: {url}")
    return found.groups()


def decompress(body, kind, url):
    try:
        if kind == "gzip":
            return streams(body, lambda: zlib.decompressobj(GZIP_WINDOW))
        if kind == "bzip2":
            return streams(body, bz2.BZ2Decompressor)
        if kind == "zstd":
            return zstd(body)
    except (OSError, EOFError, zlib.error, ValueError):
        text = "failed to inflate with invalid or incomplete deflate data. zlib error code: -3"
        raise copy_error(text, 9001, f"S3 key being read : {url}") from None
    return body


def streams(body, decompressor):
    """One stream behind the other, and nothing else behind the last: as strict as it can be."""
    found = []
    while body:
        stream = decompressor()
        found.append(stream.decompress(body))
        if not stream.eof:
            raise EOFError("cut")
        body = stream.unused_data
    return b"".join(found)


def zstd(body):
    command = ["zstd", "-dc"]
    done = subprocess.run(
        command, input=body, capture_output=True, timeout=DECOMPRESS_SECONDS_MAX, check=False
    )
    if done.returncode != 0:
        raise ValueError("zstd")
    return done.stdout
