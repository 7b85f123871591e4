#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials/credential_chain.h"
#include "aws/http_client.h"
#include "base/digest.h"
#include "base/percent_encoding.h"
#include "base/stop_flag.h"
#include "fakes/http_server.h"
#include "record/object_info.h"
#include "source/s3/s3_client.h"

namespace sparkify {

inline std::string md5_of(std::string_view bytes) {
  Md5 md5;
  md5.update(bytes);
  return md5.hex();
}

inline ServedResponse s3_error(int status, const std::string& code, const std::string& more = "") {
  return {status,
          fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>m</Message>{}</Error>",
                      code, more)};
}

// The key that a request in path style is about; `bucket` for the bucket itself.
inline std::string key_of(const ServedRequest& request) {
  const std::string path = request.target.substr(1, request.target.find('?') - 1);
  const std::size_t slash = path.find('/');
  return slash == path.npos ? "" : percent_decode(path.substr(slash + 1)).value_or("?");
}

inline std::string parameter_of(const ServedRequest& request, std::string_view name) {
  std::string_view query = request.target;
  query.remove_prefix(std::min(query.find('?'), query.size()));
  while (!query.empty()) {
    query.remove_prefix(1);
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(pair.size());
    if (pair.substr(0, pair.find('=')) == name) {
      return percent_decode(pair.substr(name.size() + 1)).value_or("?");
    }
  }
  return "";
}

// A server of S3 for the objects of one bucket, and a client for it. Set it up before it is asked.
class FakeS3 {
 public:
  // Nothing: the request is answered as S3 would.
  using Handler = std::function<std::optional<ServedResponse>(const ServedRequest&)>;
  static constexpr const char* kBucket = "bucket";

  explicit FakeS3(S3Options options = {})
      : http_({.ca_file = "", .http_proxy = "", .https_proxy = "", .no_proxy = "", .stop = &stop}),
        chain_({.variables = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                              {"AWS_SECRET_ACCESS_KEY", "secret"}},
                .profile = {},
                .region = {}},
               http_),
        server_([this](const ServedRequest& request) { return answer(request); }),
        client_(with_server(std::move(options)), http_, chain_, stop) {}
  FakeS3(const FakeS3&) = delete;
  FakeS3& operator=(const FakeS3&) = delete;
  ~FakeS3() { let_go(); }

  S3Client& client() { return client_; }
  const HttpServer& server() const { return server_; }

  ObjectInfo put(const std::string& key, const std::string& bytes) {
    return put(key, bytes, md5_of(bytes));
  }
  ObjectInfo put(const std::string& key, const std::string& bytes, const std::string& etag) {
    const std::lock_guard lock(mutex_);
    objects_[key] = {bytes, etag};
    return {fmt::format("s3://{}/{}", kBucket, key), etag, bytes.size()};
  }
  std::string bytes_of(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    return found == objects_.end() ? "(none)" : found->second.bytes;
  }

  // Until `let_go`, no GET or PUT of an object is answered.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }
  // The keys of the GETs so far, in the order in which they came.
  std::vector<std::string> keys_asked() const {
    std::vector<std::string> keys;
    for (const ServedRequest& request : server_.requests()) keys.push_back(key_of(request));
    return keys;
  }
  std::size_t most_at_once() const {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }

  StopFlag stop;
  Handler first;                 // is asked before the objects are looked at
  std::size_t page_keys = 1000;  // of a listing

 private:
  struct Object {
    std::string bytes;
    std::string etag;
  };

  S3Options with_server(S3Options options) const {
    if (options.endpoint.empty()) options.endpoint = server_.url();
    options.retry_base_s = 0.01;
    return options;
  }

  ServedResponse answer(const ServedRequest& request) {
    if (first) {
      if (auto answered = first(request)) return *std::move(answered);
    }
    if (key_of(request).empty()) return list(request);
    std::unique_lock lock(mutex_);
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    changed_.wait(lock, [this] { return !held_; });
    --at_once_;
    if (request.method == "PUT") return store(request);
    return get(request);
  }

  ServedResponse store(const ServedRequest& request) {
    objects_[key_of(request)] = {request.body, md5_of(request.body)};
    return {200, "", {{"ETag", '"' + md5_of(request.body) + '"'}}};
  }

  ServedResponse get(const ServedRequest& request) const {
    const auto found = objects_.find(key_of(request));
    if (found == objects_.end()) return s3_error(404, "NoSuchKey");
    const auto& [bytes, etag] = found->second;
    const std::string quoted = '"' + etag + '"';
    if (request.method == "HEAD") return head(bytes.size(), quoted);
    const std::string match = request.header("if-match");
    if (!match.empty() && match != quoted) return s3_error(412, "PreconditionFailed");
    const std::string range = request.header("range");
    if (range.empty()) return {200, bytes, {{"ETag", quoted}}};
    const std::size_t dash = range.find('-');
    const std::size_t begin = std::stoul(range.substr(range.find('=') + 1));
    const std::size_t end = std::min(std::stoul(range.substr(dash + 1)) + 1, bytes.size());
    return {206,
            bytes.substr(begin, end - begin),
            {{"ETag", quoted},
             {"Content-Range", fmt::format("bytes {}-{}/{}", begin, end - 1, bytes.size())}}};
  }

  static ServedResponse head(std::size_t size_bytes, const std::string& etag) {
    ServedResponse response;
    response.instead = [=](int connection) {
      const std::string text = fmt::format(
          "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nETag: {}\r\nConnection: close\r\n\r\n",
          size_bytes, etag);
      ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    };
    return response;
  }

  ServedResponse list(const ServedRequest& request) const {
    const std::string prefix = parameter_of(request, "prefix");
    const std::string delimiter = parameter_of(request, "delimiter");
    const std::string token = parameter_of(request, "continuation-token");
    const std::lock_guard lock(mutex_);
    std::string lines;
    std::string folder;
    std::string last;
    std::size_t count = 0;
    for (auto at = objects_.lower_bound(prefix); at != objects_.end(); ++at) {
      const std::string& key = at->first;
      if (!key.starts_with(prefix)) break;
      if (!folder.empty() && key.starts_with(folder)) continue;
      const std::size_t cut = delimiter.empty() ? key.npos : key.find(delimiter, prefix.size());
      folder = cut == key.npos ? "" : key.substr(0, cut + 1);
      const std::string& shown = folder.empty() ? key : folder;
      if (!token.empty() && shown <= token) continue;
      if (count++ == page_keys) return page(lines, last);
      lines += folder.empty() ? contents(key, at->second)
                              : fmt::format("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>",
                                            percent_encode(folder, true));
      last = shown;
    }
    return page(lines, "");
  }

  static std::string contents(const std::string& key, const Object& object) {
    return fmt::format(
        "<Contents><Key>{}</Key><ETag>&quot;{}&quot;</ETag><Size>{}</Size></Contents>",
        percent_encode(key, true), object.etag, object.bytes.size());
  }

  static ServedResponse page(const std::string& lines, const std::string& token) {
    return {200, fmt::format("<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url"
                             "</EncodingType>{}<IsTruncated>{}</IsTruncated>{}</ListBucketResult>",
                             lines, token.empty() ? "false" : "true",
                             token.empty()
                                 ? ""
                                 : "<NextContinuationToken>" + token + "</NextContinuationToken>")};
  }

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<std::string, Object> objects_;
  bool held_ = false;
  std::size_t at_once_ = 0;
  std::size_t most_at_once_ = 0;

  HttpClient http_;
  CredentialChain chain_;
  HttpServer server_;
  S3Client client_;
};

}  // namespace sparkify
