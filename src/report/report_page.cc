#include "report/report_page.h"

namespace sparkify {

namespace {

constexpr std::string_view kPlace = "__SPARKIFY_REPORT_DATA__";
constexpr std::string_view kAlone = "connect-src 'none'";
constexpr std::string_view kConnected = "connect-src 'self'";
constexpr std::string_view kPolicyBegin = "http-equiv=\"Content-Security-Policy\" content=\"";

Result<std::string> with_text_in_place(std::string_view text, std::string_view place,
                                       std::string_view instead) {
  const std::size_t at = text.find(place);
  if (at == std::string_view::npos || text.rfind(place) != at) {
    return make_error(ErrorKind::internal,
                      "the report's page has not one place for " + std::string(place));
  }
  std::string out(text.substr(0, at));
  out += instead;
  out += text.substr(at + place.size());
  return out;
}

}  // namespace

Result<std::string> report_page(std::string_view page_template, std::string_view document) {
  return with_text_in_place(page_template, kPlace, document);
}

Result<std::string> live_report_page(std::string_view page_template, std::string_view document) {
  TRY_ASSIGN(const std::string connected, with_text_in_place(page_template, kAlone, kConnected));
  return report_page(connected, document);
}

std::string page_policy(std::string_view page) {
  const std::size_t at = page.find(kPolicyBegin);
  if (at == std::string_view::npos) return "default-src 'none'";
  const std::string_view rest = page.substr(at + kPolicyBegin.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace sparkify
