#include "warehouse/libpq/server_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sparkify::libpq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Error explained(const char* sqlstate, const char* text = "it said no") {
  return explain({sqlstate, text, "", ""}, "postgresql://db", "loader");
}

TEST(Explain, SaysWhatWasSaidWhereAndWhatToDo) {
  const Error error = explained("53100");
  EXPECT_EQ(error.kind, ErrorKind::database);
  EXPECT_THAT(error.message, HasSubstr("postgresql://db: it said no [53100]; "));
  EXPECT_THAT(error.message, HasSubstr("free space"));
  EXPECT_THAT(explained("42501").message, HasSubstr("the role loader"));
  EXPECT_THAT(explained("25006").message, HasSubstr("standby"));
  EXPECT_THAT(explained("53300").message, HasSubstr("max_connections"));
  EXPECT_THAT(explained("57P01").message, HasSubstr("run again"));
}

TEST(Explain, WhatIsWorthAnotherTryIsAConflict) {
  for (const char* sqlstate : {"40001", "40P01", "55P03", "57014"}) {
    EXPECT_EQ(explained(sqlstate).kind, ErrorKind::conflict) << sqlstate;
  }
  EXPECT_EQ(explained("23505").kind, ErrorKind::database);
}

TEST(Explain, IsOneLineThatIsSafeToPrint) {
  const Error error = explained("XX000", "two\nlines\x1b[31m");
  EXPECT_THAT(error.message, HasSubstr("two lines"));
  EXPECT_THAT(error.message, Not(HasSubstr("\x1b")));
}

TEST(ExplainUserSql, GivesNoAdviceOnOurTables) {
  const Error error =
      explain_user_sql({"42P01", "relation \"x\" does not exist", "", ""}, "postgresql://db");
  EXPECT_THAT(error.message, Not(HasSubstr("create-tables")));
  EXPECT_THAT(explain_user_sql({"25006", "cannot", "", ""}, "x").message, HasSubstr("only state"));
}

TEST(ExplainRefusedConnection, TellsWhereAPasswordGoes) {
  const Error error =
      explain_refused_connection("FATAL:  password authentication failed for user \"a\"\n", "x");
  EXPECT_THAT(error.message, HasSubstr("SPARKIFY_DB_PASSWORD"));
  EXPECT_THAT(explain_refused_connection("root certificate file", "x").message,
              HasSubstr("sslrootcert"));
}

TEST(ExplainRefusedConnection, TellsALostHandshakeFromAWrongCertificate) {
  for (const Product product : {Product::postgres, Product::redshift}) {
    const std::string lost =
        explain_refused_connection("SSL SYSCALL error: EOF detected", "x", product).message;
    EXPECT_THAT(lost, HasSubstr("check the address"));
    EXPECT_THAT(lost, Not(HasSubstr("sslrootcert")));
    const std::string wrong =
        explain_refused_connection("SSL error: certificate verify failed", "x", product).message;
    EXPECT_THAT(wrong, HasSubstr("sslrootcert"));
  }
}

TEST(ExplainRefusedConnection, TellsALimitFromAServerThatIsNotThere) {
  for (const char* said : {"FATAL:  too many connections for role \"a\"",
                           "FATAL:  too many connections for database \"b\"",
                           "FATAL:  sorry, too many clients already"}) {
    const std::string message = explain_refused_connection(said, "x").message;
    EXPECT_THAT(message, HasSubstr("connection")) << said;
    EXPECT_THAT(message, Not(HasSubstr("check the address"))) << said;
  }
}

}  // namespace
}  // namespace sparkify::libpq
