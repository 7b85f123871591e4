// Generated logs are spread about as the real ones of 1 to 15 November 2018; their figures stand in
// docs/generator.md. The bounds are wide: they hold for every seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fakes/memory_writer.h"
#include "generate/generator.h"

namespace sparkify {
namespace {

using Json = nlohmann::json;
using Counts = std::map<std::string, std::int64_t>;

/// Sums over the counts that are largest, as shares of all.
double share_of_first(const Counts& counts, double part) {
  std::vector<std::int64_t> sorted;
  std::int64_t total = 0;
  for (const auto& [key, count] : counts) {
    sorted.push_back(count);
    total += count;
  }
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const auto first_count = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < first_count; ++i) sum += sorted[i];
  return static_cast<double>(sum) / static_cast<double>(total);
}

std::int64_t quantile(const Counts& counts, double part) {
  std::vector<std::int64_t> sorted;
  for (const auto& [key, count] : counts) sorted.push_back(count);
  std::sort(sorted.begin(), sorted.end());
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size()))];
}

/// What is counted of three times as many users and events as the real logs have.
class DistributionTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    GenerateOptions options;
    options.seed = GetParam();
    options.events = 10'722;
    options.users = 300;
    options.songs = 71;
    options.days = 15;
    options.match_rate = 0.001;
    MemoryWriter writer;
    GenerateProgress progress;
    ASSERT_TRUE(generate(options, writer, progress).ok());
    for (const auto& [name, text] : writer.objects) {
      if (!name.starts_with("log_data/")) continue;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        count(Json::parse(text.substr(at, end - at)));
        at = end + 1;
      }
    }
  }

  void count(const Json& event) {
    events_ += 1;
    ++sessions_[event["sessionId"].dump()];
    ++pages_[event["page"]];
    const std::string user = event["userId"];
    if (!user.empty()) {
      ++users_[user];
      ++places_[event["location"]];
      places_by_user_[user] = event["location"];
    }
    if (event["page"] != "NextSong") return;
    plays_ += 1;
    paid_plays_ += event["level"] == "paid" ? 1 : 0;
    const std::string texts =
        event["song"].get<std::string>() + '\n' + std::string(event["artist"]);
    ++songs_[texts + event["length"].dump()];
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    odd_plays_ += std::all_of(texts.begin(), texts.end(), is_ascii) ? 0 : 1;
  }

  double share_of_page(const std::string& page) {
    return static_cast<double>(pages_[page]) / events_;
  }

  double events_ = 0;
  double plays_ = 0;
  double paid_plays_ = 0;
  double odd_plays_ = 0;
  Counts sessions_;
  Counts pages_;
  Counts users_;
  Counts places_;
  Counts songs_;
  std::map<std::string, std::string> places_by_user_;
};

TEST_P(DistributionTest, APartOfTheUsersPaysAndPlaysMost) {
  EXPECT_GT(paid_plays_ / plays_, 0.5);  // real: 0.78
  EXPECT_LT(paid_plays_ / plays_, 0.9);
  EXPECT_GT(share_of_first(users_, 0.1), 0.4);  // real: 0.6
  EXPECT_LT(share_of_first(users_, 0.1), 0.75);
  EXPECT_GT(users_.size(), 240u);
}

TEST_P(DistributionTest, MostSessionsAreShortAndSomeAreLong) {
  EXPECT_GE(quantile(sessions_, 0.5), 2);  // real: 2
  EXPECT_LE(quantile(sessions_, 0.5), 3);
  EXPECT_GE(quantile(sessions_, 0.9), 9);  // real: 18
  EXPECT_LE(quantile(sessions_, 0.9), 25);
  EXPECT_GE(quantile(sessions_, 0.99), 50);  // real: 88
  EXPECT_LE(quantile(sessions_, 0.99), 120);
}

TEST_P(DistributionTest, MostSongsArePlayedOnceAndAFewOften) {
  const double different = static_cast<double>(songs_.size()) / plays_;
  EXPECT_GT(different, 0.7);  // real: 0.85
  EXPECT_LT(different, 0.92);
  double once = 0;
  for (const auto& [song, count] : songs_) once += count == 1 ? 1 : 0;
  EXPECT_GT(once / static_cast<double>(songs_.size()), 0.8);  // real: 0.9
  EXPECT_GT(share_of_first(songs_, 0.1), 0.18);               // real: 0.24
  EXPECT_LT(share_of_first(songs_, 0.1), 0.33);
}

TEST_P(DistributionTest, EveryPageOccursAndPlaysAreMost) {
  EXPECT_NEAR(share_of_page("NextSong"), 0.85, 0.06);  // real: 0.85
  EXPECT_NEAR(share_of_page("Home"), 0.11, 0.04);      // real: 0.10
  for (const char* page : {"Login", "Logout", "Settings", "Save Settings", "Upgrade",
                           "Submit Upgrade", "Downgrade", "Help", "About", "Error"}) {
    EXPECT_GT(share_of_page(page), 0) << page;
    EXPECT_LT(share_of_page(page), 0.03) << page;
  }
}

TEST_P(DistributionTest, UsersLiveInManyPlacesAndSomeTextsAreNotAscii) {
  EXPECT_GT(places_.size(), 80u);
  Counts users_of_places;
  for (const auto& [user, place] : places_by_user_) ++users_of_places[place];
  const auto is_less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const std::int64_t most =
      std::max_element(users_of_places.begin(), users_of_places.end(), is_less)->second;
  const double first = static_cast<double>(most) / static_cast<double>(users_.size());
  EXPECT_GT(first, 0.025);  // real: 0.09, of fewer
  EXPECT_LT(first, 0.15);
  EXPECT_GT(odd_plays_ / plays_, 0.02);  // real: 0.04
  EXPECT_LT(odd_plays_ / plays_, 0.08);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DistributionTest, testing::Values(1, 2, 3));

}  // namespace
}  // namespace sparkify
