#include "report/report_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fakes/fake_warehouse.h"
#include "report/report_page.h"

namespace sparkify {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(SafeInScript, WritesWhatAScriptElementCannotHoldAsEscapes) {
  EXPECT_EQ(safe_in_script(R"({"a": "</script><!--&"})"),
            R"({"a": "\u003c/script\u003e\u003c!--\u0026"})");
  EXPECT_EQ(safe_in_script("\xE2\x80\xA8|\xE2\x80\xA9|\xE2\x80\xAE|\xE2\x80"),
            "\\u2028|\\u2029|\xE2\x80\xAE|\xE2\x80");
  EXPECT_EQ(safe_in_script(""), "");
}

TEST(SafeInScript, IsTheSameJson) {
  const Json document{{"<&>", "\xE2\x80\xA8 \xF0\x9F\x8E\xB5 \\u003c \" </script>"}};
  const std::string text = safe_in_script(document.dump());
  EXPECT_EQ(text.find('<'), std::string::npos);
  EXPECT_EQ(Json::parse(text), document);
}

TEST(ReportPage, PutsTheDocumentIntoItsPlace) {
  EXPECT_EQ(*report_page("<a>__SPARKIFY_REPORT_DATA__</a>", "{}"), "<a>{}</a>");
  EXPECT_FALSE(report_page("<a></a>", "{}").ok());
  EXPECT_FALSE(report_page("__SPARKIFY_REPORT_DATA__ __SPARKIFY_REPORT_DATA__", "{}").ok());
}

TEST(ReportPage, TheOneThatIsBuiltInHasAPlace) {
  const auto page = report_page(embedded_report_template(), "the document");
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(*page, HasSubstr("id=\"report-data\">the document</script>"));
}

/// Answers our own questions as a warehouse of no play does, and others as a test says.
class ReportDocumentTest : public ::testing::Test {
 protected:
  ReportDocumentTest() {
    warehouse_.on_read = [this](std::string_view sql, RowVisitor& visitor) {
      if (sql == library_.get("status/freshness")) {
        return send({{"last_event_at", ResultType::timestamp},
                     {"matched", ResultType::integer},
                     {"first_day"},
                     {"last_day"},
                     {"days", ResultType::integer}},
                    {freshness_}, visitor);
      }
      if (sql == library_.get("status/tables")) {
        return send({{"table_name"}, {"row_count", ResultType::integer}},
                    {row({"songplays", "2"}), row({"unmatched_songplays", "1"})}, visitor);
      }
      if (sql == library_.get("status/runs")) return Status();
      if (sql == library_.get("status/reject_count")) {
        return send({{"rejects", ResultType::integer}}, {row({"3"})}, visitor);
      }
      return send(columns_, rows_, visitor);
    };
  }

  static Analysis ours() {
    Analysis analysis;
    analysis.name = "ours";
    analysis.title = "Ours";
    analysis.chart = "table";
    analysis.levels = "none";
    analysis.sql = "select 1";
    analysis.is_custom = true;
    return analysis;
  }
  static Cell cell(const char* text) {
    return text == nullptr ? Cell{} : Cell{.is_null = false, .text = text};
  }
  static Row row(const std::vector<const char*>& texts) {
    Row cells;
    for (const char* text : texts) cells.push_back(cell(text));
    return cells;
  }
  static Status send(const std::vector<ResultColumn>& columns, const std::vector<Row>& rows,
                     RowVisitor& visitor) {
    TRY(visitor.begin(columns));
    for (const Row& row : rows) TRY(visitor.row(row));
    return {};
  }

