#include "report/report_page.h"

namespace sparkify {

namespace {

constexpr std::string_view kPlace = "__SPARKIFY_REPORT_DATA__";

}  // namespace

Result<std::string> report_page(std::string_view page_template, std::string_view document) {
  const std::size_t place = page_template.find(kPlace);
  if (place == std::string_view::npos || page_template.rfind(kPlace) != place) {
    return make_error(ErrorKind::internal, "the report's page has not one place for its data");
  }
  std::string page(page_template.substr(0, place));
  page += document;
  page += page_template.substr(place + kPlace.size());
  return page;
}

}  // namespace sparkify
