#pragma once

#include <string>
#include <string_view>

#include "serve/access_token.h"

namespace sparkify {

/// What of a request decides whether and what it is answered.
struct GateRequest {
  std::string_view method;
  std::string_view path;  ///< percent-decoded, without the query
  std::string_view host;  ///< the Host header; empty if there is none, or more than one
};

/// What a request asks for, or why it gets nothing.
enum class GateAnswer {
  page,          ///< the whole page
  document,      ///< only its data
  state,         ///< only which version of the data there is
  bare_token,    ///< the page's address without its last slash
  wrong_method,  ///< 405
  wrong_host,    ///< 421: a name that somebody made lead here, as DNS rebinding does
  unknown,       ///< 404: no such place, or not with this token; the two look alike
};

GateAnswer answer_for(const GateRequest& request, const AccessToken& token);

/// Whether a Host header names this machine's loopback: 127.0.0.1, localhost or [::1], with any
/// port, because a tunnel may have another one at its other end.
bool is_loopback_host(std::string_view host);

}  // namespace sparkify
