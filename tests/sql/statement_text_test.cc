#include "sql/statement_text.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sparkify
