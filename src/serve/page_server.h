#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "serve/access_token.h"
#include "serve/live_document.h"

namespace sparkify {

/// Gives the report's page and its data to browsers of this machine: HTTP/1.1 on 127.0.0.1, GET
/// only, one request a connection, each with a bound of time and of bytes.
///
///   /TOKEN/             the page with the newest data in it
///   /TOKEN/report.json  the data alone, as report_document gives it
///   /TOKEN/state.json   {"format": "sparkify.serve/1", "version": 7, "trouble": null or a text}
class PageServer {
 public:
  /// `document` outlives the server.
  PageServer(LiveDocument& document, AccessToken token);
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  /// Takes a port of 127.0.0.1, 0 for any that is free; who connects from now on waits for start().
  /// Errors: config, when the port cannot be had.
  Status bind(std::uint16_t port);

  /// Answers on threads of its own until the object goes. The document has started by then.
  void start();

  /// False: the listener has ended by itself.
  bool is_alive() const;

  /// Where the page is, token included.
  std::string url() const;

 private:
  class Http;

  const AccessToken token_;
  std::unique_ptr<Http> http_;
};

}  // namespace sparkify
