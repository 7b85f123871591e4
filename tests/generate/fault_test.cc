#include "generate/fault.h"

#include <gtest/gtest.h>

#include <string>

namespace sparkify {
namespace {

std::string error_of(std::string_view text) {
  const auto rates = parse_faults(text);
  if (rates.ok()) return "no error";
  EXPECT_EQ(rates.error().kind, ErrorKind::usage);
  return rates.error().message;
}

TEST(ParseFaults, ReadsKindsAndRates) {
  const auto rates = parse_faults("bad_json=0.01,duplicate=5e-2");
  ASSERT_TRUE(rates.ok());
  EXPECT_EQ(*rates, (FaultRates{{FaultKind::bad_json, 0.01}, {FaultKind::duplicate, 0.05}}));
}

TEST(ParseFaults, AllMeansEveryKindAtOneInAThousand) {
  const auto rates = parse_faults("all");
  ASSERT_TRUE(rates.ok());
  EXPECT_EQ(rates->size(), kFaultKindCount);
  for (const auto& [kind, rate] : *rates) EXPECT_EQ(rate, 0.001) << to_string(kind);
}

TEST(ParseFaults, TheRateOfAKindItselfCountsWhereverAllStands) {
  for (const char* text : {"all=0.01,crlf=0.5", "crlf=0.5,all=0.01"}) {
    const auto rates = parse_faults(text);
    ASSERT_TRUE(rates.ok());
    EXPECT_EQ(rates->at(FaultKind::crlf), 0.5);
    EXPECT_EQ(rates->at(FaultKind::bom), 0.01);
  }
}

TEST(ParseFaults, AnUnknownKindIsRefusedAndTheKnownOnesAreNamed) {
  const std::string message = error_of("typo=0.1");
  EXPECT_NE(message.find("'typo'"), std::string::npos) << message;
  for (const FaultKind kind : all_fault_kinds()) {
    EXPECT_NE(message.find(to_string(kind)), std::string::npos) << message;
  }
}

TEST(ParseFaults, ABadRateIsRefusedAndShown) {
  for (const std::string rate : {"", "-0.1", "1.01", "x", "0.1x", "nan", "inf", " 0.1", "0,1"}) {
    EXPECT_NE(error_of("crlf=" + rate), "no error") << rate;
  }
  EXPECT_EQ(error_of("crlf=2"), "faults: the rate of crlf must be a number from 0 to 1, not '2'");
}

TEST(ParseFaults, WhatMakesNoSenseIsRefused) {
  EXPECT_NE(error_of("crlf").find("crlf=0.01"), std::string::npos);
  EXPECT_NE(error_of("crlf=0.1,crlf=0.2").find("twice"), std::string::npos);
  EXPECT_NE(error_of("all,all").find("twice"), std::string::npos);
  EXPECT_NE(error_of("crlf=0.6,bom=0.5").find("add up to 1.1"), std::string::npos);
  EXPECT_NE(error_of(""), "no error");
  EXPECT_NE(error_of("crlf=0.1,"), "no error");
}

TEST(ParseFaults, RatesMayAddUpToOne) {
  EXPECT_TRUE(parse_faults("crlf=0.7,bom=0.2,bad_json=0.1").ok());
}

TEST(ParseFaults, RatesOfRecordsAndOfFilesAreAddedUpByThemselves) {
  EXPECT_TRUE(parse_faults("crlf=0.7,late_file=0.7").ok());
  EXPECT_NE(error_of("utf16=0.6,late_file=0.5").find("of files add up to 1.1"), std::string::npos);
}

TEST(FaultDraw, RecordsGetNoFaultsOfFilesNorFilesThoseOfRecords) {
  const FaultRates rates{{FaultKind::crlf, 0.5}, {FaultKind::utf16, 0.5}};
  for (const auto subject : {FaultDraw::Subject::record, FaultDraw::Subject::file}) {
    const FaultDraw faults(rates, subject);
    Random random(1, RandomPurpose::log_faults);
    for (int i = 0; i < 1'000; ++i) {
      const auto kind = faults.next(random);
      if (!kind) continue;
      EXPECT_EQ(is_of_file(*kind), subject == FaultDraw::Subject::file);
    }
  }
}

TEST(FaultDraw, DrawsEachKindAtItsRateAndNoOther) {
  const FaultDraw faults({{FaultKind::bad_type, 0.2}, {FaultKind::crlf, 0.05}},
                         FaultDraw::Subject::record);
  Random random(1, RandomPurpose::log_faults);
  std::map<FaultKind, int> counts;
  for (int i = 0; i < 100'000; ++i) {
    if (const auto kind = faults.next(random)) ++counts[*kind];
  }
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_NEAR(counts[FaultKind::bad_type], 20'000, 600);
  EXPECT_NEAR(counts[FaultKind::crlf], 5'000, 300);
}

}  // namespace
}  // namespace sparkify
