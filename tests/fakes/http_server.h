#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sparkify {

struct ServedRequest {
  std::string method;
  std::string target;                          // path and query, as they came
  std::map<std::string, std::string> headers;  // by name in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct ServedResponse {
  int status = 200;  // 0: the connection is closed without an answer
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Answers on the connection itself, in place of the above; it is closed afterwards.
  std::function<void(int connection)> instead = nullptr;
};

// An HTTP/1.1 server on a free port of 127.0.0.1, for tests: one request a connection, a thread
// each. The handler is called from these threads.
class HttpServer {
 public:
  using Handler = std::function<ServedResponse(const ServedRequest&)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, generic, length) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, generic, &length) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  ~HttpServer() {
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    close(listener_);
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      for (const int connection : open_) shutdown(connection, SHUT_RDWR);
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
  }

  int port() const { return port_; }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  std::vector<ServedRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t request_count() const { return requests().size(); }

 private:
  void accept_all() {
    for (;;) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      const std::lock_guard lock(mutex_);
      open_.push_back(connection);
      threads_.emplace_back([this, connection] { serve(connection); });
    }
  }

  void serve(int connection) {
    ServedRequest request;
    if (read_request(connection, request)) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      write_response(connection, handler_(request));
    }
    const std::lock_guard lock(mutex_);
    open_.erase(std::find(open_.begin(), open_.end(), connection));
    close(connection);
  }

  static bool read_more(int connection, std::string& text) {
    char buffer[16384];
    const ssize_t got = recv(connection, buffer, sizeof(buffer), 0);
    if (got <= 0) return false;
    text.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  static bool read_request(int connection, ServedRequest& request) {
    std::string text;
    std::size_t head_end = 0;
    while ((head_end = text.find("\r\n\r\n")) == text.npos) {
      if (!read_more(connection, text)) return false;
    }
    const std::string head = text.substr(0, head_end + 2);
    const std::size_t method_end = head.find(' ');
    const std::size_t target_end = head.find(' ', method_end + 1);
    request.method = head.substr(0, method_end);
    request.target = head.substr(method_end + 1, target_end - method_end - 1);
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
      const std::size_t end = head.find("\r\n", at);
      const std::size_t colon = head.find(':', at);
      std::string name = head.substr(at, colon - at);
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      const std::size_t value = std::min(head.find_first_not_of(' ', colon + 1), end);
      request.headers[name] = head.substr(value, end - value);
      at = end + 2;
    }
    request.body = text.substr(head_end + 4);
    const std::string length = request.header("content-length");
    const std::size_t body_bytes = length.empty() ? 0 : std::stoul(length);
    while (request.body.size() < body_bytes) {
      if (!read_more(connection, request.body)) return false;
    }
    return true;
  }

  static void write_response(int connection, const ServedResponse& response) {
    if (response.instead) return response.instead(connection);
    if (response.status == 0) return;
    std::string text = fmt::format("HTTP/1.1 {} Status\r\nContent-Length: {}\r\n", response.status,
                                   response.body.size());
    for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
    text += "Connection: close\r\n\r\n" + response.body;
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t sent = send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::thread accepting_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::vector<ServedRequest> requests_;
};

}  // namespace sparkify
