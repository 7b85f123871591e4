#include "base/child_environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sparkify {

namespace {

constexpr std::array<std::string_view, 2> kWithheld = {"SPARKIFY_DB_PASSWORD=", "PGPASSWORD="};

}  // namespace

ChildEnvironment::ChildEnvironment() {
  for (char** variable = ::environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const bool is_withheld =
        std::any_of(kWithheld.begin(), kWithheld.end(),
                    [text](std::string_view name) { return text.starts_with(name); });
    // Ours stays where it is: a copy would be one more of what may be secret.
    if (!is_withheld) ours_.push_back(*variable);
  }
}

void ChildEnvironment::add(const std::string& name, const std::string& value) {
  const std::string start = name + "=";
  const bool is_set = std::any_of(ours_.begin(), ours_.end(), [&start](const char* text) {
    return std::string_view(text).starts_with(start);
  });
  if (!is_set) added_.push_back(start + value);
}

char* const* ChildEnvironment::variables() {
  all_ = ours_;
  for (std::string& text : added_) all_.push_back(text.data());
  all_.push_back(nullptr);
  return all_.data();
}

}  // namespace sparkify
