// Signs requests for tests/oracle/signature_test.py: JSON lines on stdin, one answer a line on
// stdout. Usage: sign_requests <REQUESTS
//
// A request has `method`, `origin` (`https://host`), `key`, `query` and `headers` (lists of
// [name, value]), `body`, `access_key_id`, `secret_access_key`, `session_token`, `region`,
// `service`, `time_us`. Key and query are as they are: we encode them. The answer has `url` and
// `headers`.

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "aws/signature_v4.h"
#include "base/percent_encoding.h"

namespace {

using nlohmann::json;

std::string url_of(const json& request) {
  std::string url = request.at("origin").get<std::string>() + "/" +
                    sparkify::percent_encode(request.at("key").get<std::string>(), true);
  char separator = '?';
  for (const auto& [name, value] :
       request.at("query").get<std::vector<std::pair<std::string, std::string>>>()) {
    url += separator + sparkify::percent_encode(name) + "=" + sparkify::percent_encode(value);
    separator = '&';
  }
  return url;
}

json signed_by_us(const json& request) {
  const auto body = request.at("body").get<std::string>();
  sparkify::HttpRequest http;
  http.method = request.at("method").get<std::string>();
  http.url = url_of(request);
  for (const auto& header : request.at("headers")) {
    http.headers.push_back({header.at(0).get<std::string>(), header.at(1).get<std::string>()});
  }
  http.body = body;
  const sparkify::AwsCredentials credentials{
      request.at("access_key_id").get<std::string>(),
      sparkify::Secret(request.at("secret_access_key").get<std::string>()),
      sparkify::Secret(request.at("session_token").get<std::string>()),
      {}};
  sparkify::sign(http, credentials,
                 {request.at("region").get<std::string>(), request.at("service").get<std::string>(),
                  request.at("time_us").get<std::int64_t>()});
  json headers = json::array();
  for (const auto& header : http.headers) headers.push_back({header.name, header.value});
  return {{"url", http.url}, {"headers", headers}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::puts(signed_by_us(json::parse(line)).dump().c_str());
  }
  return 0;
}
