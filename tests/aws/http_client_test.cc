#include "aws/http_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/http_server.h"

namespace sparkify {
namespace {

using namespace std::chrono_literals;

void send_text(int connection, const std::string& text) {
  ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

// Reads up to the end of a request's header; empty when the other side has gone.
std::string receive_head(int connection) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (::recv(connection, &byte, 1, 0) != 1) return "";
    head += byte;
  }
  return head;
}

class HttpClientTest : public ::testing::Test {
 protected:
  HttpRequest request(const std::string& target = "/") const {
    HttpRequest request;
    request.url = server_.url() + target;
    return request;
  }
  HttpResponse get(const std::string& target = "/") { return client_.send(request(target)); }
  void given(ServedResponse response) { response_ = std::move(response); }
  // The text that goes over the connection, whatever it is.
  void given_text(const std::string& text) {
    response_.instead = [text](int connection) { send_text(connection, text); };
  }
  // An answer that begins and does not end.
  void given_endless() {
    response_.instead = [](int connection) {
      send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome");
      receive_head(connection);
    };
  }
  ServedRequest last() const { return server_.requests().back(); }

  StopFlag stop_;
  ServedResponse response_{200, "body"};
  HttpServer server_{[this](const ServedRequest&) { return response_; }};
  HttpClient client_{HttpOptions{
      .ca_file = "", .http_proxy = "", .https_proxy = "", .no_proxy = "", .stop = &stop_}};
};

TEST_F(HttpClientTest, GivesStatusHeadersAndBody) {
  given({404, std::string("a\0b\xff", 4), {{"ETag", "\"e\""}, {"X-Blanks", "  a b \t"}}});
  const HttpResponse response = get();
  EXPECT_TRUE(response.complete()) << response.detail;
  EXPECT_EQ(response.detail, "");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, std::string("a\0b\xff", 4));
  EXPECT_EQ(response.header("etag"), "\"e\"");
  EXPECT_EQ(response.header("X-BLANKS"), "a b");
  EXPECT_EQ(response.header("none"), "");
}

TEST_F(HttpClientTest, TheLastHeaderOfANameCounts) {
  given({200, "", {{"X-Twice", "1"}, {"x-twice", "2"}}});
  EXPECT_EQ(get().header("X-Twice"), "2");
}

TEST_F(HttpClientTest, SendsTheUrlAsItStands) {
  for (const std::string target :
       {"/a/../b", "/./a", "//a//", "/a%2Fb%20c%00?x=%2B&y=", "/..", "/?"}) {
    EXPECT_TRUE(get(target).complete()) << target;
    EXPECT_EQ(last().target, target);
  }
}

TEST_F(HttpClientTest, SendsHeadersAndEmptyOnesAndNoneOfItsOwn) {
  HttpRequest with_headers = request();
  with_headers.headers = {{"X-One", "a b"}, {"X-Empty", ""}, {"Range", "bytes=0-1"}};
  ASSERT_TRUE(client_.send(with_headers).complete());
  EXPECT_EQ(last().header("x-one"), "a b");
  EXPECT_EQ(last().header("range"), "bytes=0-1");
  EXPECT_TRUE(last().headers.contains("x-empty"));
  EXPECT_EQ(last().header("accept-encoding"), "");
  EXPECT_FALSE(last().headers.contains("expect"));
}

TEST_F(HttpClientTest, SendsBodiesOfPutAndPostAndWaitsForNoContinue) {
  const std::string body(3 << 20, 'x');
  for (const char* method : {"PUT", "POST"}) {
    HttpRequest with_body = request("/a");
    with_body.method = method;
    with_body.body = body;
    ASSERT_TRUE(client_.send(with_body).complete());
    EXPECT_EQ(last().method, method);
    EXPECT_TRUE(last().body == body);
    EXPECT_FALSE(last().headers.contains("expect"));
  }
  HttpRequest empty = request("/a");
  empty.method = "PUT";
  ASSERT_TRUE(client_.send(empty).complete());
  EXPECT_EQ(last().header("content-length"), "0");
}

