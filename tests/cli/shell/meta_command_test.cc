#include "cli/shell/meta_command.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

using Kind = MetaCommand::Kind;

TEST(MetaCommand, IsALineThatBeginsWithABackslashOrAWordForIt) {
  for (const char* const line : {"\\d", "  \\q", "exit", "quit;", " help ", "\\nonsense"}) {
    EXPECT_TRUE(is_meta_command(line)) << line;
  }
  for (const char* const line : {"", "select 1", "exit the loop", "helping", "-- \\d"}) {
    EXPECT_FALSE(is_meta_command(line)) << line;
  }
}

TEST(MetaCommand, EachWordOfTheHelpIsUnderstood) {
  for (const MetaWord& each : meta_words()) {
    const auto command = parse_meta_command(each.word);
    ASSERT_TRUE(command.ok()) << each.word;
    EXPECT_EQ(command->kind, each.kind);
    EXPECT_EQ(command->argument, "");
    EXPECT_NE(meta_help().find(each.word), std::string::npos);
  }
}

TEST(MetaCommand, TakesItsArgumentWithoutQuotesAndSemicolon) {
  const auto argument = [](const char* line) { return parse_meta_command(line)->argument; };
  EXPECT_EQ(argument("\\d plays"), "plays");
  EXPECT_EQ(argument("\\d   plays ; "), "plays");
  EXPECT_EQ(argument("\\d \"Odd \"\"one\"\"\""), "Odd \"one\"");
  EXPECT_EQ(argument("\\timing off"), "off");
}

TEST(MetaCommand, WhatThereIsNotIsAnErrorThatIsSafeToPrint) {
  const auto unknown = parse_meta_command("\\\x1b[31m");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message, "\\\\x1b[31m: no such command; \\? shows what there is");
  EXPECT_FALSE(parse_meta_command("\\q now").ok());
}

TEST(MetaCommand, ASwitchIsSetOrTurned) {
  const auto with = [](const char* argument) { return MetaCommand{Kind::timing, argument}; };
  EXPECT_TRUE(*switched(with(""), false));
  EXPECT_FALSE(*switched(with(""), true));
  EXPECT_TRUE(*switched(with("on"), true));
  EXPECT_FALSE(*switched(with("off"), true));
  EXPECT_FALSE(switched(with("maybe"), true).ok());
}

}  // namespace
}  // namespace sparkify
