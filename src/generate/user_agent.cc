#include "generate/user_agent.h"

#include <fmt/format.h>

#include <string_view>

namespace sparkify {

namespace {

// Everywhere in this folder each draw is a statement of its own: the order in which a call's
// arguments are evaluated differs between compilers.

constexpr auto kDesktops = std::to_array<std::string_view>(
    {"Windows NT 6.1; WOW64", "Windows NT 6.3; WOW64", "Windows NT 5.1", "X11; Linux x86_64",
     "Macintosh; Intel Mac OS X 10_9_2", "Macintosh; Intel Mac OS X 10_10"});
constexpr auto kPhones = std::to_array<std::string_view>(
    {"iPhone; CPU iPhone OS 7_1 like Mac OS X", "iPad; CPU OS 7_1 like Mac OS X"});

std::string firefox(Random& random) {
  const std::int64_t version = random.between(24, 33);
  const std::string_view desktop = random.pick(kDesktops);
  return fmt::format("Mozilla/5.0 ({0}; rv:{1}.0) Gecko/20100101 Firefox/{1}.0", desktop, version);
}

std::string chrome(Random& random) {
  const std::string_view desktop = random.pick(kDesktops);
  const std::int64_t version = random.between(30, 38);
  const std::int64_t build = random.between(1700, 2100);
  const std::int64_t patch = random.between(40, 160);
  return fmt::format(
      "\"Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.{}.{} Safari/537.36\"",
      desktop, version, build, patch);
}

std::string safari(Random& random) {
  const std::string_view phone = random.pick(kPhones);
  const std::int64_t webkit = random.between(1, 3);
  const std::int64_t build = random.between(100, 299);
  return fmt::format(
      "\"Mozilla/5.0 ({}) AppleWebKit/537.51.{} (KHTML, like Gecko) Version/7.0 Mobile/11D{} "
      "Safari/9537.53\"",
      phone, webkit, build);
}

std::string internet_explorer(Random& random) {
  const std::int64_t version = random.between(8, 10);
  return fmt::format("Mozilla/5.0 (compatible; MSIE {}.0; Windows NT 6.1; Trident/{}.0)", version,
                     version - 4);
}

}  // namespace

std::string draw_user_agent(Random& random) {
  switch (random.pick_weighted(std::array<std::uint32_t, 4>{55, 25, 14, 6})) {
    case 0:
      return chrome(random);
    case 1:
      return firefox(random);
    case 2:
      return safari(random);
    default:
      return internet_explorer(random);
  }
}

}  // namespace sparkify
