// Addresses: percent encoding there and back, S3 URLs, warehouse URLs. A password in a URL is
// noticed, and what refuses a URL does not show it.

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "aws/redshift_address.h"
#include "base/percent_encoding.h"
#include "base/utf8.h"
#include "cli/redshift_url.h"
#include "cli/url_secret.h"
#include "expect.h"
#include "percent.h"
#include "source/s3/s3_uri.h"
#include "warehouse/libpq/connection_options.h"

namespace sparkify {
namespace {

using fuzz::expect;
using fuzz::expect_equal;
using fuzz::percent_encoded;

constexpr std::string_view kPlanted = "Zq7plantedPw";

void check_encoding(const std::string& text) {
  for (const bool keep_slash : {false, true}) {
    const std::string encoded = percent_encode(text, keep_slash);
    expect(percent_decode(encoded) == text, "what is encoded is decoded to itself", text);
    expect_equal(encoded, percent_encoded(text, keep_slash), "both encodings agree");
  }
  const auto decoded = percent_decode(text);
  const bool has_percent = text.find('%') != std::string::npos;
  expect(has_percent || decoded == text, "without a % nothing is decoded", text);
  expect(!decoded || decoded->size() <= text.size(), "decoding never makes it longer", text);
}

void check_s3_uri(const std::string& text) {
  for (const std::string& uri : {text, "s3://" + text, "s3://bucket/" + text}) {
    const auto parsed = parse_s3_uri(uri);
    if (!parsed.ok()) {
      expect(parsed.error().kind == ErrorKind::config, "a refusal is one of settings");
      expect(is_utf8(parsed.error().message), "and safe to print");
      continue;
    }
    const bool has_slash = uri.find('/', kS3Scheme.size()) != std::string::npos;
    expect(parsed->text() == uri + (has_slash ? "" : "/"), "bucket and key are the whole URL", uri);
  }
  const std::string whole = "s3://bucket/" + text;
  expect(parse_s3_uri(whole).ok() && parse_s3_uri(whole)->key == text, "any bytes are a key");
}

void check_warehouse_url(const std::string& text) {
  read_redshift_address(text);
  read_redshift_url(std::string(kRedshiftScheme) + text);
  const auto parsed = libpq::parse_url("postgresql://" + text);
  if (!parsed.ok()) {
    expect(parsed.error().kind == ErrorKind::config, "a refusal is one of settings");
    return;
  }
  expect(!parsed->contains("password"), "no password comes out of a URL", text);
  expect(is_utf8(libpq::display_address(*parsed, "postgresql")) ||
             !is_utf8(text),  // a percent-encoded byte may be anything
         "an address is safe to show", text);
}

/// The parts of a URL are what went into it.
void check_redshift_parts(FuzzedDataProvider& input) {
  const std::string user = input.ConsumeRandomLengthString(20);
  const std::string database = input.ConsumeRandomLengthString(20);
  const RedshiftUrl url =
      read_redshift_url("redshift://" + percent_encode(user) + "@dwh.example.com:5439/" +
                        percent_encode(database) + "?sslmode=verify-full");
  expect(url.user == user && url.database == database && url.host == "dwh.example.com",
         "user, host and database are as written", user + "@" + database);
}

/// A password where drivers take one, whatever stands around it.
void check_password(FuzzedDataProvider& input) {
  static constexpr std::array<const char*, 3> kSchemes = {"postgresql://", "postgres://",
                                                          "redshift://"};
  const std::string scheme = input.PickValueInArray(kSchemes);
  const std::string planted(kPlanted);
  const std::string user = percent_encode(input.ConsumeRandomLengthString(12));
  const std::string rest = input.ConsumeRandomLengthString(30);
  if (rest.find(kPlanted) != rest.npos || user.find(kPlanted) != user.npos) return;
  for (const std::string& url :
       {scheme + user + ":" + planted + "@host/" + rest, scheme + "host/db?password=" + planted,
        scheme + "host/db?" + percent_encode(rest) + "&Password=" + planted}) {
    expect(holds_password(url), "a password in a URL is noticed", url);
    const auto parsed = libpq::parse_url(url);
    expect(!parsed.ok(), "and refused", url);
    expect(parsed.error().message.find(planted) == std::string::npos, "and not shown",
           parsed.error().message);
  }
  expect(holds_aws_keys("s3://KEY:" + planted + "@bucket/" + rest), "keys in a place are noticed");
}

}  // namespace
}  // namespace sparkify

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  if (input.ConsumeBool()) {
    sparkify::check_redshift_parts(input);
    sparkify::check_password(input);
    return 0;
  }
  const std::string text = input.ConsumeRemainingBytesAsString();
  sparkify::check_encoding(text);
  sparkify::check_s3_uri(text);
  sparkify::check_warehouse_url(text);
  return 0;
}
