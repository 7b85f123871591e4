#include "source/s3/s3_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <pugixml.hpp>

#include "base/percent_encoding.h"

namespace sparkify {

namespace {

Error unsound(std::string_view what) {
  return make_error(ErrorKind::source, fmt::format("the listing is not sound: {}", what));
}

/// The name without a namespace's prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.rfind(':') + 1);
}

pugi::xml_node child_of(const pugi::xml_node& parent, std::string_view name) {
  for (const pugi::xml_node& child : parent.children()) {
    if (local_name(child) == name) return child;
  }
  return {};
}

std::string_view text_of(const pugi::xml_node& parent, std::string_view name) {
  return child_of(parent, name).text().get();
}

/// As the form-encoding does it: a space is `+`. A server that did not encode says so by silence.
std::optional<std::string> decoded(std::string_view text, bool encoded) {
  std::string spaced(text);
  if (!encoded) return spaced;
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

std::string_view without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    return etag.substr(1, etag.size() - 2);
  }
  return etag;
}

Result<S3Entry> parse_entry(const pugi::xml_node& node, bool encoded) {
  S3Entry entry;
  const auto key = decoded(text_of(node, "Key"), encoded);
  if (!key || key->empty()) return unsound("an object without a readable key");
  entry.key = *key;
  entry.etag = without_quotes(text_of(node, "ETag"));
  if (entry.etag.empty()) return unsound("an object without an ETag");
  const std::string_view size = text_of(node, "Size");
  const char* const end = size.data() + size.size();
  const auto [stopped, error] = std::from_chars(size.data(), end, entry.size_bytes);
  if (size.empty() || error != std::errc() || stopped != end) {
    return unsound("an object whose size is no number");
  }
  return entry;
}

}  // namespace

Result<S3Page> parse_s3_page(std::string_view xml) {
  pugi::xml_document document;
  // A token may hold any character, a carriage return among them.
  constexpr unsigned kAsItIs =
      (pugi::parse_default | pugi::parse_ws_pcdata_single) & ~unsigned{pugi::parse_eol};
  const auto parsed = document.load_buffer(xml.data(), xml.size(), kAsItIs);
  if (!parsed) return unsound(parsed.description());
  const pugi::xml_node root = document.document_element();
  if (local_name(root) != "ListBucketResult") {
    return unsound("it is another document, not a ListBucketResult");
  }
  const bool encoded = text_of(root, "EncodingType") == "url";
  S3Page page;
  for (const pugi::xml_node& node : root.children()) {
    if (local_name(node) == "Contents") {
      TRY_ASSIGN(S3Entry entry, parse_entry(node, encoded));
      page.entries.push_back(std::move(entry));
    } else if (local_name(node) == "CommonPrefixes") {
      const auto prefix = decoded(text_of(node, "Prefix"), encoded);
      if (!prefix || prefix->empty()) return unsound("a prefix that is not readable");
      page.prefixes.push_back(*prefix);
    }
  }
  const std::string_view truncated = text_of(root, "IsTruncated");
  if (truncated != "true" && truncated != "false") return unsound("it does not say if it goes on");
  if (truncated == "true") {
    page.next_token = text_of(root, "NextContinuationToken");
    if (page.next_token.empty()) return unsound("it goes on, but does not say where");
  }
  return page;
}

S3ErrorBody parse_s3_error(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  pugi::xml_node root = document.document_element();
  if (local_name(root) != "Error") root = child_of(root, "Error");
  S3ErrorBody body;
  body.code = text_of(root, "Code");
  body.message = text_of(root, "Message");
  body.region = text_of(root, "Region");
  body.server_time = text_of(root, "ServerTime");
  return body;
}

}  // namespace sparkify
