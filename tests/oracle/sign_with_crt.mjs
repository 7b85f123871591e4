// Signs requests as AWS's own library does, for signature_test.py: JSON lines on stdin, one answer a
// line on stdout. What a request and an answer are: ../tools/sign_requests.cc.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Not "aws-crt" as a whole, which loads packages for MQTT that package-lock.json leaves out.
const require = createRequire(import.meta.url);
const auth = require("aws-crt/dist/native/auth");
const { HttpHeaders, HttpRequest } = require("aws-crt/dist/native/http");

// encodeURIComponent leaves these five; RFC 3986 reserves them.
function encode(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase(),
  );
}

function targetOf(request) {
  const path = "/" + request.key.split("/").map(encode).join("/");
  const query = request.query.map(([name, value]) => encode(name) + "=" + encode(value));
  return query.length === 0 ? path : path + "?" + query.join("&");
}

async function sign(request) {
  const target = targetOf(request);
  const isS3 = request.service === "s3";
  // `host` leaves out a port that the scheme implies, as every client does.
  const headers = [["Host", new URL(request.origin).host], ...request.headers];
  const signed = await auth.aws_sign_request(
    new HttpRequest(request.method, target, new HttpHeaders(headers)),
    {
      algorithm: auth.AwsSigningAlgorithm.SigV4,
      signature_type: auth.AwsSignatureType.HttpRequestViaHeaders,
      provider: auth.AwsCredentialsProvider.newStatic(
        request.access_key_id,
        request.secret_access_key,
        request.session_token === "" ? undefined : request.session_token,
      ),
      region: request.region,
      service: request.service,
      date: new Date(request.time_us / 1000),
      use_double_uri_encode: !isS3,
      should_normalize_uri_path: !isS3,
      signed_body_value: createHash("sha256").update(request.body, "utf8").digest("hex"),
      signed_body_header: isS3
        ? auth.AwsSignedBodyHeaderType.XAmzContentSha256
        : auth.AwsSignedBodyHeaderType.None,
    },
  );
  return { url: request.origin + target, headers: [...signed.headers] };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await sign(JSON.parse(line))));
}
