#include "warehouse/redshift/copy_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sparkify::redshift {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const CopyAccess kAccess{"arn:aws:iam::123456789012:role/reader", "eu-west-1"};

std::vector<ObjectInfo> named(std::initializer_list<const char*> names) {
  std::vector<ObjectInfo> objects;
  for (const char* name : names) objects.push_back({name, "e", 1});
  return objects;
}

TEST(CopyCommand, ASourceCopyNamesTheColumnsOfTheContractAndNotThePlaces) {
  const SqlLibrary sql = *SqlLibrary::open("redshift");
  const std::string text =
      *copy_of_sources(sql, kAccess, DataKind::songs, "zstd", "s3://c/m.json", "s3://c/p.json");
  EXPECT_THAT(text, HasSubstr("copy source_songs (num_songs, artist_id,"));
  EXPECT_THAT(text, Not(HasSubstr("object_no")));
  EXPECT_THAT(text, HasSubstr("from 's3://c/m.json'\niam_role 'arn:aws:iam::123456789012:role/"));
  EXPECT_THAT(text, HasSubstr("region 'eu-west-1' manifest zstd json 's3://c/p.json'"));
}

TEST(CopyCommand, PathsStandInTheOrderOfTheColumnsAndAreTheFilesOnlyKey) {
  EXPECT_THAT(json_paths_of(DataKind::logs),
              StartsWith(R"({"jsonpaths":["$['artist']","$['auth']","$['firstName']",)"));
  EXPECT_EQ(json_paths_of(DataKind::songs),
            R"({"jsonpaths":["$['num_songs']","$['artist_id']","$['artist_latitude']",)"
            R"("$['artist_longitude']","$['artist_location']","$['artist_name']","$['song_id']",)"
            R"("$['title']","$['duration']","$['year']"]})");
}

TEST(CopyCommand, EveryEntryOfAManifestIsMandatory) {
  EXPECT_EQ(manifest_of({"s3://b/a \"b\".json", "s3://b/2"}),
            R"({"entries":[{"url":"s3://b/a \"b\".json","mandatory":true},)"
            R"({"url":"s3://b/2","mandatory":true}]})");
}

TEST(CopyCommand, OneCopyTakesTheObjectsOfOneCompression) {
  const auto objects =
      named({"s3://b/1.json.gz", "s3://b/2.json", "s3://b/3.ndjson.zst", "s3://b/4.json.gz"});
  const auto shares = shares_of(objects);
  ASSERT_EQ(shares.size(), 3U);
  EXPECT_EQ(shares[0].compression, "gzip");
  EXPECT_THAT(shares[0].places, ElementsAre(0, 3));
  EXPECT_EQ(shares[1].compression, "zstd");
  EXPECT_THAT(shares[1].places, ElementsAre(2));
  EXPECT_EQ(shares[2].compression, "");
  EXPECT_THAT(shares[2].places, ElementsAre(1));
  EXPECT_EQ(shares_of(named({"s3://b/1.json.bz2"}))[0].compression, "bzip2");
}

TEST(CopyCommand, RedshiftReadsWhatItsViewCanShowByItsWholeName) {
  EXPECT_TRUE(is_copyable({"s3://b/a b+c%2F.json", "e", 1}));
  EXPECT_FALSE(is_copyable({"file:///a.json", "e", 1}));
  EXPECT_FALSE(is_copyable({"s3://b/\xc3\xa9.json", "e", 1}));
  EXPECT_FALSE(is_copyable({"s3://b/a\n.json", "e", 1}));
  EXPECT_FALSE(is_copyable({"s3://b/a.json ", "e", 1}));
  const std::string folder = "s3://b/" + std::string(249 - 5, 'a');
  EXPECT_TRUE(is_copyable({folder + ".json", "e", 1}));
  EXPECT_FALSE(is_copyable({folder + "a.json", "e", 1}));
}

}  // namespace
}  // namespace sparkify::redshift
