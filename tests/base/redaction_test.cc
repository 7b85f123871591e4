#include "base/redaction.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/log.h"

namespace sparkify {
namespace {

// Each test has secrets of its own: what was named once stays hidden until the process ends.
Secret named(const std::string& text) {
  Secret secret(text);
  keep_out_of_messages(secret);
  return secret;
}

TEST(Redaction, HidesASecretWhereverItStands) {
  EXPECT_EQ(redacted("swordfish-1"), "swordfish-1");
  named("swordfish-1");
  EXPECT_EQ(redacted("swordfish-1"), "[secret]");
  EXPECT_EQ(redacted("a swordfish-1, swordfish-1swordfish-1."), "a [secret], [secret][secret].");
  EXPECT_EQ(redacted("swordfish-"), "swordfish-");
  EXPECT_EQ(redacted(""), "");
}

TEST(Redaction, HidesThePercentEncodedFormToo) {
  named("sword/fish 2%");
  EXPECT_EQ(redacted("sword/fish 2%"), "[secret]");
  EXPECT_EQ(redacted("https://h/?x=sword%2Ffish%202%25&y=1"), "https://h/?x=[secret]&y=1");
}

TEST(Redaction, HidesTheLongerOfTwoThatBeginAlike) {
  named("trout-three");
  named("trout-three-and-more");
  EXPECT_EQ(redacted("trout-three-and-more trout-three"), "[secret] [secret]");
}

TEST(Redaction, LeavesShortOnesAlone) {
  named("only7it");
  EXPECT_EQ(redacted("only7its"), "only7its");
  named("eight8it");
  EXPECT_EQ(redacted("eight8its"), "[secret]s");
}

TEST(Redaction, OutlivesTheSecret) {
  { const Secret gone = named("mackerel-4"); }
  EXPECT_EQ(redacted("mackerel-4"), "[secret]");
}

TEST(Redaction, ForgetsTheOldestOfVeryMany) {
  named("the-first-of-many");
  for (int i = 0; i < 1000; ++i) named("one-of-a-thousand-" + std::to_string(i));
  EXPECT_EQ(redacted("the-first-of-many"), "the-first-of-many");
  EXPECT_EQ(redacted("one-of-a-thousand-999"), "[secret]");
}

TEST(Redaction, AnErrorIsWrittenWithoutIt) {
  named("flounder-5");
  EXPECT_EQ(make_error(ErrorKind::database, "no flounder-5 here").message, "no [secret] here");
}

TEST(Redaction, ALineOfTheLogIsWrittenWithoutIt) {
  named("halibut-six");
  testing::internal::CaptureStderr();
  log_error("a halibut-six");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "sparkify: error: a [secret]\n");
}

}  // namespace
}  // namespace sparkify
