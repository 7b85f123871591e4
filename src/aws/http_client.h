#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/stop_flag.h"

namespace sparkify {

struct HttpHeader {
  std::string name;
  std::string value;  ///< may be a secret; is never logged
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< sent as it is, `/../` included; percent-encoded by the caller
  std::vector<HttpHeader> headers;
  std::string_view body;  ///< of PUT and POST; must outlive the call
  double connect_timeout_s = 10;
  double timeout_s = 300;  ///< for the whole exchange
  /// An exchange that moves less than 1 KB/s for so long is given up.
  double stall_timeout_s = 30;
  /// An answer with a longer body is trouble of kind `too_long`.
  std::uint64_t body_bytes_max = std::uint64_t{64} << 20;
  std::uint64_t body_bytes_expected = 0;  ///< room that is made at once
  bool use_proxy = true;                  ///< false for the machine's own metadata endpoints
  /// Ends the exchange within a second when it becomes true; must outlive the call.
  const std::atomic<bool>* cancelled = nullptr;
};

/// Why no whole answer came.
enum class HttpTrouble {
  none,
  connect,    ///< no such host, refused, unreachable
  tls,        ///< the certificate does not prove the host, or no common protocol
  timeout,    ///< not done in time, or stalled
  cut,        ///< reset or closed in the middle
  malformed,  ///< what came is no HTTP
  too_long,   ///< the body is longer than the caller takes
  stopped,    ///< the program is asked to stop, or the caller cancelled
};

struct HttpResponse {
  HttpTrouble trouble = HttpTrouble::none;
  std::string detail;  ///< of the trouble, for a reader; without the URL
  int status = 0;      ///< 0 if none came
  std::vector<HttpHeader> headers;
  std::string body;

  bool complete() const { return trouble == HttpTrouble::none; }
  /// The value of the last header of this name (any case); empty if there is none.
  std::string_view header(std::string_view name) const;
};

/// What all requests have in common; from the user's environment.
struct HttpOptions {
  std::string ca_file;      ///< PEM bundle to trust in place of the system's; empty: the system's
  std::string http_proxy;   ///< for http:// URLs; empty: none
  std::string https_proxy;  ///< for https:// URLs
  std::string no_proxy;     ///< hosts that are asked directly, as curl reads NO_PROXY
  const StopFlag* stop = nullptr;  ///< ends what is under way within a second
};

/// Sends HTTP/1.1 and HTTP/2 requests, one a call, on connections that are kept alive. TLS is
/// always verified. Redirects are not followed. Safe from several threads at once.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpResponse send(const HttpRequest& request);

 private:
  struct Connections;
  HttpOptions options_;
  std::unique_ptr<Connections> connections_;
};

}  // namespace sparkify
