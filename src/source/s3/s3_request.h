#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/http_client.h"

namespace sparkify {

class RetryBudget;

/// What is to be done about an answer of S3.
struct S3Verdict {
  enum class Next {
    take,          ///< it is what was asked for, or an answer that the caller expects
    retry,         ///< it may well work another time
    renew,         ///< the credentials have expired
    other_region,  ///< ask `region`
    clock,         ///< refused for the time; `detail` is the server's time
    credentials,   ///< refused for who we are
    unreachable,   ///< the endpoint gives no answer at all; worth a retry as well
    stop,          ///< the program is asked to stop
    refuse,        ///< there is no point in asking again
  } next = Next::take;
  std::string detail;    ///< for a reader: `503 SlowDown`, `connection reset by peer`
  std::string region{};  ///< where the bucket is, as far as S3 says so
};

/// One call of S3.
struct S3Request {
  std::string method = "GET";
  std::string bucket;
  std::string key;                  ///< as it is; empty: the bucket itself
  std::string prefix;               ///< of a listing; only for messages
  std::string query;                ///< encoded, each parameter with its `=`; empty: none
  std::vector<HttpHeader> headers;  ///< beside those of the signature
  std::string_view body;
  std::uint64_t body_bytes_max = std::uint64_t{64} << 20;
  std::uint64_t body_bytes_expected = 0;
  const char* permission = "";       ///< what the caller needs to be allowed: `s3:GetObject`
  std::vector<int> expected_status;  ///< beside 2xx: for the caller to deal with
  /// Likewise, where the status alone does not tell; may be empty.
  std::function<bool(const HttpResponse&)> is_answer;
  /// Of a 2xx answer: what is wrong with it; empty if nothing is.
  std::function<std::string(const HttpResponse&)> fault = [](const HttpResponse&) { return ""; };
  RetryBudget* budget = nullptr;  ///< never null when the request is made
  const std::atomic<bool>* cancelled = nullptr;

  /// For messages: `s3://bucket/key`.
  std::string target() const;
};

S3Verdict judge(const S3Request& request, const HttpResponse& response);

/// What is wrong and what to do about it, for a status that is not worth a retry. `who` names the
/// credentials.
std::string explain_refusal(const S3Request& request, const HttpResponse& response,
                            std::string_view detail, std::string_view who);

}  // namespace sparkify
