#include "doctor/iam_role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sparkify {
namespace {

using ::testing::HasSubstr;

TEST(IamRole, ARoleAndAChainOfRolesWillDo) {
  for (const char* roles :
       {"arn:aws:iam::123456789012:role/reads", "arn:aws-cn:iam::123456789012:role/a/b",
        "arn:aws:iam:::role/reads",
        "arn:aws:iam::123456789012:role/one,arn:aws:iam::210987654321:role/two"}) {
    EXPECT_EQ(judge_iam_role(roles).health, Health::ok) << roles;
  }
}

TEST(IamRole, AnythingElseFailsAndIsNamed) {
  for (const char* roles :
       {"", "reads", "arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:role/",
        "arn:aws:s3:::bucket", "arn:aws:iam:us-east-1:123456789012:role/reads",
        "arn:aws:iam::account:role/reads", "arn:aws:iam::1:role/it's", "arn:aws:iam::1:role/a b",
        "arn:aws:iam::1:role/a,", ",arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a,b"}) {
    const Finding finding = judge_iam_role(roles);
    EXPECT_EQ(finding.health, Health::fail) << roles;
    EXPECT_THAT(finding.fix, HasSubstr("--iam-role")) << roles;
  }
  EXPECT_THAT(judge_iam_role("arn:aws:iam::1:role/a,b").detail, HasSubstr("'b'"));
  EXPECT_THAT(judge_iam_role("").detail, HasSubstr("not set"));
}

}  // namespace
}  // namespace sparkify
