"""A small S3 client for tests: the standard library and a Signature V4 of its own.

It shares nothing with the program under test, so it can put what the program must find and tell
what the program should have got. Keys are bytes: a `str` stands for its UTF-8, and nothing in a key
is normalised (`a//b`, `../x`, `%2F`, `+`, newlines).

    client = S3Client("http://127.0.0.1:8000", access_key, secret_key)
    client.create_bucket("logs")
    client.put("logs", "2018/11/a.json", b"{}")
    client.get("logs", "2018/11/a.json").body

Methods raise S3Error for answers that are not 2xx; `request` returns them all.
"""

import collections
import concurrent.futures
import datetime
import hashlib
import hmac
import http.client
import itertools
import json
import re
import ssl
import threading
import urllib.parse
import xml.etree.ElementTree

TIMEOUT_S = 60
UNSIGNED = "UNSIGNED-PAYLOAD"
# A request whose kept connection turns out to be closed is sent once more.
ATTEMPTS_MAX = 2
PART_BYTES_MIN = 5 << 20
CONTROL_REFERENCE = re.compile(rb"&#x(0[0-8BCEF]|1[0-9A-F]);", re.IGNORECASE)

Response = collections.namedtuple("Response", "status headers body")
Listed = collections.namedtuple("Listed", "key etag size modified version_id")
Credentials = collections.namedtuple("Credentials", "access_key secret_key token", defaults=(None,))


class S3Error(Exception):
    """An answer that is not 2xx. `code` and `message` are the server's, empty if it gave none."""

    def __init__(self, what, response):
        self.status = response.status
        self.headers = response.headers
        self.code = xml_text(response.body, "Code")
        self.message = xml_text(response.body, "Message")
        super().__init__(f"{what}: {self.status} {self.code} {self.message}".rstrip())


