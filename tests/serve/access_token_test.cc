#include "serve/access_token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace sparkify {
namespace {

TEST(AccessToken, IsThirtyTwoHexadecimalDigitsAndNewEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto token = AccessToken::make();
    ASSERT_TRUE(token.ok());
    EXPECT_EQ(token->text().size(), 32U);
    EXPECT_EQ(token->text().find_first_not_of("0123456789abcdef"), std::string::npos);
    seen.insert(token->text());
  }
  EXPECT_EQ(seen.size(), 100U);
}

TEST(AccessToken, MatchesItselfAlone) {
  const auto token = AccessToken::make();
  ASSERT_TRUE(token.ok());
  EXPECT_TRUE(token->matches(token->text()));
  EXPECT_FALSE(token->matches(""));
  EXPECT_FALSE(token->matches(token->text().substr(1)));
  EXPECT_FALSE(token->matches(token->text() + "0"));
  for (std::size_t at = 0; at < token->text().size(); ++at) {
    std::string other = token->text();
    other[at] = other[at] == '0' ? '1' : '0';
    EXPECT_FALSE(token->matches(other)) << at;
  }
}

}  // namespace
}  // namespace sparkify
