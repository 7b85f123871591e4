#include "source/s3/s3_listing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fakes/fake_s3.h"

namespace sparkify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class S3ListingTest : public ::testing::Test {
 protected:
  void given(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) s3_.put(key, "{}");
  }
  Result<Listing> list(const std::string& location) {
    return list_s3(s3_.client(), location, s3_.stop);
  }
  // The keys that are found at a place of our bucket.
  std::vector<std::string> keys_at(const std::string& key) {
    const auto listing = list("s3://bucket/" + key);
    EXPECT_TRUE(listing.ok()) << listing.error().message;
    std::vector<std::string> keys;
    if (!listing.ok()) return keys;
    ignored_count_ = listing->ignored_count;
    for (const ObjectInfo& object : listing->objects) {
      EXPECT_TRUE(object.uri.starts_with("s3://bucket/")) << object.uri;
      keys.push_back(object.uri.substr(12));
    }
    return keys;
  }
  std::string error_at(const std::string& key, ErrorKind kind = ErrorKind::source) {
    const auto listing = list("s3://bucket/" + key);
    EXPECT_FALSE(listing.ok());
    if (listing.ok()) return "";
    EXPECT_EQ(listing.error().kind, kind);
    return listing.error().message;
  }
  // How often the server was asked with this parameter.
  std::size_t asked_with(const std::string& name) const {
    const auto requests = s3_.server().requests();
    return static_cast<std::size_t>(std::count_if(
        requests.begin(), requests.end(),
        [&](const ServedRequest& request) { return !parameter_of(request, name).empty(); }));
  }

  FakeS3 s3_;
  std::size_t ignored_count_ = 0;
};

TEST_F(S3ListingTest, AFolderIsWalkedInByteOrder) {
  given({"logs/b.json", "logs/a/z.json", "logs/a.json", "logs/B.json", "logs/a-b.json",
         "logs/\u00E9.json", "other/c.json", "logs.json"});
  const std::vector<std::string> expected = {"logs/B.json",   "logs/a-b.json", "logs/a.json",
                                             "logs/a/z.json", "logs/b.json",   "logs/\u00E9.json"};
  EXPECT_EQ(keys_at("logs/"), expected);
  EXPECT_EQ(keys_at("logs"), expected);
}

TEST_F(S3ListingTest, AnObjectHasItsSizeAndETag) {
  const ObjectInfo put = s3_.put("a.json", "12345");
  const auto listing = list("s3://bucket/a.json");
  ASSERT_TRUE(listing.ok());
  EXPECT_EQ(listing->objects.at(0).uri, put.uri);
  EXPECT_EQ(listing->objects.at(0).etag, put.etag);
  EXPECT_EQ(listing->objects.at(0).size_bytes, 5U);
}

TEST_F(S3ListingTest, ABucketMayBeListedAsAWhole) {
  given({"a.json", "b/c.json"});
  EXPECT_THAT(keys_at(""), ElementsAre("a.json", "b/c.json"));
  EXPECT_EQ(list("s3://bucket")->objects.size(), 2U);
}

TEST_F(S3ListingTest, AnEmptyBucketIsNoError) { EXPECT_THAT(keys_at(""), IsEmpty()); }

TEST_F(S3ListingTest, AnObjectOfThatVeryKeyIsTakenWhateverItsName) {
  given({"log.txt", "log.txt/a.json", ".hidden", "a*b", "axb.json", "x-y", "x"});
  EXPECT_THAT(keys_at("log.txt"), ElementsAre("log.txt"));
  EXPECT_THAT(keys_at("log.txt/"), ElementsAre("log.txt/a.json"));
  EXPECT_THAT(keys_at(".hidden"), ElementsAre(".hidden"));
  EXPECT_THAT(keys_at("a*b"), ElementsAre("a*b"));
  EXPECT_THAT(keys_at("x"), ElementsAre("x"));
}

TEST_F(S3ListingTest, OnlyNamesThatSayJsonCountInAFolder) {
  given({"f/a.json", "f/a.json.gz", "f/a.jsonl.zst", "f/a.ndjson.bz2", "f/a.txt", "f/_SUCCESS",
         "f/a.JSON"});
  EXPECT_EQ(keys_at("f/").size(), 4U);
  EXPECT_EQ(ignored_count_, 3U);
}

TEST_F(S3ListingTest, HiddenNamesArePassedOver) {
  given({"f/.a.json", "f/.git/b.json", "f/g/.h/c.json", "f/d.json", "f/../e.json", "f/./e.json"});
  EXPECT_THAT(keys_at("f"), ElementsAre("f/../e.json", "f/./e.json", "f/d.json"));
  EXPECT_EQ(ignored_count_, 0U);
}

// What stands before the folder that was asked for does not hide what is in it.
TEST_F(S3ListingTest, AHiddenFolderThatIsAskedForIsListed) {
  given({".logs/a.json", ".logs/.b.json"});
  EXPECT_THAT(keys_at(".logs/"), ElementsAre(".logs/a.json"));
}

