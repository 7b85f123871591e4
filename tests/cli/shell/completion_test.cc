#include "cli/shell/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sparkify {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

TableCatalogue catalogue() {
  return {{
      {"plays", "view", {{"title", "text", true}, {"song_id", "text", true}}},
      {"songs", "table", {{"song_id", "text", false}, {"year", "integer", true}}},
      {"users", "table", {{"user_id", "integer", false}}},
      {"Odd one", "table", {{"Größe", "text", true}}},
      {"evil\x1b[31m", "table", {{"evil_column", "text", true}}},
  }};
}

Words at(std::string_view before, std::string_view after = "", std::string_view statement = "") {
  return complete({statement, before, after}, catalogue()).candidates;
}

TEST(Completion, GivesTablesBehindFromAndJoin) {
  EXPECT_THAT(at("select * from "), ElementsAre("\"Odd one\"", "plays", "songs", "users"));
  EXPECT_THAT(at("select * from plays join s"), ElementsAre("songs"));
  EXPECT_THAT(at("select * from plays, u"), ElementsAre("users"));
  EXPECT_THAT(at("s", "", "select *\nfrom\n"), ElementsAre("songs"));
  EXPECT_THAT(at("select title, u"), Contains("using")) << "a list of columns, not of tables";
}

TEST(Completion, GivesColumnsOfWhatStandsBeforeThePoint) {
  EXPECT_THAT(at("select songs."), ElementsAre("song_id", "year"));
  EXPECT_THAT(at("select s.y", " from songs s"), ElementsAre("year"));
  EXPECT_THAT(at("select 1 from plays as p join songs s on p.t"), ElementsAre("title"));
  EXPECT_THAT(at("select nothing."), IsEmpty());
  EXPECT_THAT(at("."), IsEmpty());
}

TEST(Completion, PrefersColumnsOfTheTablesThatAreNamed) {
  EXPECT_THAT(at("select user_", " from songs"), IsEmpty());
  EXPECT_THAT(at("select user_", " from users"), ElementsAre("user_id"));
  EXPECT_THAT(at("select user_"), ElementsAre("user_id"));
}

TEST(Completion, WritesKeywordsAsTheWordIsWritten) {
  EXPECT_THAT(at("sel"), ElementsAre("select"));
  EXPECT_THAT(at("SEL"), ElementsAre("SELECT"));
  EXPECT_EQ(complete({"", "SEL", ""}, catalogue()).word_bytes, 3U);
}

TEST(Completion, KnowsTheShellsOwnCommands) {
  EXPECT_THAT(at("\\t"), ElementsAre("\\timing"));
  EXPECT_THAT(at("\\d pl"), ElementsAre("plays"));
  EXPECT_THAT(at("\\e pl"), IsEmpty());
}

TEST(Completion, HasNothingToSayInQuotesAndWithoutAWord) {
  EXPECT_THAT(at("select 'sel"), IsEmpty());
  EXPECT_THAT(at("sel", "", "select 'a\n"), IsEmpty());
  EXPECT_THAT(at("select "), IsEmpty());
  EXPECT_THAT(at(""), IsEmpty());
  EXPECT_THAT(complete({"", "select * from ", ""}, TableCatalogue{}).candidates, IsEmpty());
}

TEST(Completion, ShowsNoNameThatATerminalMustNotSee) {
  EXPECT_THAT(at("select * from evil"), IsEmpty());
  EXPECT_THAT(at("select * from "), Not(Contains("evil\x1b[31m")));
}

TEST(CommonPrefix, IsOfAllAndNeverPartOfACharacter) {
  EXPECT_EQ(common_prefix({"song_id", "songs"}), "song");
  EXPECT_EQ(common_prefix({"Title", "time"}), "Ti");
  EXPECT_EQ(common_prefix({"\"\u00E9", "\"\u00E8"}), "\"");
  EXPECT_EQ(common_prefix({}), "");
}

}  // namespace
}  // namespace sparkify
