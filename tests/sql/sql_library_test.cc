#include "sql/sql_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

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
    const bool is_others = file.name.find("/postgres/") != std::string_view::npos ||
                           file.name.find("/redshift/") != std::string_view::npos;
    const bool is_part =
        is_others || file.name.starts_with("dialects/") || file.name.starts_with("templates/");
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

/// Templates that are filled when the program runs, with examples of what they are filled with.
std::string filled_templates(const SqlLibrary& sql, const std::string& dialect) {
  if (dialect != "redshift") return "";
  const SqlMacros copy{{"table", "loading_songs"},
                       {"columns", "song_id, title"},
                       {"manifest", "s3://bucket/control/1-2/0001-loading_songs/manifest.json"},
                       {"role", "arn:aws:iam::123456789012:role/reader"},
                       {"region", "region 'eu-west-1'"}};
  SqlMacros source = copy;
  source["table"] = "source_songs";
  source["compression"] = "gzip";
  source["jsonpaths"] = "s3://bucket/control/1-2/0001-songs/jsonpaths.json";
  const SqlMacros rows{{"table", "loading_objects"},
                       {"columns", "object_no, uri"},
                       {"rows", "(cast($1 as integer), cast($2 as varchar(65535)))"}};
  const SqlMacros schema{{"schema", "\"music\""}};
  const SqlMacros role{{"schema", "\"music\""}, {"role", "\"IAM:analyst\""}};
  std::string text;
  for (const auto& [name, more] :
       {std::pair("copy_parts", copy), std::pair("copy_source", source),
        std::pair("insert_rows", rows), std::pair("create_schema", schema),
        std::pair("grant_readonly", role)}) {
    text +=
        "-- file: templates/" + std::string(name) + "\n" + *sql.fill_template(name, more) + "\n\n";
  }
  return text;
}

/// All SQL that a warehouse of this dialect is sent.
std::string rendered(const SqlLibrary& sql, const std::string& dialect) {
  std::string text = filled_templates(sql, dialect);
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
void expect_golden(const std::string& dialect) {
  const std::string text = rendered(*SqlLibrary::open(dialect), dialect);
  const auto path = std::filesystem::path(SPARKIFY_GOLDEN_DIR) / (dialect + ".sql");
  if (std::getenv("SPARKIFY_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  EXPECT_TRUE(text == read_file(path))
      << path << " is not what sql/ gives now; SPARKIFY_UPDATE_GOLDEN=1 writes it anew";
}

TEST(SqlLibrary, TheSqlForDuckdbIsWhatWasLastLookedAt) { expect_golden("duckdb"); }

TEST(SqlLibrary, TheSqlForPostgresqlIsWhatWasLastLookedAt) { expect_golden("postgres"); }

TEST(SqlLibrary, TheSqlForRedshiftIsWhatWasLastLookedAt) { expect_golden("redshift"); }

TEST(SqlLibrary, WhatIsInADialectsFolderIsForThatOneAloneAndTakesThePlaceOfWhatIsBeside) {
  const SqlLibrary redshift = *SqlLibrary::open("redshift");
  EXPECT_THAT(std::string(redshift.get("tables/create_tables")), HasSubstr("distkey"));
  EXPECT_FALSE(redshift.all().contains("tables/redshift/create_tables"));
  EXPECT_TRUE(redshift.all().contains("session/redshift/lock"));
  EXPECT_FALSE(redshift.all().contains("session/postgres/begin"));
  EXPECT_FALSE(library().all().contains("session/redshift/lock"));
  EXPECT_THAT(std::string(library().get("tables/create_tables")), Not(HasSubstr("distkey")));
}

// Redshift passes over trailing blanks in comparisons, and the stand-in in tests does not.
TEST(SqlLibrary, WhereRedshiftComparesTextsTrailingBlanksCount) {
  const SqlLibrary redshift = *SqlLibrary::open("redshift");
  const std::string plays = *redshift.load_statement("songplays");
  for (const char* part : {"m.title|| '.' = e.song|| '.'", "m.artist_name|| '.' = e.artist|| '.'",
                           "partition by title|| '.', artist_name|| '.', duration",
                           "e.page|| '.' = 'NextSong'|| '.'"}) {
    EXPECT_THAT(plays, HasSubstr(part));
  }
  EXPECT_THAT(std::string(redshift.get("late/find_matches")),
              HasSubstr("m.title|| '.' = u.song|| '.'"));
  EXPECT_THAT(*redshift.load_statement("songs"),
              HasSubstr("where song_id|| '.' in (select song_id|| '.' from new_songs)"));
  EXPECT_THAT(*library().load_statement("songplays"), HasSubstr("on m.title = e.song\n"));
  for (const auto& [name, model] : redshift.all()) {
    EXPECT_THAT(model.text, Not(HasSubstr("page = 'NextSong'\n"))) << name;
  }
}

/// `table column type` of each column that a text of create-tables has, with what comes after the
/// type but for `not null` taken off.
std::vector<std::string> columns_of(const std::string& text) {
  std::vector<std::string> columns;
  std::string table;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, std::regex("^create table if not exists (\\w+)"))) {
      table = match[1];
    } else if (std::regex_search(
                   line, match,
                   std::regex("^    (\\w+) +(\\w+( precision|\\([0-9, ]+\\))?)(.*)$"))) {
      const bool is_not_null = match[4].str().find("not null") != std::string::npos;
      columns.push_back(table + " " + match[1].str() + " " + match[2].str() +
                        (is_not_null ? " not null" : ""));
    }
  }
  std::sort(columns.begin(), columns.end());
  return columns;
}

TEST(SqlLibrary, RedshiftsTablesHaveTheColumnsOfAll) {
  const auto common = columns_of(std::string(library().get("tables/create_tables")));
  auto redshift =
      columns_of(std::string(SqlLibrary::open("redshift")->get("tables/create_tables")));
  EXPECT_GT(common.size(), 80U);
  std::erase(redshift, "etl_lock nothing integer");
  EXPECT_EQ(redshift, common);
}

TEST(SqlLibrary, EveryDialectDefinesTheSameMacros) {
  std::set<std::string> first;
  for (const SqlFile& file : embedded_sql_files()) {
    if (!file.name.starts_with("dialects/")) continue;
    const SqlMacros macros = *parse_dialect(file.text);
    std::set<std::string> names;
    for (const auto& [name, text] : macros) names.insert(name);
    if (first.empty()) first = names;
    EXPECT_EQ(names, first) << file.name;
  }
}

}  // namespace
}  // namespace sparkify
