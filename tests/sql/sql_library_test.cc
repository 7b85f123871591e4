#include "sql/sql_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sparkify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const SqlLibrary& library() {
  static const SqlLibrary opened = *SqlLibrary::open("duckdb");
  return opened;
}

TEST(RenderSql, PutsMacrosInTheirPlaces) {
  const SqlMacros macros{{"a", "1"}, {"long name", "2"}};
  EXPECT_EQ(*render_sql("", macros), "");
  EXPECT_EQ(*render_sql("select 1 } { }}", macros), "select 1 } { }}");
  EXPECT_EQ(*render_sql("{{a}}{{ a }} + {{long name}};", macros), "11 + 2;");
}

TEST(RenderSql, DoesNotLookForMacrosInWhatItPutIn) {
  EXPECT_EQ(*render_sql("{{a}}", {{"a", "{{b}}"}}), "{{b}}");
}

TEST(RenderSql, AnUnknownMacroIsAnErrorThatNamesIt) {
  const auto text = render_sql("select {{what}}", {{"a", "1"}});
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::internal);
  EXPECT_THAT(text.error().message, HasSubstr("`what`"));
}

TEST(RenderSql, AMacroWithoutItsEndIsAnError) {
  EXPECT_FALSE(render_sql("select {{a", {{"a", "1"}}).ok());
  EXPECT_FALSE(render_sql("{{a}} {{", {{"a", "1"}}).ok());
}

TEST(ParseDialect, AMacroIsTheTextUpToTheNextOne) {
  const SqlMacros expected{{"one", "first line\nsecond line"}, {"two", ""}, {"three", "3"}};
  EXPECT_EQ(*parse_dialect("-- What this is.\n-- macro: one\nfirst line\nsecond line\n\n"
                           "-- macro:  two \n-- about two\n-- macro: three\n  3"),
            expected);
  EXPECT_TRUE(parse_dialect("")->empty());
}

TEST(ParseDialect, AMacroDefinedTwiceIsAnError) {
  const auto macros = parse_dialect("-- macro: a\n1\n-- macro: a\n2\n");
  ASSERT_FALSE(macros.ok());
  EXPECT_THAT(macros.error().message, HasSubstr("`a`"));
}

TEST(SqlLibrary, ADialectThatDoesNotExistIsAnError) {
  for (const std::string dialect : {"oracle", "", "../meta/begin_run"}) {
    const auto opened = SqlLibrary::open(dialect);
    ASSERT_FALSE(opened.ok()) << dialect;
    EXPECT_EQ(opened.error().kind, ErrorKind::internal);
  }
}

TEST(SqlLibrary, HoldsEveryFileButDialectsAndTemplates) {
  std::size_t files = 0;
  for (const SqlFile& file : embedded_sql_files()) {
    const bool is_part = file.name.starts_with("dialects/") || file.name.starts_with("templates/");
    EXPECT_EQ(library().all().contains(file.name), !is_part) << file.name;
    if (!is_part) ++files;
  }
  EXPECT_EQ(library().all().size(), files);
}

TEST(SqlLibrary, LeavesNoMacroUnresolved) {
  for (const auto& [name, model] : library().all()) {
    EXPECT_THAT(model.text, Not(HasSubstr("{{"))) << name;
    EXPECT_THAT(std::string(model.get("statement")), Not(HasSubstr("{{"))) << name;
  }
}

TEST(SqlLibrary, ReadsAModelsHeader) {
  const SqlModel& songs = library().all().at("star/songs");
  EXPECT_EQ(songs.name, "songs");
  EXPECT_EQ(songs.get("model"), "songs");
  EXPECT_EQ(songs.get("key"), "song_id");
  EXPECT_EQ(songs.get("no such key"), "");
  EXPECT_EQ(library().get("star/songs"), songs.text);
}

TEST(SqlLibrary, EveryModelOfTheStarSaysItsTableAndItsLoad) {
  for (const SqlModel& model : library().folder("star")) {
    EXPECT_EQ(model.get("model").empty(), false) << model.name;
    EXPECT_EQ(model.get("load").empty(), false) << model.name;
  }
}

TEST(SqlLibrary, AFolderIsGivenInByteOrderAndWithoutOthersThatBeginLikeIt) {
  std::string last;
  for (const SqlModel& model : library().folder("sta")) ADD_FAILURE() << model.name;
  for (const SqlModel& model : library().folder("star")) {
    EXPECT_LT(last, model.name);
    EXPECT_TRUE(library().all().contains("star/" + model.name));
    last = model.name;
  }
  EXPECT_FALSE(last.empty());
}

TEST(SqlLibrary, ALoadStatementIsTheTemplateAroundTheSelectWithoutHeader) {
  const std::string statement = *library().load_statement("songs");
  EXPECT_THAT(statement, HasSubstr("delete from songs"));
  EXPECT_THAT(statement, HasSubstr("select song_id, title"));
  EXPECT_THAT(statement, Not(HasSubstr("-- model:")));
}

TEST(SqlLibrary, FillsATemplateWithMacrosOfTheCaller) {
  EXPECT_EQ(*library().fill_template("cast_column", {{"column", "x"}}), "cast(x as varchar)");
  EXPECT_EQ(*library().fill_template("cast_column", {{"column", "{{x}}"}}),
            "cast({{x}} as varchar)");
}

TEST(SqlLibrary, ATemplateThatDoesNotExistOrLacksAMacroIsAnError) {
  EXPECT_FALSE(library().fill_template("no_such_template", {}).ok());
  EXPECT_FALSE(library().fill_template("cast_column", {}).ok());
}

TEST(SqlLibrary, TheEmbeddedFilesAreInByteOrder) {
  std::string_view last;
  for (const SqlFile& file : embedded_sql_files()) {
    EXPECT_LT(last, file.name);
    EXPECT_THAT(std::string(file.name), Not(HasSubstr(".sql")));
    last = file.name;
  }
}

/// All SQL that a warehouse of this dialect is sent.
std::string rendered(const SqlLibrary& sql) {
  std::string text;
  for (const auto& [name, model] : sql.all()) {
    text += "-- file: " + name + "\n" + model.text + "\n";
    if (model.get("load").empty()) continue;
    text += "-- load: " + name + "\n" + std::string(model.get("statement")) + "\n\n";
  }
  return text;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Set SPARKIFY_UPDATE_GOLDEN=1 to write the file anew, and look at the difference.
TEST(SqlLibrary, TheSqlForDuckdbIsWhatWasLastLookedAt) {
  const auto path = std::filesystem::path(SPARKIFY_GOLDEN_DIR) / "duckdb.sql";
  if (std::getenv("SPARKIFY_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << rendered(library());
  }
  EXPECT_TRUE(rendered(library()) == read_file(path))
      << path << " is not what sql/ gives now; SPARKIFY_UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace
}  // namespace sparkify
