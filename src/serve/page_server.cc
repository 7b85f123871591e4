#include "serve/page_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/redaction.h"
#include "base/utf8.h"
#include "report/report_page.h"
#include "serve/bounded_stream.h"
#include "serve/request_gate.h"

namespace sparkify {

namespace {

constexpr const char* kAddress = "127.0.0.1";
constexpr std::size_t kThreads = 16;
constexpr std::size_t kWaitingMax = 64;
constexpr int kBacklog = 128;
/// Headers of browsers are some 2 kB; a page of 2 MB goes to this machine in milliseconds, and
/// through a tunnel in seconds.
constexpr BoundedStream::Bound kBound{.to_ask = std::chrono::milliseconds(3'000),
                                      .in_all = std::chrono::milliseconds(30'000),
                                      .received_bytes = std::size_t{32} << 10};

/// What is known of a connection before its socket is, on the thread that takes care of it.
struct Arrival {
  BoundedStream::Clock::time_point at;
  bool is_one_too_many = false;
};
thread_local Arrival arrival;

/// The library's threads. Counts a connection's time from when it came, not from when its turn
/// comes, and lets only so many wait: else a burst of silent ones would keep others out for long.
class ConnectionQueue : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> take_care) override {
    const auto now = BoundedStream::Clock::now();
    if (waiting_ >= kWaitingMax) {
      arrival = {.at = now, .is_one_too_many = true};
      take_care();
      return;
    }
    ++waiting_;
    threads_.enqueue([this, now, take_care = std::move(take_care)] {
      --waiting_;
      arrival = {.at = now, .is_one_too_many = false};
      take_care();
    });
  }
  void shutdown() override { threads_.shutdown(); }

 private:
  httplib::ThreadPool threads_{kThreads};
  std::atomic<std::size_t> waiting_{0};
};

/// A port that somebody listens on is taken, whoever that is: no SO_REUSEPORT.
void set_listener_options(socket_t listener) {
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

void refuse(httplib::Response& response, int status, const std::string& why) {
  response.status = status;
  response.set_content(why + "\n", "text/plain; charset=utf-8");
}

std::string host_of(const httplib::Request& request) {
  return request.get_header_value_count("Host") == 1 ? request.get_header_value("Host")
                                                     : std::string();
}

/// Nothing is far away, so packing would only cost time; and a thousand ranges of one page would
/// cost a thousand pages.
void drop_what_costs(httplib::Request& request) {
  request.headers.erase("Accept-Encoding");
  request.ranges.clear();
}

httplib::Headers common_headers() {
  // What a page of another origin, a cache or a history could make of an answer: nothing.
  return {{"Cache-Control", "no-store"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Referrer-Policy", "no-referrer"},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"}};
}

std::string state_text(const LiveDocument::Current& current) {
  nlohmann::ordered_json state{
      {"format", "sparkify.serve/1"}, {"version", current.version}, {"trouble", nullptr}};
  if (current.trouble) state["trouble"] = printable(redacted(*current.trouble));
  return state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

class PageServer::Http : public httplib::Server {
 public:
  Http(LiveDocument& document, const AccessToken& token) : document_(document), token_(token) {
    new_task_queue = [] { return new ConnectionQueue; };
    set_socket_options(set_listener_options);
    set_default_headers(common_headers());
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
  }

  ~Http() override {
    is_over_ = true;
    stop();
    if (listener_.joinable()) listener_.join();
  }

  Status take_port(std::uint16_t port) {
    errno = 0;
    port_ = port == 0 ? bind_to_any_port(kAddress)
                      : (bind_to_port(kAddress, port) ? static_cast<int>(port) : -1);
    if (port_ <= 0) {
      return make_error(ErrorKind::config,
                        fmt::format("port {} of {} cannot be had ({}); give another one to --port, "
                                    "or none for any that is free",
                                    port, kAddress, std::strerror(errno)));
    }
    ::listen(svr_sock_, kBacklog);  // the library's is 5
    return {};
  }

  void start() {
    listener_ = std::thread([this] {
      listen_after_bind();
      has_ended_ = true;
    });
    // Before that, stop() would do nothing.
    while (!is_running() && !has_ended_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  bool is_alive() const { return !has_ended_; }

  int port() const { return port_; }

 private:
  bool process_and_close_socket(socket_t socket) override {
    bool is_done = false;
    if (!arrival.is_one_too_many) {
      BoundedStream stream(socket, arrival.at, kBound, is_over_);
      bool is_closed = false;
      is_done = process_request(stream, true, is_closed, drop_what_costs);
    }
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return is_done;
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    const std::string host = host_of(request);
    switch (answer_for({request.method, request.path, host}, token_)) {
      case GateAnswer::page:
        return give_page(response);
      case GateAnswer::document:
        response.set_content(*document_.look().text, "application/json");
        return;
      case GateAnswer::state:
        response.set_content(state_text(document_.look()), "application/json");
        return;
      case GateAnswer::bare_token:
        return response.set_redirect("/" + token_.text() + "/");
      case GateAnswer::wrong_method:
        response.set_header("Allow", "GET");
        return refuse(response, 405, "Only GET is answered here.");
      case GateAnswer::wrong_host:
        return refuse(response, 421, "Open the address that `sparkify serve` printed.");
      case GateAnswer::unknown:
        return refuse(response, 404,
                      "Nothing is here. Open the address that `sparkify serve` printed.");
    }
  }

  void give_page(httplib::Response& response) {
    const auto page = live_report_page(embedded_report_template(), *document_.look().text);
    if (!page.ok()) return refuse(response, 500, page.error().message);
    response.set_header("Content-Security-Policy", page_policy(*page) + "; frame-ancestors 'none'");
    response.set_content(*page, "text/html; charset=utf-8");
  }

  LiveDocument& document_;
  const AccessToken& token_;
  int port_ = 0;
  std::atomic<bool> has_ended_{false};
  std::atomic<bool> is_over_{
      false};  ///< browsers connect ahead of what they ask; nobody waits for that
  std::thread listener_;
};

PageServer::PageServer(LiveDocument& document, AccessToken token)
    : token_(std::move(token)), http_(std::make_unique<Http>(document, token_)) {}

PageServer::~PageServer() = default;

Status PageServer::bind(std::uint16_t port) { return http_->take_port(port); }

void PageServer::start() { http_->start(); }

bool PageServer::is_alive() const { return http_->is_alive(); }

std::string PageServer::url() const {
  return fmt::format("http://{}:{}/{}/", kAddress, http_->port(), token_.text());
}

}  // namespace sparkify