TEST_F(HttpClientTest, AHeadHasNoBodyButItsLength) {
  given_text("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
  HttpRequest head = request();
  head.method = "HEAD";
  const HttpResponse response = client_.send(head);
  EXPECT_TRUE(response.complete()) << response.detail;
  EXPECT_EQ(response.header("Content-Length"), "1000000000000");
  EXPECT_EQ(last().method, "HEAD");
  given({200, "body"});
  EXPECT_EQ(get().body, "body");  // and the next one is a GET again
}

TEST_F(HttpClientTest, RedirectsAreNotFollowed) {
  given({307, "", {{"Location", server_.url() + "/elsewhere"}}});
  EXPECT_EQ(get().status, 307);
  EXPECT_EQ(server_.request_count(), 1U);
}

TEST_F(HttpClientTest, ABodyComesAsItIsStored) {
  given({200, "\x1f\x8b not really gzip", {{"Content-Encoding", "gzip"}}});
  const HttpResponse response = get();
  EXPECT_TRUE(response.complete()) << response.detail;
  EXPECT_EQ(response.body, "\x1f\x8b not really gzip");
}

TEST_F(HttpClientTest, OnlyTheLastAnswersHeadersCount) {
  given_text(
      "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-Last: 2\r\nContent-Length: 2\r\n\r\nok");
  const HttpResponse response = get();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("X-Interim"), "");
  EXPECT_EQ(response.header("X-Last"), "2");
}

TEST_F(HttpClientTest, ChunksAreOneBody) {
  given_text(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
  EXPECT_EQ(get().body, "abcdefg");
  given_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\nde");
  EXPECT_EQ(get().trouble, HttpTrouble::cut);
}

TEST_F(HttpClientTest, AConnectionIsUsedAgain) {
  std::atomic<int> served{0};
  response_.instead = [&](int connection) {
    do {
      ++served;
      send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    } while (!receive_head(connection).empty());
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get().body, "ok");
  EXPECT_EQ(served, 5);
  EXPECT_EQ(server_.request_count(), 1U);  // the server counts connections
}

TEST_F(HttpClientTest, AConnectionThatTheServerClosedMeanwhileIsNoTrouble) {
  response_.instead = [](int connection) {
    send_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get().body, "ok");
}

TEST_F(HttpClientTest, ManyThreadsMaySendAtOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      for (int k = 0; k < 20; ++k) EXPECT_EQ(get().body, "body");
    });
  }
  threads.clear();
  EXPECT_EQ(server_.request_count(), 160U);
}

TEST_F(HttpClientTest, ABodyThatIsCutIsTrouble) {
  given_text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
  const HttpResponse response = get();
  EXPECT_EQ(response.trouble, HttpTrouble::cut);
  EXPECT_NE(response.detail, "");
  given({.status = 0, .body = ""});
  EXPECT_EQ(get().trouble, HttpTrouble::cut);
}

TEST_F(HttpClientTest, WhatIsNoHttpIsTrouble) {
  given_text("SSH-2.0-OpenSSH_9.2\r\n");
  const HttpTrouble trouble = get().trouble;
  EXPECT_TRUE(trouble == HttpTrouble::malformed || trouble == HttpTrouble::cut);
  HttpRequest of_files;
  of_files.url = "file:///etc/hostname";
  EXPECT_EQ(client_.send(of_files).trouble, HttpTrouble::malformed);
}

TEST_F(HttpClientTest, ABodyLongerThanItMayBeIsTrouble) {
  HttpRequest small = request();
  small.body_bytes_max = 4;
  EXPECT_TRUE(client_.send(small).complete());
  small.body_bytes_max = 3;
  const HttpResponse response = client_.send(small);
  EXPECT_EQ(response.trouble, HttpTrouble::too_long);
  EXPECT_EQ(response.detail, "the answer is longer than it may be");
}

TEST_F(HttpClientTest, AHeaderWithoutEndIsTrouble) {
  response_.instead = [](int connection) {
    send_text(connection, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 20'000; ++i) send_text(connection, "X-More: and more and more\r\n");
    send_text(connection, "Content-Length: 0\r\n\r\n");
  };
  EXPECT_FALSE(get().complete());
}

TEST_F(HttpClientTest, NobodyWhoListensIsTroubleOfConnecting) {
  HttpRequest refused;
  {
    const HttpServer gone([](const ServedRequest&) { return ServedResponse{}; });
    refused.url = gone.url();
  }
  EXPECT_EQ(client_.send(refused).trouble, HttpTrouble::connect);
  HttpRequest unknown;
  unknown.url = "http://no-such-host.invalid/";
  EXPECT_EQ(client_.send(unknown).trouble, HttpTrouble::connect);
  EXPECT_EQ(client_.send(unknown).status, 0);
}

// libcurl keeps its buffer when a name is not found, and then takes no new size for it.
TEST_F(HttpClientTest, AClientIsOfUseAfterANameThatIsNotFound) {
  HttpRequest unknown;
  unknown.url = "http://no-such-host.invalid/";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client_.send(unknown).trouble, HttpTrouble::connect);
  EXPECT_EQ(get().body, "body");
}

