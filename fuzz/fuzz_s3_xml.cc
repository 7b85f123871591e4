// S3's XML: any text is a sound listing or is refused; a listing that a server would send is read
// back exactly, whatever its keys are; a cut one is refused.

#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/percent_encoding.h"
#include "base/utf8.h"
#include "expect.h"
#include "source/s3/s3_xml.h"

namespace sparkify {
namespace {

using fuzz::expect;

void check_any(const std::string& xml) {
  parse_s3_error(xml);
  const auto page = parse_s3_page(xml);
  if (!page.ok()) {
    expect(page.error().kind == ErrorKind::source && !page.error().message.empty(),
           "a refusal says why");
    return;
  }
  for (const S3Entry& entry : page->entries) {
    expect(!entry.key.empty() && !entry.etag.empty(), "an object has a key and an ETag");
  }
  for (const std::string& prefix : page->prefixes) expect(!prefix.empty(), "a prefix is one");
}

/// As S3 encodes a key with encoding-type=url: a blank is a plus.
std::string encoded_key(const std::string& key) {
  std::string encoded;
  for (const char c : key) encoded += c == ' ' ? "+" : percent_encode(std::string(1, c), true);
  return encoded;
}

std::string escaped(std::string_view text) {
  std::string xml;
  for (const char c : text) {
    switch (c) {
      case '&':
        xml += "&amp;";
        break;
      case '<':
        xml += "&lt;";
        break;
      case '"':
        xml += "&quot;";
        break;
      case '\r':
        xml += "&#13;";
        break;
      default:
        xml += c;
    }
  }
  return xml;
}

struct Written {
  S3Page page;
  std::string xml;
};

std::string nonempty(FuzzedDataProvider& input, std::size_t bytes_max) {
  std::string text = input.ConsumeRandomLengthString(bytes_max);
  return text.empty() ? "k" : text;
}

/// What XML can hold: UTF-8 without control characters, not blank alone.
std::string xml_text(FuzzedDataProvider& input) {
  std::string text;
  for (const char c : input.ConsumeRandomLengthString(30)) {
    if (c >= ' ' && c < '\x7f') text += c;
  }
  return "t" + text + "t";
}

Written write_page(FuzzedDataProvider& input) {
  Written written;
  written.xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>"
      "<EncodingType>url</EncodingType>";
  for (std::size_t i = input.ConsumeIntegralInRange<std::size_t>(0, 5); i > 0; --i) {
    if (input.ConsumeBool()) {
      const std::string prefix = nonempty(input, 20);
      written.page.prefixes.push_back(prefix);
      written.xml +=
          "<CommonPrefixes><Prefix>" + encoded_key(prefix) + "</Prefix></CommonPrefixes>";
      continue;
    }
    const S3Entry entry{nonempty(input, 40), xml_text(input),
                        input.ConsumeIntegral<std::uint64_t>()};
    written.page.entries.push_back(entry);
    written.xml += "<Contents><Key>" + encoded_key(entry.key) + "</Key><ETag>&quot;" +
                   escaped(entry.etag) + "&quot;</ETag><Size>" + std::to_string(entry.size_bytes) +
                   "</Size><StorageClass>STANDARD</StorageClass></Contents>\n";
  }
  if (input.ConsumeBool()) {
    written.page.next_token = xml_text(input);
    written.xml += "<IsTruncated>true</IsTruncated><NextContinuationToken>" +
                   escaped(written.page.next_token) + "</NextContinuationToken>";
  } else {
    written.xml += "<IsTruncated>false</IsTruncated>";
  }
  written.xml += "</ListBucketResult>";
  return written;
}

void check_written(FuzzedDataProvider& input) {
  const Written written = write_page(input);
  const auto page = parse_s3_page(written.xml);
  expect(page.ok(), "a sound listing is taken", written.xml);
  expect(page->next_token == written.page.next_token, "the token is as written", written.xml);
  expect(page->prefixes == written.page.prefixes, "the prefixes are as written", written.xml);
  expect(page->entries.size() == written.page.entries.size(), "all objects are there", written.xml);
  for (std::size_t i = 0; i < page->entries.size(); ++i) {
    const S3Entry& read = page->entries[i];
    const S3Entry& wrote = written.page.entries[i];
    expect(read.key == wrote.key && read.etag == wrote.etag && read.size_bytes == wrote.size_bytes,
           "an object is as written", written.xml);
  }
  const auto cut = input.ConsumeIntegralInRange<std::size_t>(0, written.xml.size() - 1);
  expect(!parse_s3_page(written.xml.substr(0, cut)).ok(), "a cut listing is refused",
         written.xml.substr(0, cut));
}

}  // namespace
}  // namespace sparkify

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  if (input.ConsumeBool()) {
    sparkify::check_written(input);
  } else {
    sparkify::check_any(input.ConsumeRemainingBytesAsString());
  }
  return 0;
}
