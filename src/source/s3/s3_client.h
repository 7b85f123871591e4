#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials/credential_chain.h"
#include "aws/http_client.h"
#include "base/stop_flag.h"
#include "record/object_info.h"
#include "source/s3/s3_request.h"
#include "source/s3/s3_uri.h"
#include "source/s3/s3_xml.h"

namespace sparkify {

struct S3Options {
  std::string endpoint;  ///< `https://host:port`, without a slash at the end; empty: AWS's own
  std::string region = "us-east-1";  ///< to begin with; buckets elsewhere are found
  enum class Addressing {
    automatic,     ///< virtual host at AWS, unless the bucket's name has dots; else path
    path,          ///< https://host/bucket/key
    virtual_host,  ///< https://bucket.host/key
  } addressing = Addressing::automatic;
  bool sign = true;             ///< false: public buckets, no credentials
  bool requester_pays = false;  ///< the caller agrees to pay for the transfer
  double retry_base_s = 0.5;    ///< the first pause is at most so long, each next one twice as long
  double stall_timeout_s = 30;  ///< a transfer under 1 KB/s for so long is given up
  int tries_max = 6;            ///< of a call
  double connect_timeout_s = 10;
  double timeout_s = 300;  ///< of a try
};

/// Time that an object may lose in tries that fail and in the pauses after them.
class RetryBudget {
 public:
  explicit RetryBudget(double seconds) : left_us_(static_cast<std::int64_t>(seconds * 1e6)) {}
  void spend(double seconds) { left_us_ -= static_cast<std::int64_t>(seconds * 1e6); }
  bool exhausted() const { return left_us_.load() <= 0; }

 private:
  std::atomic<std::int64_t> left_us_;
};

/// Part of an object, or all of it.
struct S3Range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

struct S3Bytes {
  std::string bytes;
  bool etag_is_md5 = false;  ///< of the whole object
};

/// The S3 calls that sparkify makes, each tried up to `tries_max` times: signed, answered whole,
/// and checked. Safe from several threads at once.
///
/// Errors of all    config: no credentials, or S3 refuses them or the clock; source: what is asked
///                  for is not there, not allowed, or not to be had after all tries; unreachable:
///                  no answer from the endpoint at all; stopped.
class S3Client {
 public:
  /// What it is given must outlive it.
  S3Client(S3Options options, HttpClient& http, CredentialChain& credentials, const StopFlag& stop);

  /// A page of the keys that begin with `prefix`; with a `delimiter`, of one level only.
  Result<S3Page> list(const std::string& bucket, std::string_view prefix,
                      std::string_view delimiter, std::string_view token);

  /// Bytes of the version that was listed: exactly `range.length` of them, proved by length, and
  /// by MD5 if the range is all of the object and its ETag is one.
  /// Errors    changed: the object is another now, or gone.
  Result<S3Bytes> get(const ObjectInfo& object, S3Range range, RetryBudget& budget,
                      const std::atomic<bool>& cancelled);

  /// The present version; nothing if there is no such object.
  Result<std::optional<ObjectInfo>> head(const std::string& uri);

  Status put(const S3Uri& target, std::string_view bytes);
  /// As `put`; false if the credentials, which are good, have not the right to.
  Result<bool> put_if_allowed(const S3Uri& target, std::string_view bytes);
  /// No error if there was no such object.
  Status remove(const S3Uri& target);

  /// How many microseconds this machine's clock is ahead of the server's, about half a second more
  /// or less. Asks once, without a signature: any answer has a date.
  Result<std::int64_t> clock_offset(const std::string& bucket);

 private:
  Result<HttpResponse> exchange(const S3Request& request);
  HttpRequest build(const S3Request& request, const std::string& region) const;
  std::string url_of(const S3Request& request, const std::string& region) const;
  std::string region_of(const std::string& bucket) const;
  /// Whether `region`, which the answer of region `asked` named, is worth a try.
  bool learn_region(const std::string& bucket, const std::string& asked, const std::string& region);
  Status pause(const S3Request& request, int tries, double least_s) const;
  Error refusal(const S3Request& request, const HttpResponse& response,
                const S3Verdict& verdict) const;
  static Error given_up(const S3Request& request, const S3Verdict& verdict, int tries);

  S3Options options_;
  HttpClient& http_;
  CredentialChain& credentials_;
  const StopFlag& stop_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> regions_;  ///< of buckets that are not where we first asked
};

}  // namespace sparkify
