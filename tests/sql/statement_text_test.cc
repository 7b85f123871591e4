#include "sql/statement_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sparkify {
namespace {

TEST(StatementText, EndsWithItsLastWord) {
  EXPECT_EQ(without_semicolon("select 1"), "select 1");
  EXPECT_EQ(without_semicolon("select 1 ;\n ; "), "select 1");
  EXPECT_EQ(without_semicolon("select 1; -- done"), "select 1");
  EXPECT_EQ(without_semicolon("select 1 /* ; */ ; /* open"), "select 1");
  EXPECT_EQ(without_semicolon(""), "");
  EXPECT_EQ(without_semicolon(";--"), "");
}

TEST(StatementText, KeepsWhatIsInQuotesAndBetweenWords) {
  EXPECT_EQ(without_semicolon("select ';'"), "select ';'");
  EXPECT_EQ(without_semicolon("select 'it''s; --';"), "select 'it''s; --'");
  EXPECT_EQ(without_semicolon("select 1 as \"a;--\" ;"), "select 1 as \"a;--\"");
  EXPECT_EQ(without_semicolon("select $$;$$;"), "select $$;$$");
  EXPECT_EQ(without_semicolon("select 1 -- one\n, 2;"), "select 1 -- one\n, 2");
  EXPECT_EQ(without_semicolon("select 1 - -1;"), "select 1 - -1");
}

TEST(ExplainedStatement, IsWhatStandsBehindExplain) {
  EXPECT_EQ(explained_statement("explain select 1"), "select 1");
  EXPECT_EQ(explained_statement(" EXPLAIN\n ANALYZE from t"), "from t");
  EXPECT_EQ(explained_statement("explain (analyze, format json) copy t to 'x'"), "copy t to 'x'");
}

TEST(ExplainedStatement, IsNoneWhereItIsNotPlainToSee) {
  for (const char* const sql :
       {"select 1", "explain", "explain ", "explain -- x\nselect 1", "/* */ explain select 1",
        "explain /* */ select 1", "explain (a 'b') select 1", "explain (select 1)",
        "explained select 1", "explain (analyze", "explain ('x') copy t to 'y'"}) {
    EXPECT_FALSE(explained_statement(sql).has_value()) << sql;
  }
}

using Statements = std::vector<std::string_view>;

TEST(SplitStatements, EndsEachAtItsSemicolon) {
  EXPECT_EQ(split_statements("select 1; select 2"), (Statements{"select 1", "select 2"}));
  EXPECT_EQ(split_statements(" ;; select 1 ;\n;"), (Statements{"select 1"}));
  EXPECT_EQ(split_statements(""), Statements{});
  EXPECT_EQ(split_statements("-- nothing;\n/* ; */ ;"), Statements{});
}

TEST(SplitStatements, PassesOverSemicolonsInQuotes) {
  for (const char* const one :
       {"select ';'", "select 'it''s;'", "select 1 as \"a;\"\"b;\"", "select $$;'$$",
        "select $tag$;$$;$tag$", "select E'\\';'", "select /* ; /* ; */ ; */ 1",
        "select 1 -- ;\n, 2", "select e'\\\\', 1", "select a$b$c"}) {
    const std::string two = std::string(one) + "; select 2";
    EXPECT_EQ(split_statements(two), (Statements{one, "select 2"}));
  }
}

TEST(SplitStatements, KnowsABackslashFromAnEscape) {
  EXPECT_EQ(split_statements("select '\\'; select 2"), (Statements{"select '\\'", "select 2"}));
  // The name before the quote ends with e: no escape.
  EXPECT_EQ(split_statements("select date'\\'; select 2").size(), 2U);
}

TEST(EndOfStatement, IsNothingBeforeTheSemicolon) {
  EXPECT_EQ(end_of_statement("select 1;"), 9U);
  EXPECT_EQ(end_of_statement("select 1"), std::nullopt);
  EXPECT_EQ(end_of_statement("select ';"), std::nullopt);
  EXPECT_EQ(end_of_statement("select $x$ ; $y$;"), std::nullopt);
}

TEST(EndsInsideQuotes, SaysWhatIsStillOpen) {
  for (const char* const open : {"select 'a", "select \"a", "select $$", "select $t$ $$",
                                 "/* /* */", "select E'\\'", "select 'a''"}) {
    EXPECT_TRUE(ends_inside_quotes(open)) << open;
  }
  for (const char* const closed :
       {"", "select 1", "select 'a'", "-- it's\n", "select $1", "/* ' */", "select '\\'"}) {
    EXPECT_FALSE(ends_inside_quotes(closed)) << closed;
  }
}

}  // namespace
}  // namespace sparkify
