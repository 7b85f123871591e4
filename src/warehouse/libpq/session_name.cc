#include "warehouse/libpq/session_name.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>

#include "base/utf8.h"

namespace sparkify::libpq {

namespace {

constexpr std::size_t kNameBytesMax = 63;  // NAMEDATALEN - 1
constexpr std::string_view kPrefix = "sparkify ";

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string start_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return {text.data(), length};
}

}  // namespace

std::string session_name() {
  static const std::string started = start_time();
  const std::string pid = std::to_string(getpid());
  const std::size_t room = kNameBytesMax - kPrefix.size() - pid.size() - started.size() - 2;
  return fmt::format("{}{}@{} {}", kPrefix, pid, display_prefix(host_name(), room), started);
}

bool is_of_dead_process(std::string_view name) {
  const std::size_t at = name.find('@');
  const std::size_t space = name.rfind(' ');
  if (!name.starts_with(kPrefix) || at == name.npos || space < at) return false;
  const std::string own = session_name();
  const std::string_view own_host = std::string_view(own).substr(own.find('@') + 1);
  if (name.substr(at + 1, space - at) != own_host.substr(0, own_host.rfind(' ') + 1)) return false;
  const std::string_view digits = name.substr(kPrefix.size(), at - kPrefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (error != std::errc() || end != digits.data() + digits.size() || pid <= 0) return false;
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

std::string describe_session(std::string_view name) {
  const std::size_t at = name.find('@');
  const std::size_t space = name.rfind(' ');
  constexpr std::size_t kStampBytes = 16;
  if (!name.starts_with(kPrefix) || at == name.npos || space < at ||
      name.size() - space - 1 != kStampBytes) {
    return printable(name);
  }
  const std::string_view stamp = name.substr(space + 1);
  return fmt::format("process {} on {}, started {}-{}-{} {}:{}:{} UTC",
                     printable(name.substr(kPrefix.size(), at - kPrefix.size())),
                     printable(name.substr(at + 1, space - at - 1)), printable(stamp.substr(0, 4)),
                     printable(stamp.substr(4, 2)), printable(stamp.substr(6, 2)),
                     printable(stamp.substr(9, 2)), printable(stamp.substr(11, 2)),
                     printable(stamp.substr(13, 2)));
}

}  // namespace sparkify::libpq
