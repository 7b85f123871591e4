#include "aws/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/out_of_memory.h"

namespace sparkify {

namespace {

constexpr long kStallBytesPerSecond = 1024;
constexpr std::size_t kHeaderBytesMax = std::size_t{256} << 10;

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Where curl puts what arrives.
struct Receiver {
  HttpResponse response;
  std::uint64_t body_bytes_max = 0;
  std::size_t header_bytes = 0;
  const StopFlag* stop = nullptr;
  const std::atomic<bool>* cancelled = nullptr;
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& receiver = *static_cast<Receiver*>(context);
  const std::size_t bytes = size * count;
  std::string& body = receiver.response.body;
  if (body.size() + bytes > receiver.body_bytes_max) {
    receiver.response.trouble = HttpTrouble::too_long;
    return 0;
  }
  body.append(data, bytes);
  return bytes;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& receiver = *static_cast<Receiver*>(context);
  const std::string_view line(data, size * count);
  receiver.header_bytes += line.size();
  if (receiver.header_bytes > kHeaderBytesMax) {
    receiver.response.trouble = HttpTrouble::malformed;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    receiver.response.headers.clear();  // those before were of an interim answer
    return line.size();
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    receiver.response.headers.push_back({std::string(without_blanks(line.substr(0, colon))),
                                         std::string(without_blanks(line.substr(colon + 1)))});
  }
  return line.size();
}

int watch(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& receiver = *static_cast<Receiver*>(context);
  const bool stopped = receiver.stop != nullptr && receiver.stop->is_set();
  const bool cancelled = receiver.cancelled != nullptr && receiver.cancelled->load();
  if (!stopped && !cancelled) return 0;
  receiver.response.trouble = HttpTrouble::stopped;
  return 1;
}

HttpTrouble trouble_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpTrouble::none;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:  // a reset during the handshake is one, too
      return HttpTrouble::connect;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
      return HttpTrouble::tls;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpTrouble::timeout;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return HttpTrouble::malformed;
    default:
      return HttpTrouble::cut;
  }
}

/// curl's list of header lines.
class HeaderList {
 public:
  explicit HeaderList(const std::vector<HttpHeader>& headers) {
    // curl adds these on its own; S3 wants neither.
    add("Expect:");
    for (const HttpHeader& header : headers) {
      // `Name;` is how curl is told to send an empty header.
      add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    }
  }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl_slist_free_all(list_); }
  curl_slist* get() const { return list_; }

 private:
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    expect_memory(longer != nullptr);
    list_ = longer;
  }
  curl_slist* list_ = nullptr;
};

template <typename Value>
void set(CURL* curl, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(curl, option, value);
  expect_memory(code != CURLE_OUT_OF_MEMORY);
  SPARKIFY_ASSERT(code == CURLE_OK);
}

void set_milliseconds(CURL* curl, CURLoption option, double seconds) {
  set(curl, option, static_cast<long>(seconds * 1000));
}