  Result<std::string> document() {
    return report_document(warehouse_, library_, analyses_,
                           {.made_at_micros = 1'542'333'600'250'000});
  }
  Json answer() {
    const auto text = document();
    EXPECT_TRUE(text.ok()) << text.error().message;
    return Json::parse(*text)["analyses"][0];
  }

  SqlLibrary library_ = *SqlLibrary::open("duckdb");
  FakeWarehouse warehouse_;
  std::vector<Analysis> analyses_{ours()};
  Row freshness_ = row({nullptr, "0", nullptr, nullptr, nullptr});
  std::vector<ResultColumn> columns_{{"n", ResultType::integer}};
  std::vector<Row> rows_;
};

TEST_F(ReportDocumentTest, AnEmptyWarehouseHasNoRangeAndNoRun) {
  const Json document = Json::parse(*this->document());
  EXPECT_EQ(document["format"], 1);
  EXPECT_EQ(document["generated_at"], "2018-11-16T02:00:00Z");
  EXPECT_EQ(document["warehouse"], "fake:");
  EXPECT_EQ(document["live"], false);
  EXPECT_TRUE(document["range"].is_null());
  EXPECT_TRUE(document["banner"]["last_run"].is_null());
  EXPECT_TRUE(document["banner"]["last_event_at"].is_null());
  EXPECT_EQ(document["banner"]["rows"], Json({{"songplays", 2}}));
  EXPECT_EQ(document["analyses"][0]["rows"], Json::array());
}

TEST_F(ReportDocumentTest, WhoMayNotReadRunsSeesNothingOfThem) {
  EXPECT_EQ(Json::parse(*document())["banner"]["rejects"], 3);
  const auto text = report_document(warehouse_, library_, analyses_, {.sees_runs = false});
  ASSERT_TRUE(text.ok());
  EXPECT_TRUE(Json::parse(*text)["banner"]["rejects"].is_null());
}

TEST_F(ReportDocumentTest, ValuesKeepTheirTypes) {
  columns_ = {{"day"},
              {"text"},
              {"n", ResultType::integer},
              {"d", ResultType::decimal},
              {"r", ResultType::real},
              {"t", ResultType::timestamp},
              {"b", ResultType::boolean}};
  rows_ = {row({"2018-11-01", "2018-11-01", "12345678901234", "-0.50000", "nan",
                "2018-11-15 19:01:46.796", "true"}),
           row({nullptr, "2018-11-0x", nullptr, nullptr, "1e300", nullptr, nullptr})};
  const Json found = answer();
  std::string types;
  for (const Json& column : found["columns"]) types += column["type"].get<std::string>() + " ";
  EXPECT_EQ(types, "date text integer decimal decimal timestamp text ");
  EXPECT_EQ(found["rows"].dump(),
            R"([["2018-11-01","2018-11-01",12345678901234,-0.5,null,"2018-11-15T19:01:46.796Z",)"
            R"("true"],[null,"2018-11-0x",null,null,1e+300,null,null]])");
  EXPECT_EQ(found["day_unit"], "day");
}

TEST_F(ReportDocumentTest, HostileTextsAreTextsInItAndNoMarkup) {
  const std::string title = "<img src=x onerror=alert(1)></script><!--\xE2\x80\xA8\xFF";
  columns_ = {{"<b>"}};
  rows_ = {row({title.c_str()})};
  analyses_[0].title = "</script>";
  const auto text = document();
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, Not(HasSubstr("<")));
  const Json found = Json::parse(*text)["analyses"][0];
  EXPECT_EQ(found["columns"][0]["name"], "<b>");
  EXPECT_EQ(found["rows"][0][0], title.substr(0, title.size() - 1) + "\xEF\xBF\xBD");
}

TEST_F(ReportDocumentTest, WhatIsTooLongIsCutAndSaysSo) {
  rows_.assign(10'001, row({"1"}));
  Json found = answer();
  EXPECT_EQ(found["rows"].size(), 10'000);
  EXPECT_EQ(found["truncated"], true);
  EXPECT_THAT(found["note"].get<std::string>(), HasSubstr("first 10000 rows"));
  rows_.pop_back();
  EXPECT_EQ(answer()["truncated"], false);
  EXPECT_EQ(answer()["note"], "");
  columns_ = {{"text"}};
  const std::string large(std::size_t{600} << 10, 'x');
  rows_.assign(3, row({large.c_str()}));
  found = answer();
  EXPECT_EQ(found["rows"].size(), 1);
  EXPECT_EQ(found["truncated"], true);
}

TEST_F(ReportDocumentTest, LongRangesHaveTheirOwnUnit) {
  columns_ = {{"day"}};
  analyses_[0].long_range = "week";
  freshness_ = row({"2019-03-01 00:00:00.000", "2", "2018-11-01", "2019-03-01", "120"});
  EXPECT_EQ(answer()["day_unit"], "day");
  freshness_.back().text = "121";
  EXPECT_EQ(answer()["day_unit"], "week");
  columns_ = {{"week"}};
  EXPECT_EQ(answer()["day_unit"], "");
}

TEST_F(ReportDocumentTest, AColumnThatTheHeaderNamesMustBeThere) {
  analyses_[0].y = "plays";
  const auto without_y = document();
  ASSERT_FALSE(without_y.ok());
  EXPECT_EQ(without_y.error().kind, ErrorKind::config);
  EXPECT_THAT(without_y.error().message, HasSubstr("ours.sql: its result has no column `plays`"));
  columns_ = {{"plays"}};
  EXPECT_TRUE(document().ok());
  analyses_[0].levels = "sum";
  EXPECT_THAT(document().error().message, HasSubstr("`level`"));
}

TEST_F(ReportDocumentTest, NamesAreOfOneAnalysisEach) {
  analyses_.push_back(analyses_[0]);
  EXPECT_THAT(document().error().message, HasSubstr("another analysis of this name"));
}

TEST_F(ReportDocumentTest, AnErrorOfTheWarehouseNamesTheAnalysis) {
  warehouse_.on_read = [](std::string_view sql, RowVisitor& visitor) -> Status {
    if (sql == "select 1") return make_error(ErrorKind::database, "no such table");
    return send({}, {Row(5)}, visitor);
  };
  const auto text = document();
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().message, "ours.sql: no such table");
}

}  // namespace
}  // namespace sparkify