TEST_F(S3ListingTest, KeysThatEndInASlashAreNoObjects) {
  given({"f/", "f/g.json/", "f/a.json"});
  EXPECT_THAT(keys_at("f/"), ElementsAre("f/a.json"));
  EXPECT_EQ(ignored_count_, 0U);
}

TEST_F(S3ListingTest, AFolderOfAMarkerOnlyIsNoError) {
  given({"f/"});
  EXPECT_THAT(keys_at("f/"), IsEmpty());
  EXPECT_THAT(keys_at("f"), IsEmpty());
}

TEST_F(S3ListingTest, KeysAreData) {
  const std::vector<std::string> keys = {"f/ a.json", "f/%41.json",  "f/+ &=?#.json",
                                         "f//b.json", "f/\n\t.json", "f/\u65E5.json"};
  given(keys);
  std::vector<std::string> expected = keys;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(keys_at("f/"), expected);
  EXPECT_THAT(keys_at("f/+ &=?#.json"), ElementsAre("f/+ &=?#.json"));
}

TEST_F(S3ListingTest, ALongListingComesInPages) {
  s3_.page_keys = 7;
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.push_back(fmt::format("f/{:03}.json", i));
  given(keys);
  EXPECT_EQ(keys_at("f/"), keys);
  EXPECT_EQ(asked_with("continuation-token"), 14U);
}

TEST_F(S3ListingTest, ALongListingIsSplitIntoItsFolders) {
  s3_.page_keys = 40;
  std::vector<std::string> keys;
  for (int month = 10; month < 40; ++month) {
    for (int day = 10; day < 20; ++day) {
      keys.push_back(fmt::format("f/{}/{}.json", month, day));
    }
  }
  keys.push_back("f/a.json");
  given(keys);
  EXPECT_EQ(keys_at("f/"), keys);
  EXPECT_EQ(asked_with("continuation-token"), 0U);
  EXPECT_EQ(s3_.server().request_count(), 32U);  // a page, the next level, its 30 folders
}

// Its next level is longer than a page.
TEST_F(S3ListingTest, AFolderOfVeryManyFoldersIsListedPageByPage) {
  s3_.page_keys = 10;
  std::vector<std::string> keys;
  for (int i = 10; i < 60; ++i) keys.push_back(fmt::format("f/{}/a.json", i));
  given(keys);
  EXPECT_EQ(keys_at("f/"), keys);
}

TEST_F(S3ListingTest, FoldersInFoldersAreSplitToo) {
  s3_.page_keys = 5;
  std::vector<std::string> keys;
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < 4; ++b) {
      for (int c = 0; c < 12; ++c) keys.push_back(fmt::format("f/{}/{}/{:02}.json", a, b, c));
    }
  }
  given(keys);
  EXPECT_EQ(keys_at("f/"), keys);
  EXPECT_EQ(keys_at(""), keys);
}

TEST_F(S3ListingTest, ASampleStopsWithThePageThatIsEnough) {
  s3_.page_keys = 3;
  given({"log/1.json", "log/2.json", "log/3.json", "log/4.json", "log/5.json", "log/6.json",
         "log/a/7.json"});
  const auto sample = list_s3(s3_.client(), "s3://bucket/log/", s3_.stop, 4);
  ASSERT_TRUE(sample.ok()) << sample.error().message;
  EXPECT_EQ(sample->objects.size(), 6U);
  EXPECT_TRUE(sample->is_sample);
  const auto all = list_s3(s3_.client(), "s3://bucket/log/", s3_.stop, 8);
  EXPECT_EQ(all->objects.size(), 7U);
  EXPECT_FALSE(all->is_sample);
}

TEST_F(S3ListingTest, WhatASampleDidNotComeToMayBeThere) {
  s3_.page_keys = 2;
  given({"log/1.json", "log/2.json", "log/3.json", "log/4.json"});
  const auto sample = list_s3(s3_.client(), "s3://bucket/l*/4.json", s3_.stop, 1);
  ASSERT_TRUE(sample.ok()) << sample.error().message;
  EXPECT_THAT(sample->objects, IsEmpty());
  EXPECT_TRUE(sample->is_sample);
}

TEST_F(S3ListingTest, AKeyThatIsListedTwiceIsOneObject) {
  const std::string twice = "<Contents><Key>f/a.json</Key><ETag>e</ETag><Size>1</Size></Contents>";
  s3_.first = [&](const ServedRequest&) {
    return ServedResponse{200, "<ListBucketResult>" + twice + twice +
                                   "<IsTruncated>false</IsTruncated></ListBucketResult>"};
  };
  EXPECT_THAT(keys_at("f/"), ElementsAre("f/a.json"));
}

TEST_F(S3ListingTest, ATokenThatComesAgainIsAnErrorNotALoop) {
  s3_.first = [](const ServedRequest&) {
    return ServedResponse{200,
                          "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>"
                          "t</NextContinuationToken></ListBucketResult>"};
  };
  EXPECT_THAT(error_at("f/"), HasSubstr("does not come to an end"));
}

