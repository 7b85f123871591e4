#include "serve/request_gate.h"

#include <algorithm>
#include <array>

namespace sparkify {

namespace {

constexpr std::array<std::string_view, 3> kLoopbackNames = {"127.0.0.1", "localhost", "[::1]"};
constexpr std::size_t kPortDigitsMax = 5;

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= kPortDigitsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool equals_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  return std::any_of(kLoopbackNames.begin(), kLoopbackNames.end(), [host](std::string_view name) {
    if (!equals_without_case(host.substr(0, name.size()), name)) return false;
    const std::string_view rest = host.substr(name.size());
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  });
}

GateAnswer answer_for(const GateRequest& request, const AccessToken& token) {
  if (!is_loopback_host(request.host)) return GateAnswer::wrong_host;
  if (request.method != "GET") return GateAnswer::wrong_method;
  if (!request.path.starts_with('/')) return GateAnswer::unknown;
  const std::string_view path = request.path.substr(1);
  const std::size_t slash = path.find('/');
  if (!token.matches(path.substr(0, slash))) return GateAnswer::unknown;
  if (slash == std::string_view::npos) return GateAnswer::bare_token;
  const std::string_view rest = path.substr(slash + 1);
  if (rest.empty()) return GateAnswer::page;
  if (rest == "report.json") return GateAnswer::document;
  if (rest == "state.json") return GateAnswer::state;
  return GateAnswer::unknown;
}

}  // namespace sparkify
