#include "generate/user_agent.h"

#include <fmt/format.h>

#include <string_view>

namespace sparkify {

namespace {

// Everywhere in this folder each draw is a statement of its own: the order in which a call's
// arguments are evaluated differs between compilers.

/// Something that is drawn as often as its weight says.
struct Choice {
  std::string_view text;
  std::uint32_t weight;
};

template <std::size_t Count>
std::string_view pick(Random& random, const std::array<Choice, Count>& choices) {
  std::array<std::uint32_t, Count> weights;
  for (std::size_t i = 0; i < Count; ++i) weights[i] = choices[i].weight;
  return choices[random.pick_weighted(weights)].text;
}

constexpr auto kWindows = std::to_array<Choice>({{"Windows NT 6.1; WOW64", 56},
                                                 {"Windows NT 6.3; WOW64", 24},
                                                 {"Windows NT 5.1", 9},
                                                 {"Windows NT 6.1", 6},
                                                 {"Windows NT 6.2; WOW64", 5}});
constexpr auto kMacVersions = std::to_array<Choice>(
    {{"9_4", 64}, {"9_3", 8}, {"8_5", 10}, {"10", 8}, {"6_8", 6}, {"7_5", 4}});
constexpr auto kPhones = std::to_array<Choice>({{"7_1_2", 55}, {"7_1_1", 25}, {"7_0_4", 20}});

struct Version {
  int major;
  std::uint32_t weight;
};

template <std::size_t Count>
int pick(Random& random, const std::array<Version, Count>& versions) {
  std::array<std::uint32_t, Count> weights;
  for (std::size_t i = 0; i < Count; ++i) weights[i] = versions[i].weight;
  return versions[random.pick_weighted(weights)].major;
}

constexpr auto kChromeVersions = std::to_array<Version>({{36, 72}, {37, 16}, {35, 7}, {34, 5}});
constexpr auto kFirefoxVersions = std::to_array<Version>({{31, 70}, {32, 14}, {30, 10}, {24, 6}});
constexpr auto kWebKitVersions = std::to_array<Version>({{78, 45}, {77, 35}, {76, 12}, {75, 8}});

std::string firefox_on(Random& random, std::string_view system) {
  const int version = pick(random, kFirefoxVersions);
  return fmt::format("Mozilla/5.0 ({0}; rv:{1}.0) Gecko/20100101 Firefox/{1}.0", system, version);
}

/// A release has a build, and one patch that nearly everybody has, besides an older one.
std::string chrome_on(Random& random, std::string_view system) {
  const int version = pick(random, kChromeVersions);
  const int build = 56 * version - 30;
  const int patch = random.chance(0.6) ? 4 * version : 3 * version + 2;
  return fmt::format(
      "\"Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.{}.{} Safari/537.36\"",
      system, version, build, patch);
}

std::string mac(Random& random) {
  return fmt::format("Macintosh; Intel Mac OS X 10_{}", pick(random, kMacVersions));
}

/// Firefox tells only the first two numbers, with a point between.
std::string mac_of_firefox(Random& random) {
  std::string_view version = pick(random, kMacVersions);
  version = version.substr(0, version.find('_'));
  return fmt::format("Macintosh; Intel Mac OS X 10.{}", version);
}

std::string safari_on_mac(Random& random) {
  const std::string system = mac(random);
  const int webkit = pick(random, kWebKitVersions);
  return fmt::format(
      "\"Mozilla/5.0 ({0}) AppleWebKit/537.{1}.2 (KHTML, like Gecko) Version/7.0.{2} "
      "Safari/537.{1}.2\"",
      system, webkit, webkit - 72);
}

std::string safari_on(Random& random, std::string_view device) {
  const std::string_view version = pick(random, kPhones);
  const int build = 201 + 28 * (version[2] - '0');
  return fmt::format(
      "\"Mozilla/5.0 ({} OS {} like Mac OS X) AppleWebKit/537.51.2 (KHTML, like Gecko) "
      "Version/7.0 Mobile/11D{} Safari/9537.53\"",
      device, version, build);
}

std::string internet_explorer(Random& random) {
  const std::int64_t version = random.between(8, 10);
  return fmt::format("Mozilla/5.0 (compatible; MSIE {}.0; Windows NT 6.1; Trident/{}.0)", version,
                     version - 4);
}

}  // namespace

std::string draw_user_agent(Random& random) {
  constexpr std::string_view kLinux = "X11; Linux x86_64";
  constexpr std::array<std::uint32_t, 10> kWeights{190, 185, 90, 140, 80, 25, 185, 65, 15, 25};
  switch (random.pick_weighted(kWeights)) {
    case 0:
      return chrome_on(random, pick(random, kWindows));
    case 1:
      return chrome_on(random, mac(random));
    case 2:
      return chrome_on(random, kLinux);
    case 3:
      return firefox_on(random, pick(random, kWindows));
    case 4:
      return firefox_on(random, mac_of_firefox(random));
    case 5:
      return firefox_on(random, kLinux);
    case 6:
      return safari_on_mac(random);
    case 7:
      return safari_on(random, "iPhone; CPU iPhone");
    case 8:
      return safari_on(random, "iPad; CPU");
    default:
      return internet_explorer(random);
  }
}

}  // namespace sparkify
