#include "report/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sparkify {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kSound =
    "-- title: Plays by gender\n"
    "-- chart: bars\n"
    "-- levels: sum\n"
    "-- x: gender\n"
    "-- y: plays\n"
    "-- series: level\n"
    "-- definition: Songs that women\n"
    "-- definition: and men started.\n"
    "select 1 -- title: not this\n";

Analysis parsed(const std::string& text) {
  const auto analysis = parse_analysis("ours/by_gender.sql", text, true);
  EXPECT_TRUE(analysis.ok()) << analysis.error().message;
  return *analysis;
}

std::string trouble_of(const std::string& text, const std::string& file = "ours/by_gender.sql") {
  const auto analysis = parse_analysis(file, text, true);
  EXPECT_FALSE(analysis.ok());
  if (analysis.ok()) return {};
  EXPECT_EQ(analysis.error().kind, ErrorKind::config);
  EXPECT_THAT(analysis.error().message, HasSubstr(file));
  return analysis.error().message;
}

TEST(ParseAnalysis, TakesTheHeaderAndLeavesTheSql) {
  const Analysis analysis = parsed(kSound);
  EXPECT_EQ(analysis.name, "by_gender");
  EXPECT_EQ(analysis.title, "Plays by gender");
  EXPECT_EQ(analysis.chart, "bars");
  EXPECT_EQ(analysis.levels, "sum");
  EXPECT_EQ(analysis.x, "gender");
  EXPECT_EQ(analysis.y, "plays");
  EXPECT_EQ(analysis.series, "level");
  EXPECT_EQ(analysis.definition, "Songs that women and men started.");
  EXPECT_EQ(analysis.sql, "select 1 -- title: not this");
  EXPECT_TRUE(analysis.is_custom);
}

TEST(ParseAnalysis, EditorsAndSystemsMayWriteItTheirWay) {
  const Analysis analysis = parsed(
      "\xEF\xBB\xBF\r\n--title:Zeit: wann? \r\n--- no key here\r\n\r\n--chart : table\r\n"
      "select 1\r\n");
  EXPECT_EQ(analysis.title, "Zeit: wann?");
  EXPECT_EQ(analysis.chart, "table");
  EXPECT_EQ(analysis.levels, "none");
  EXPECT_EQ(analysis.sql, "select 1");
}

TEST(ParseAnalysis, SaysWhatIsWrongWithTheHeader) {
  EXPECT_THAT(trouble_of("select 1"), HasSubstr("-- title:"));
  EXPECT_THAT(trouble_of(""), HasSubstr("-- title:"));
  EXPECT_THAT(trouble_of("-- title: \n-- chart: bars\nselect 1"), HasSubstr("-- title:"));
  EXPECT_THAT(trouble_of("-- title: T\nselect 1"), HasSubstr("there is no chart"));
  EXPECT_THAT(trouble_of("-- title: T\n-- chart: pie\nselect 1"), HasSubstr("`pie`"));
  EXPECT_THAT(trouble_of("-- title: T\n-- chart: heatmap\nselect 1"), HasSubstr("bars, line"));
  EXPECT_THAT(trouble_of("-- title: T\n-- chart: bars\n-- levels: all\nselect 1"),
              HasSubstr("`all`"));
  EXPECT_THAT(trouble_of("-- title: T\n-- chart: bars\n\n  \n"), HasSubstr("no SQL"));
  EXPECT_THAT(trouble_of("-- title: " + std::string(201, 't') + "\n-- chart: bars\nselect 1"),
              HasSubstr("200 bytes"));
}

TEST(ParseAnalysis, RefusesWhatIsNoText) {
  EXPECT_THAT(trouble_of(kSound + "\xff"), HasSubstr("UTF-8"));
  EXPECT_THAT(trouble_of(kSound + std::string(1, '\0')), HasSubstr("NUL"));
}

TEST(ParseAnalysis, RefusesNamesThatMeanSomethingElsewhere) {
  for (const char* file : {"a b.sql", "ä.sql", ".sql", "ours/<b>.sql"}) {
    EXPECT_THAT(trouble_of(kSound, file), HasSubstr("letters, digits")) << file;
  }
  trouble_of(kSound, std::string(65, 'n') + ".sql");
}

TEST(ParseAnalysis, ATerminalCanShowItsErrors) {
  const auto analysis = parse_analysis("a.sql", "-- title: T\n-- chart: \x1b[2J\nselect 1", true);
  ASSERT_FALSE(analysis.ok());
  EXPECT_THAT(analysis.error().message, HasSubstr("\\x1b[2J"));
}

TEST(BuiltInAnalyses, AreThoseOfTheReportInItsOrder) {
  for (const char* dialect : {"duckdb", "postgres", "redshift"}) {
    const auto analyses = built_in_analyses(*SqlLibrary::open(dialect));
    ASSERT_TRUE(analyses.ok()) << analyses.error().message;
    std::string names;
    for (const Analysis& analysis : *analyses) {
      names += analysis.name + " ";
      EXPECT_FALSE(analysis.is_custom);
      EXPECT_THAT(analysis.definition, testing::EndsWith(".")) << analysis.name;
      EXPECT_THAT(analysis.sql, testing::Not(HasSubstr("definition:"))) << analysis.name;
    }
    EXPECT_EQ(names,
              "plays_by_hour active_users level_changes top_songs top_artists session_lengths "
              "retention places devices concurrency match_rate unmatched_songs users_at_risk ");
  }
}

class ReadAnalysesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/analyses_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }
  void given(const std::string& name, const std::string& text) {
    std::ofstream(root_ / name, std::ios::binary) << text;
  }
  std::string trouble() const {
    const auto analyses = read_analyses(root_.native());
    EXPECT_FALSE(analyses.ok());
    return analyses.ok() ? std::string() : analyses.error().message;
  }
  fs::path root_;
};

TEST_F(ReadAnalysesTest, ReadsTheSqlFilesInTheOrderOfTheirNames) {
  given("b.sql", kSound);
  given("a.sql", kSound);
  given("README.md", "# Ours");
  const auto analyses = read_analyses(root_.native());
  ASSERT_TRUE(analyses.ok()) << analyses.error().message;
  ASSERT_EQ(analyses->size(), 2);
  EXPECT_EQ(analyses->front().name, "a");
  EXPECT_EQ(analyses->back().name, "b");
}

TEST_F(ReadAnalysesTest, SaysWhichFileIsWrong) {
  given("a.sql", kSound);
  given("wrong.sql", "select 1");
  EXPECT_THAT(trouble(), HasSubstr((root_ / "wrong.sql").native()));
}

TEST_F(ReadAnalysesTest, HasBounds) {
  given("long.sql", kSound + std::string(std::size_t{64} << 10, ' '));
  EXPECT_THAT(trouble(), HasSubstr("64 KiB"));
  for (int i = 0; i < 101; ++i) given("a" + std::to_string(i) + ".sql", kSound);
  EXPECT_THAT(trouble(), HasSubstr("more than 100"));
}

TEST_F(ReadAnalysesTest, AFolderThatIsNoneOrHasNothingIsAnError) {
  EXPECT_THAT(trouble(), HasSubstr("no .sql file"));
  fs::remove_all(root_);
  EXPECT_THAT(trouble(), HasSubstr(root_.native()));
  fs::create_directory(root_);
  fs::create_directory(root_ / "folder.sql");
  EXPECT_THAT(trouble(), HasSubstr("folder.sql"));
}

}  // namespace
}  // namespace sparkify