TEST_F(S3ListingTest, TokensThatLeadInACircleAreAnErrorNotALoop) {
  s3_.first = [](const ServedRequest& request) {
    const bool is_odd = parameter_of(request, "continuation-token") == "a";
    return ServedResponse{
        200,
        fmt::format("<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{}"
                    "</NextContinuationToken></ListBucketResult>",
                    is_odd ? "b" : "a")};
  };
  EXPECT_THAT(error_at("f/"), HasSubstr("does not come to an end"));
}

// S3 may show a page without anything that is not the last one.
TEST_F(S3ListingTest, APageWithNothingInItIsNotTheEnd) {
  given({"f/a.json"});
  s3_.first = [](const ServedRequest& request) -> std::optional<ServedResponse> {
    if (!parameter_of(request, "continuation-token").empty()) return {};
    return ServedResponse{200,
                          "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>"
                          "!</NextContinuationToken></ListBucketResult>"};
  };
  EXPECT_THAT(keys_at("f/a.json"), ElementsAre("f/a.json"));
  EXPECT_THAT(keys_at("f"), ElementsAre("f/a.json"));
}

TEST_F(S3ListingTest, APatternWithASlashAtItsEndMeansFolders) {
  given({"f/2018/a.json", "f/2019.json", "f/2020/b.json"});
  EXPECT_THAT(keys_at("f/20*/"), ElementsAre("f/2018/a.json", "f/2020/b.json"));
}

TEST_F(S3ListingTest, OneFolderThatFailsFailsAll) {
  s3_.page_keys = 5;
  for (int a = 0; a < 20; ++a) given({fmt::format("f/{:02}/a.json", a)});
  s3_.page_keys = 25;
  for (int a = 0; a < 20; ++a) given({fmt::format("f/{:02}/b.json", a)});
  s3_.first = [](const ServedRequest& request) -> std::optional<ServedResponse> {
    if (parameter_of(request, "prefix") == "f/13/") return s3_error(403, "AccessDenied");
    return {};
  };
  EXPECT_THAT(error_at("f/"), HasSubstr("need the permission s3:ListBucket"));
}

TEST_F(S3ListingTest, AStopEndsTheListing) {
  s3_.page_keys = 1;
  given({"f/a.json", "f/b.json", "f/c.json"});
  s3_.stop.request(2);
  error_at("f/", ErrorKind::stopped);
}

TEST_F(S3ListingTest, PatternsMatchNamesAndNoSlash) {
  given({"f/2018/11/a.json", "f/2018/12/b.json", "f/2019/11/c.json", "f/2018/x.json",
         "f/2018-old/11/d.json"});
  EXPECT_THAT(keys_at("f/*/11"),
              ElementsAre("f/2018-old/11/d.json", "f/2018/11/a.json", "f/2019/11/c.json"));
  EXPECT_THAT(keys_at("f/201?/11/*.json"), ElementsAre("f/2018/11/a.json", "f/2019/11/c.json"));
  EXPECT_THAT(keys_at("f/2018/1[12]"), ElementsAre("f/2018/11/a.json", "f/2018/12/b.json"));
  EXPECT_THAT(keys_at("f/2018/*.json"), ElementsAre("f/2018/x.json"));
}

TEST_F(S3ListingTest, AKeyThatMatchesCountsWhateverItSaysAndAFolderIsWalked) {
  given({"f/a.txt", "f/b/c.txt", "f/b/d.json", "f/.e.txt", "f/b/.f.json", "f/g/"});
  EXPECT_THAT(keys_at("f/*"), ElementsAre("f/a.txt", "f/b/d.json"));
  EXPECT_EQ(ignored_count_, 1U);
}

TEST_F(S3ListingTest, AFolderWithASignInItsNameIsPreferredToThePattern) {
  given({"f[1]/a.json", "f1/b.json"});
  EXPECT_THAT(keys_at("f[1]"), ElementsAre("f[1]/a.json"));
}

TEST_F(S3ListingTest, WhereNothingIsAnErrorSaysSo) {
  given({"logs/a.json"});
  EXPECT_THAT(error_at("nowhere"), HasSubstr("check the bucket and the prefix"));
  EXPECT_THAT(error_at("nowhere/"), HasSubstr("s3://bucket/nowhere/: there is nothing"));
  EXPECT_THAT(error_at("log"), HasSubstr("a folder's name must be whole"));
  EXPECT_THAT(error_at("logs/*.txt"), HasSubstr("no key matches this pattern"));
}

TEST_F(S3ListingTest, WhatIsNoPlaceInS3IsRefused) {
  const auto listing = list("s3://x");
  ASSERT_FALSE(listing.ok());
  EXPECT_EQ(listing.error().kind, ErrorKind::config);
}

}  // namespace
}  // namespace sparkify