class S3Client:
    """Speaks to one endpoint as one user; may be used by many threads, each has a connection.

    `region` goes into the credential scope as it is; `clock_offset_s` is added to this machine's
    time before signing; no `access_key` means anonymous requests. `virtual_host`, such as
    "s3.localhost", asks for `bucket.s3.localhost` instead of a path below the endpoint; the
    connection goes to the endpoint's address either way.
    """

    def __init__(
        self,
        endpoint,
        access_key=None,
        secret_key=None,
        token=None,
        region="us-east-1",
        clock_offset_s=0,
        ca_file=None,
        virtual_host=None,
    ):
        self.endpoint = urllib.parse.urlsplit(endpoint)
        self.credentials = Credentials(access_key, secret_key, token)
        self.region = region
        self.clock_offset_s = clock_offset_s
        self.virtual_host = virtual_host
        self.tls = None
        if self.endpoint.scheme == "https":
            self.tls = ssl.create_default_context(cafile=ca_file)
        self.local = threading.local()

    # Objects

    def put(self, bucket, key, body, headers=None):
        """The ETag, without its quotes. `body` is bytes, or a file opened for reading."""
        response = self.checked("PUT", bucket, key, body=body, headers=headers)
        return response.headers["ETag"].strip('"')

    def put_many(self, bucket, objects, threads=8):
        """Puts (key, body) pairs on several threads; the number of them."""

        def put_some(share):
            for key, body in share:
                self.put(bucket, key, body)
            return len(share)

        objects = list(objects)
        shares = [objects[first::threads] for first in range(threads)]
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(put_some, shares))

    def put_multipart(self, bucket, key, parts):
        """Puts an object in parts, all but the last of PART_BYTES_MIN at least; its ETag."""
        started = self.checked("POST", bucket, key, {"uploads": ""})
        upload = {"uploadId": xml_text(started.body, "UploadId")}
        listed = []
        for number, part in enumerate(parts, 1):
            query = {"partNumber": str(number), **upload}
            etag = self.checked("PUT", bucket, key, query, part).headers["ETag"]
            listed.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        body = f"<CompleteMultipartUpload>{''.join(listed)}</CompleteMultipartUpload>".encode()
        self.checked("POST", bucket, key, upload, body)
        return self.head(bucket, key).headers["ETag"].strip('"')  # RGW's answer has an empty one

    def get(self, bucket, key, headers=None, version_id=None):
        """A Response; `headers` such as {"Range": "bytes=0-9"} or {"If-Match": '"etag"'}."""
        return self.checked("GET", bucket, key, version_query(version_id), headers=headers)

    def head(self, bucket, key, headers=None, version_id=None):
        return self.checked("HEAD", bucket, key, version_query(version_id), headers=headers)

    def delete(self, bucket, key, version_id=None):
        self.checked("DELETE", bucket, key, version_query(version_id))

    def list(self, bucket, prefix="", page_size=1000):
        """Every object below a prefix as Listed, in the order of the pages."""
        query = {"list-type": "2", "encoding-type": "url", "max-keys": str(page_size)}
        query["prefix"] = prefix
        found = []
        while True:
            page = xml_tree(self.checked("GET", bucket, query=query).body)
            found += [listed(node) for node in page.iterfind("Contents")]
            if page.findtext("IsTruncated") != "true":
                return found
            # Not the continuation token: RGW's is a raw key, and XML does not keep every byte.
            query["start-after"] = found[-1].key

    def list_versions(self, bucket, prefix=""):
        """Every version below a prefix as Listed, newest first for each key; no delete markers."""
        query = {"versions": "", "encoding-type": "url", "prefix": prefix}
        found = []
        while True:
            page = xml_tree(self.checked("GET", bucket, query=query).body)
            found += [listed(node) for node in page.iterfind("Version")]
            if page.findtext("IsTruncated") != "true":
                return found
            query["key-marker"] = found[-1].key
            query["version-id-marker"] = page.findtext("NextVersionIdMarker")

    # Buckets

    def create_bucket(self, bucket):
        self.checked("PUT", bucket)

    def delete_bucket(self, bucket):
        self.checked("DELETE", bucket)

    def put_bucket_policy(self, bucket, statements):
        """Sets what others may do; `statements` as allow() makes them."""
        self.checked("PUT", bucket, query={"policy": ""}, body=policy(statements))

    def enable_versioning(self, bucket, status="Enabled"):
        body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
        self.checked("PUT", bucket, query={"versioning": ""}, body=body.encode())

    def bucket_region(self, bucket):
        """What GetBucketLocation says."""
        return xml_tree(self.checked("GET", bucket, query={"location": ""}).body).text or ""

    # STS and IAM

    def assume_role(self, role_arn, session="test", seconds=3600):
        """Credentials of a session, by STS AssumeRole."""
        body = self.action(
            "sts",
            Action="AssumeRole",
            RoleArn=role_arn,
            RoleSessionName=session,
            DurationSeconds=str(seconds),
        ).body
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return Credentials(*(xml_text(body, name) for name in names))

    def action(self, service, **parameters):
        """Posts a form, as STS and IAM have it."""
        form = urllib.parse.urlencode(parameters).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        what = f"{service} {parameters['Action']}"
        return accepted(what, self.request("POST", body=form, headers=headers, service=service))

    # Requests

    def checked(self, method, bucket=None, key=None, query=None, body=b"", headers=None):
        what = f"{method} {bucket}/{'' if key is None else key!r}"
        return accepted(what, self.request(method, bucket, key, query, body, headers))

    def request(
        self, method, bucket=None, key=None, query=None, body=b"", headers=None, service="s3"
    ):
        """Signs and sends; a Response whatever its status."""
        host, path = self.address(bucket, key)
        target = canonical_query(query or {})
        headers = {"Host": host, **(headers or {})}
        if not isinstance(body, (bytes, bytearray, memoryview)):
            headers["Content-Length"] = str(file_size(body))
        if self.credentials.access_key is not None:
            headers = self.signed(method, path, target, headers, body, service)
        return self.send(method, path + (f"?{target}" if target else ""), body, headers)

    def address(self, bucket, key):
        """Host header and path; the path is percent-encoded once and otherwise left alone."""
        host, path = self.endpoint.netloc, "/"
        if bucket is not None and self.virtual_host:
            host = f"{bucket}.{self.virtual_host}:{self.endpoint.port}"
        elif bucket is not None:
            path += quote(bucket) + ("" if key is None else "/")
        return host, path + ("" if key is None else quote(key, safe="/"))

    def signed(self, method, path, query, headers, body, service):
        """The headers with those of Signature V4."""
        now = datetime.datetime.now(datetime.timezone.utc)
        now += datetime.timedelta(seconds=self.clock_offset_s)
        in_bytes = isinstance(body, (bytes, bytearray, memoryview))
        payload = hashlib.sha256(body).hexdigest() if in_bytes else UNSIGNED
        headers = {
            **headers,
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-content-sha256": payload,
        }
        if self.credentials.token is not None:
            headers["x-amz-security-token"] = self.credentials.token
        lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
        names = sorted(lower)
        canonical = "\n".join(
            [method, path, query]
            + [f"{name}:{lower[name]}" for name in names]
            + ["", ";".join(names), payload]
        )
        scope = f"{now:%Y%m%d}/{self.region}/{service}/aws4_request"
        signature = sign(self.credentials.secret_key, scope, headers["x-amz-date"], canonical)
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.credentials.access_key}/{scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return headers

    def send(self, method, target, body, headers):
        """One request on this thread's connection, which is made anew if the server closed it."""
        for attempt in itertools.count(1):
            connection = self.connection()
            try:
                connection.request(method, target, body or None, headers)
                answer = connection.getresponse()
                return Response(answer.status, answer.headers, answer.read())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                if attempt == ATTEMPTS_MAX or not isinstance(body, bytes):
                    raise
            except BaseException:
                self.close()
                raise

    def connection(self):
        if getattr(self.local, "kept", None) is None:
            place = (self.endpoint.hostname, self.endpoint.port)
            if self.tls is None:
                made = http.client.HTTPConnection(*place, timeout=TIMEOUT_S)
            else:
                made = http.client.HTTPSConnection(*place, timeout=TIMEOUT_S, context=self.tls)
            self.local.kept = Kept(made)
        return self.local.kept.connection

    def close(self):
        """Closes this thread's connection; the next request makes another."""
        self.local.kept = None


class Kept:
    """A connection that is closed when its thread or its client ends."""

    def __init__(self, connection):
        self.connection = connection

    def __del__(self):
        self.connection.close()


def allow(actions, bucket, user=None, effect="Allow"):
    """A statement of a bucket policy: `user` (everybody if None) may do `actions`, such as
    ["GetObject", "ListBucket"], on the bucket and its objects."""
    return {
        "Effect": effect,
        "Principal": "*" if user is None else {"AWS": [f"arn:aws:iam:::user/{user}"]},
        "Action": [f"s3:{name}" for name in actions],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }


def policy(statements):
    """The document that holds the statements, as bytes."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}).encode()


def accepted(what, response):
    if not 200 <= response.status < 300:
        raise S3Error(what, response)
    return response


def quote(text, safe=""):
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)
    return urllib.parse.quote_from_bytes(raw, safe=safe)


def canonical_query(query):
    return "&".join(f"{name}={value}" for name, value in sorted(map(quoted_pair, query.items())))


def quoted_pair(pair):
    return quote(pair[0]), quote(pair[1])


def version_query(version_id):
    return None if version_id is None else {"versionId": version_id}


def sign(secret_key, scope, timestamp, canonical_request):
    """Signature V4 of a canonical request."""
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", timestamp, scope, digest])
    key = f"AWS4{secret_key}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def file_size(file):
    place = file.tell()
    size = file.seek(0, 2) - place
    file.seek(place)
    return size


def xml_tree(body):
    """An element tree without namespaces, and without the control characters that RGW writes
    where XML has no way to hold them."""
    tree = xml.etree.ElementTree.fromstring(CONTROL_REFERENCE.sub(b"?", body.lstrip()))
    for node in tree.iter():
        node.tag = node.tag.rpartition("}")[2]
    return tree


def xml_text(body, name):
    """The text of the first element of that name; empty where there is none."""
    try:
        node = xml_tree(body).find(f".//{name}")
    except xml.etree.ElementTree.ParseError:
        return ""
    return "" if node is None else node.text or ""


def listed(node):
    return Listed(
        key=urllib.parse.unquote_to_bytes(node.findtext("Key")),
        etag=node.findtext("ETag").strip('"'),
        size=int(node.findtext("Size")),
        modified=node.findtext("LastModified"),
        version_id=node.findtext("VersionId"),
    )
