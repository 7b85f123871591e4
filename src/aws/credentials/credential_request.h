#pragma once

#include <string>
#include <string_view>

#include "aws/credentials/credential_provider.h"
#include "aws/http_client.h"
#include "base/result.h"

namespace sparkify {

/// How patiently a server is asked.
struct CredentialPatience {
  int tries = 3;
  double timeout_s = 30;  ///< of each try
  bool pauses = true;     ///< waits before it asks again
};

/// Sends `request` and gives the whole answer, of any status; sends it again where that may help
/// (no connection, cut off, too slow, 429, 5xx).
///
/// `who`     begins an error's message, which then names the server, never more of the URL.
/// Errors    config: no whole answer came, or one of more than 64 KiB. stopped.
Result<HttpResponse> ask_for_credentials(const CredentialContext& context, HttpRequest request,
                                         std::string_view who, const CredentialPatience& patience);

/// `https://host:port` of a URL, safe to print: without a user, a path or a query.
std::string url_origin(std::string_view url);

/// Waits for `options.retry_pause_s`. False: a stop request ended it.
bool pause_before_retry(const CredentialChainOptions& options);

}  // namespace sparkify
