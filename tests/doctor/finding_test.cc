#include "doctor/finding.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "doctor/findings_text.h"

namespace sparkify {
namespace {

Finding of(const std::string& message) {
  return bad("check", make_error(ErrorKind::source, message), "ask");
}

TEST(Finding, AnErrorsAdviceIsTheFix) {
  const Finding advised =
      of("s3://b/k: GET refused (403 AccessDenied); the key needs s3:GetObject");
  EXPECT_EQ(advised.detail, "s3://b/k: GET refused (403 AccessDenied)");
  EXPECT_EQ(advised.fix, "the key needs s3:GetObject");
  EXPECT_EQ(advised.health, Health::fail);
  const Finding sentence = of("S3 does not accept the key: 403 InvalidKey. Check it, or log in");
  EXPECT_EQ(sentence.detail, "S3 does not accept the key: 403 InvalidKey");
  EXPECT_EQ(sentence.fix, "check it, or log in");
}

TEST(Finding, WhatOthersSayInParenthesesIsNoAdvice) {
  const Finding finding = of("db: no connection (it failed; Is it up? No. It (really; so) is not)");
  EXPECT_EQ(finding.detail, "db: no connection (it failed; Is it up? No. It (really; so) is not)");
  EXPECT_EQ(finding.fix, "ask");
}

TEST(Finding, AnErrorWithoutAdviceGetsTheCallers) {
  for (const char* message : {"", ";", "; ", "it failed", "version 1. 2", "a;b", "it failed. "}) {
    const Finding finding = of(message);
    EXPECT_EQ(finding.detail, message);
    EXPECT_EQ(finding.fix, "ask");
  }
}

TEST(Finding, ASentenceOfItsOwnIsTheAdviceElseWhatTheFirstSemicolonEnds) {
  const Finding semicolons = of("x: down; look at it; then run again");
  EXPECT_EQ(semicolons.detail, "x: down");
  EXPECT_EQ(semicolons.fix, "look at it; then run again");
  const Finding sentences = of("none found: A is not set; B has none. Set A. Or give C");
  EXPECT_EQ(sentences.detail, "none found: A is not set; B has none");
  EXPECT_EQ(sentences.fix, "set A. Or give C");
}

const std::vector<Finding> kSome = {
    fine("clock", "within 10 s"), doubtful("log_data.write", "may write", "take it away"),
    not_looked_at("tables", "no warehouse"), bad("rights", "none", "grant some")};

TEST(FindingsText, IsALineEachInColumnsWithTheFixBelowTheDetail) {
  EXPECT_EQ(findings_text(kSome, "duckdb:w"),
            "ok    clock           within 10 s\n"
            "warn  log_data.write  may write\n"
            "                      fix: take it away\n"
            "warn  tables          not looked at: no warehouse\n"
            "fail  rights          none\n"
            "                      fix: grant some\n"
            "\n"
            "duckdb:w: 1 ok, 2 warnings, 1 failure\n");
}

TEST(FindingsText, AsJsonIsOneDocument) {
  const auto document = nlohmann::json::parse(findings_json(kSome, "duckdb:w"));
  EXPECT_EQ(document["format"], "sparkify.doctor/1");
  EXPECT_EQ(document["warehouse"], "duckdb:w");
  EXPECT_EQ(document["passed"], false);
  EXPECT_EQ(document["checks"].size(), 4U);
  EXPECT_EQ(document["checks"][1], nlohmann::json({{"name", "log_data.write"},
                                                   {"verdict", "warn"},
                                                   {"detail", "may write"},
                                                   {"fix", "take it away"}}));
}

TEST(FindingsText, WarningsAreNoFailure) {
  EXPECT_TRUE(any_failed(kSome));
  EXPECT_FALSE(any_failed({kSome.begin(), kSome.end() - 1}));
  EXPECT_FALSE(any_failed({}));
}

}  // namespace
}  // namespace sparkify
