#include "aws/terraform_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace sparkify {
namespace {

TEST(TerraformText, QuotesAndControlCharactersAreEscaped) {
  EXPECT_EQ(terraform_string("a\"b\\c\nd\te\rf"), R"("a\"b\\c\nd\te\rf")");
  EXPECT_EQ(terraform_string(std::string("\x01|\x7f", 3)), R"("\u0001|\u007f")");
  EXPECT_EQ(terraform_string("№"), "\"№\"");
}

TEST(TerraformText, NothingInAStringIsATemplate) {
  EXPECT_EQ(terraform_string("${*}"), R"("$${*}")");
  EXPECT_EQ(terraform_string("%{ if }"), R"("%%{ if }")");
  EXPECT_EQ(terraform_string("$ 100 %"), R"("$ 100 %")");
  EXPECT_EQ(terraform_string("a$"), R"("a$")");
}

// `$${` alone would be read as one that is escaped.
TEST(TerraformText, ADollarBeforeATemplateIsNotTakenForItsEscape) {
  EXPECT_EQ(terraform_string("$${x}"), R"("\u0024$${x}")");
  EXPECT_EQ(terraform_string("%%%{x}"), R"("\u0025\u0025%%{x}")");
}

TEST(TerraformText, AValueIsAnExpressionLineByLine) {
  const nlohmann::ordered_json document = {{"Version", "2012-10-17"},
                                           {"s3:prefix", {"a", "b"}},
                                           {"Empty", nlohmann::ordered_json{{"k", "v"}}}};
  EXPECT_EQ(terraform_value(document, 2),
            "{\n"
            "    Version = \"2012-10-17\"\n"
            "    \"s3:prefix\" = [\n"
            "      \"a\",\n"
            "      \"b\",\n"
            "    ]\n"
            "    Empty = {\n"
            "      k = \"v\"\n"
            "    }\n"
            "  }");
}

// Otherwise `terraform fmt` would change what was pasted.
TEST(TerraformText, NeighboursOfOneLineAreAligned) {
  const nlohmann::ordered_json document = {
      {"Sid", "a"}, {"Effect", "b"}, {"Action", {"c"}}, {"x", "d"}};
  EXPECT_EQ(terraform_value(document, 0),
            "{\n"
            "  Sid    = \"a\"\n"
            "  Effect = \"b\"\n"
            "  Action = [\n"
            "    \"c\",\n"
            "  ]\n"
            "  x = \"d\"\n"
            "}");
}

}  // namespace
}  // namespace sparkify