void set_method(CURL* curl, const HttpRequest& request) {
  if (request.method == "GET") {
    set(curl, CURLOPT_HTTPGET, 1L);
  } else if (request.method == "HEAD") {
    set(curl, CURLOPT_NOBODY, 1L);
  } else {
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(curl, CURLOPT_POSTFIELDS, request.body.data() != nullptr ? request.body.data() : "");
    set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void set_route(CURL* curl, const HttpRequest& request, const HttpOptions& options) {
  const bool secure = request.url.starts_with("https:");
  // Set even when empty: curl would read the environment on its own.
  const std::string& proxy = secure ? options.https_proxy : options.http_proxy;
  set(curl, CURLOPT_PROXY, request.use_proxy ? proxy.c_str() : "");
  set(curl, CURLOPT_NOPROXY, options.no_proxy.c_str());
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) set(curl, CURLOPT_CAINFO, options.ca_file.c_str());
}

void set_limits(CURL* curl, const HttpRequest& request) {
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set_milliseconds(curl, CURLOPT_CONNECTTIMEOUT_MS, request.connect_timeout_s);
  set_milliseconds(curl, CURLOPT_TIMEOUT_MS, request.timeout_s);
  set(curl, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  set(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(request.stall_timeout_s)));
  set(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  set(curl, CURLOPT_BUFFERSIZE, 256L << 10);
}

void set_receiver(CURL* curl, Receiver& receiver) {
  set(curl, CURLOPT_WRITEFUNCTION, take_body);
  set(curl, CURLOPT_WRITEDATA, &receiver);
  set(curl, CURLOPT_HEADERFUNCTION, take_header);
  set(curl, CURLOPT_HEADERDATA, &receiver);
  set(curl, CURLOPT_XFERINFOFUNCTION, watch);
  set(curl, CURLOPT_XFERINFODATA, &receiver);
  set(curl, CURLOPT_NOPROGRESS, 0L);
  // Bodies are taken as they are stored: Content-Encoding is a property of the object here.
  set(curl, CURLOPT_HTTP_CONTENT_DECODING, 0L);
}

/// What curl says of its trouble. A proxy's address that it cannot read it repeats, with the
/// password.
std::string said_of(CURLcode code, std::string_view said) {
  if (said.empty()) return curl_easy_strerror(code);
  if (said.starts_with("Unsupported proxy")) {
    return "the proxy's address cannot be read: http_proxy or https_proxy must be "
           "http://USER:PASSWORD@HOST:PORT, with / @ : and blanks of user and password as %2F %40 "
           "%3A %20";
  }
  return std::string(said);
}

std::string_view describe(HttpTrouble trouble) {
  switch (trouble) {
    case HttpTrouble::too_long:
      return "the answer is longer than it may be";
    case HttpTrouble::malformed:
      return "the answer's header is longer than it may be";
    case HttpTrouble::stopped:
      return "stopped by a signal";
    default:
      return "";
  }
}

}  // namespace

/// Connections that wait for their next request; the last one used is the first taken, as it is
/// the least likely to be closed by the other side.
struct HttpClient::Connections {
  Connections() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections() {
    for (CURL* curl : idle) curl_easy_cleanup(curl);
  }

  CURL* take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        CURL* curl = idle.back();
        idle.pop_back();
        return curl;
      }
    }
    CURL* curl = curl_easy_init();
    expect_memory(curl != nullptr);
    return curl;
  }

  /// After trouble a handle is not used again: curl may be left in the middle of something.
  void give_back(CURL* curl, bool sound) {
    if (!sound) {
      curl_easy_cleanup(curl);
      return;
    }
    curl_easy_reset(curl);  // forgets the options and keeps connections, sessions, addresses
    const std::lock_guard lock(mutex);
    idle.push_back(curl);
  }

  std::mutex mutex;
  std::vector<CURL*> idle;
};

HttpClient::HttpClient(HttpOptions options)
    : options_(std::move(options)), connections_(std::make_unique<Connections>()) {}

HttpClient::~HttpClient() = default;

HttpResponse HttpClient::send(const HttpRequest& request) {
  Receiver receiver;
  receiver.body_bytes_max = request.body_bytes_max;
  receiver.stop = options_.stop;
  receiver.cancelled = request.cancelled;
  receiver.response.body.reserve(request.body_bytes_expected);
  std::array<char, CURL_ERROR_SIZE> detail{};
  CURL* curl = connections_->take();
  const HeaderList headers(request.headers);
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_PATH_AS_IS, 1L);
  set(curl, CURLOPT_HTTPHEADER, headers.get());
  set(curl, CURLOPT_ERRORBUFFER, detail.data());
  set_method(curl, request);
  set_route(curl, request, options_);
  set_limits(curl, request);
  set_receiver(curl, receiver);

  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_off_t sent_after_us = 0;
  curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &sent_after_us);
  connections_->give_back(curl, code == CURLE_OK);

  HttpResponse& response = receiver.response;
  response.status = static_cast<int>(status);
  if (response.trouble == HttpTrouble::none) {
    response.trouble = trouble_of(code);
    // Nobody there, as when packets are dropped on the way.
    const bool connected = sent_after_us > 0;
    if (response.trouble == HttpTrouble::timeout && !connected) {
      response.trouble = HttpTrouble::connect;
    }
    response.detail = said_of(code, detail.data());
  } else {
    response.detail = describe(response.trouble);
  }
  if (response.complete()) response.detail.clear();
  return std::move(response);
}

std::string_view HttpResponse::header(std::string_view name) const {
  for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
    if (same_name(header->name, name)) return header->value;
  }
  return {};
}

}  // namespace sparkify