TEST_F(HttpClientTest, AServerWithoutTlsIsNoServerForHttps) {
  const HttpServer plain([](const ServedRequest&) { return ServedResponse{}; });
  HttpRequest secure;
  secure.url = fmt::format("https://127.0.0.1:{}/", plain.port());
  secure.connect_timeout_s = 1;  // the server waits for the end of a header
  EXPECT_FALSE(client_.send(secure).complete());
}

TEST_F(HttpClientTest, AnExchangeThatTakesTooLongIsGivenUp) {
  given_endless();
  HttpRequest short_lived = request();
  short_lived.timeout_s = 0.3;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client_.send(short_lived).trouble, HttpTrouble::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST_F(HttpClientTest, AnExchangeThatStallsIsGivenUp) {
  given_endless();
  HttpRequest impatient = request();
  impatient.stall_timeout_s = 1;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client_.send(impatient).trouble, HttpTrouble::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
}

TEST_F(HttpClientTest, AStopEndsAnExchangeWithinASecond) {
  given_endless();
  std::jthread stopper([this] {
    std::this_thread::sleep_for(100ms);
    stop_.request(2);
  });
  const auto begin = std::chrono::steady_clock::now();
  const HttpResponse response = get();
  EXPECT_EQ(response.trouble, HttpTrouble::stopped);
  EXPECT_EQ(response.detail, "stopped by a signal");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
}

TEST_F(HttpClientTest, TheCallerMayCancelAnExchange) {
  given_endless();
  std::atomic<bool> cancelled{false};
  std::jthread canceller([&] {
    std::this_thread::sleep_for(100ms);
    cancelled = true;
  });
  HttpRequest cancellable = request();
  cancellable.cancelled = &cancelled;
  EXPECT_EQ(client_.send(cancellable).trouble, HttpTrouble::stopped);
}

TEST_F(HttpClientTest, AClientIsOfUseAfterTrouble) {
  given_text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
  EXPECT_FALSE(get().complete());
  given({200, "body"});
  EXPECT_EQ(get().body, "body");
}

// Of all hosts the proxy is asked, by the URL as a whole.
// As behind a firewall: nobody takes the connection, and nobody refuses it.
class FullBacklog {
 public:
  FullBacklog() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(::bind(listener_, address, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, address, &size), 0);
    for (int& waiting : waiting_) {
      waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      ::connect(waiting, address, size);
    }
  }
  FullBacklog(const FullBacklog&) = delete;
  FullBacklog& operator=(const FullBacklog&) = delete;
  ~FullBacklog() {
    for (const int waiting : waiting_) ::close(waiting);
    ::close(listener_);
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", ntohs(address_.sin_port)); }

 private:
  int listener_ = -1;
  std::array<int, 4> waiting_{};
  sockaddr_in address_{};
};

TEST_F(HttpClientTest, AHostThatDoesNotTakeTheConnectionIsTroubleOfConnecting) {
  const FullBacklog host;
  HttpRequest request;
  request.url = host.url();
  request.connect_timeout_s = 0.5;
  EXPECT_EQ(client_.send(request).trouble, HttpTrouble::connect);
}

class ProxyTest : public HttpClientTest {
 protected:
  HttpResponse send_by_proxy(const HttpRequest& wanted, const std::string& no_proxy = "") {
    HttpClient client({.ca_file = "",
                       .http_proxy = server_.url(),
                       .https_proxy = "",
                       .no_proxy = no_proxy,
                       .stop = nullptr});
    return client.send(wanted);
  }
};

TEST_F(ProxyTest, IsAskedForAnyHost) {
  HttpRequest far;
  far.url = "http://no-such-host.invalid/a%20b";
  EXPECT_EQ(send_by_proxy(far).body, "body");
  EXPECT_EQ(last().target, "http://no-such-host.invalid/a%20b");
  EXPECT_EQ(last().header("host"), "no-such-host.invalid");
}

TEST_F(ProxyTest, IsPassedByForSomeHostsAndWhereTheRequestSaysSo) {
  HttpRequest far;
  far.url = "http://no-such-host.invalid/";
  EXPECT_EQ(send_by_proxy(far, "other.example,.invalid").trouble, HttpTrouble::connect);
  far.use_proxy = false;
  EXPECT_EQ(send_by_proxy(far).trouble, HttpTrouble::connect);
  EXPECT_EQ(server_.request_count(), 0U);
}

// What is to be used is what we are told; the environment is not read behind our back.
TEST_F(ProxyTest, OfTheEnvironmentIsNotReadHere) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  const HttpResponse response = get();
  ::unsetenv("http_proxy");
  EXPECT_EQ(response.body, "body");
}

}  // namespace
}  // namespace sparkify
