#include "source/s3/s3_xml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sparkify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kEnd = "<IsTruncated>false</IsTruncated>";

std::string listing(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
         "<EncodingType>url</EncodingType>" +
         inside + "</ListBucketResult>";
}

std::string contents(const std::string& key, const std::string& etag = "&quot;e&quot;",
                     const std::string& size = "1") {
  return fmt::format("<Contents><Key>{}</Key><ETag>{}</ETag><Size>{}</Size></Contents>", key, etag,
                     size);
}

std::string key_in(const std::string& text) {
  const auto page = parse_s3_page(listing(contents(text) + kEnd));
  EXPECT_TRUE(page.ok()) << page.error().message;
  return page.ok() && page->entries.size() == 1 ? page->entries[0].key : "(no entry)";
}

std::string error_of(const std::string& xml) {
  const auto page = parse_s3_page(xml);
  EXPECT_FALSE(page.ok()) << xml;
  if (page.ok()) return "";
  EXPECT_EQ(page.error().kind, ErrorKind::source);
  return page.error().message;
}

// As the S3 API reference shows an answer of ListObjectsV2, with encoding-type=url.
TEST(S3Page, HasEntriesPrefixesAndTheNextToken) {
  const auto page = parse_s3_page(listing(
      "<Name>bucket</Name><Prefix>log_data%2F</Prefix><KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys>"
      "<Delimiter>%2F</Delimiter><IsTruncated>true</IsTruncated>"
      "<Contents><Key>log_data/a.json</Key><LastModified>2018-11-01T17:50:30.000Z</LastModified>"
      "<ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag><Size>142857</Size>"
      "<StorageClass>STANDARD</StorageClass></Contents>"
      "<Contents><Key>log_data/b.json</Key><ETag>\"0123-2\"</ETag><Size>0</Size></Contents>"
      "<CommonPrefixes><Prefix>log_data/2018/</Prefix></CommonPrefixes>"
      "<CommonPrefixes><Prefix>log_data/a+b/</Prefix></CommonPrefixes>"
      "<NextContinuationToken>1ueGcx/+==</NextContinuationToken>"));
  ASSERT_TRUE(page.ok()) << page.error().message;
  ASSERT_EQ(page->entries.size(), 2U);
  EXPECT_EQ(page->entries[0].key, "log_data/a.json");
  EXPECT_EQ(page->entries[0].etag, "70ee1738b6b21e2c8a43f3a5ab0eee71");
  EXPECT_EQ(page->entries[0].size_bytes, 142857U);
  EXPECT_EQ(page->entries[1].etag, "0123-2");
  EXPECT_EQ(page->entries[1].size_bytes, 0U);
  EXPECT_THAT(page->prefixes, ElementsAre("log_data/2018/", "log_data/a b/"));
  EXPECT_EQ(page->next_token, "1ueGcx/+==");
}

TEST(S3Page, MayBeEmpty) {
  const auto page = parse_s3_page(listing(kEnd));
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_TRUE(page->entries.empty());
  EXPECT_TRUE(page->prefixes.empty());
  EXPECT_EQ(page->next_token, "");
}

TEST(S3Page, KeysAreDecodedOnceAsFormsAre) {
  EXPECT_EQ(key_in("a+b%2Bc%20d%2525"), "a b+c d%25");
  EXPECT_EQ(key_in("J%C3%B3ga/%0A%00x").size(), 9U);
  EXPECT_EQ(key_in("a&amp;b&lt;&#233;"), "a&b<\u00E9");
  EXPECT_EQ(key_in(" "), " ");
  EXPECT_EQ(key_in(" a "), " a ");
}

TEST(S3Page, KeysOfAServerThatDoesNotEncodeAreAsTheyStand) {
  const auto page = parse_s3_page("<ListBucketResult>" + contents("a+b%41") +
                                  "<CommonPrefixes><Prefix>c+d/</Prefix></CommonPrefixes>" + kEnd +
                                  "</ListBucketResult>");
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page->entries.at(0).key, "a+b%41");
  EXPECT_THAT(page->prefixes, ElementsAre("c+d/"));
}

TEST(S3Page, ATokenIsKeptAsItIs) {
  const auto page = parse_s3_page(
      listing("<IsTruncated>true</IsTruncated><NextContinuationToken> a+%20&#13;&#10;b\r\nc "
              "</NextContinuationToken>"));
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page->next_token, " a+%20\r\nb\r\nc ");
}

TEST(S3Page, ANamespacesPrefixDoesNotMatter) {
  const auto page = parse_s3_page(
      "<s3:ListBucketResult xmlns:s3=\"u\"><s3:Contents><s3:Key>a</s3:Key><s3:ETag>e</s3:ETag>"
      "<s3:Size>1</s3:Size></s3:Contents><s3:IsTruncated>false</s3:IsTruncated>"
      "</s3:ListBucketResult>");
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page->entries.at(0).key, "a");
}

TEST(S3Page, WhatIsNotWholeIsRefused) {
  const std::string whole = listing(contents("a") + contents("b") + kEnd);
  ASSERT_TRUE(parse_s3_page(whole).ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_s3_page(whole.substr(0, size)).ok()) << size;
  }
}

TEST(S3Page, WhatIsNotSoundIsRefusedAndSaid) {
  EXPECT_THAT(error_of("<html><body>Log in</body></html>"), HasSubstr("not a ListBucketResult"));
  EXPECT_THAT(error_of("<Error><Code>InternalError</Code></Error>"), HasSubstr("another document"));
  EXPECT_THAT(error_of(listing(contents("a"))), HasSubstr("does not say if it goes on"));
  EXPECT_THAT(error_of(listing("<IsTruncated>True</IsTruncated>")),
              HasSubstr("does not say if it goes on"));
  EXPECT_THAT(error_of(listing("<IsTruncated>true</IsTruncated>")),
              HasSubstr("does not say where"));
  EXPECT_THAT(error_of(listing(contents("") + kEnd)), HasSubstr("without a readable key"));
  EXPECT_THAT(error_of(listing(contents("a%4") + kEnd)), HasSubstr("without a readable key"));
  EXPECT_THAT(error_of(listing(contents("a", "") + kEnd)), HasSubstr("without an ETag"));
  EXPECT_THAT(error_of(listing("<CommonPrefixes/>" + std::string(kEnd))),
              HasSubstr("a prefix that is not readable"));
}

TEST(S3Page, ASizeIsAWholeNumberOf64Bits) {
  for (const char* size : {"", "-1", "1.5", "1e3", "0x10", " 1", "1 ", "99999999999999999999"}) {
    EXPECT_THAT(error_of(listing(contents("a", "e", size) + kEnd)), HasSubstr("size is no number"))
        << size;
  }
  const auto page = parse_s3_page(listing(contents("a", "e", "5497558138880") + kEnd));
  EXPECT_EQ(page->entries.at(0).size_bytes, 5'497'558'138'880U);
}

TEST(S3ErrorBody, HasWhatS3Says) {
  const S3ErrorBody body = parse_s3_error(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code>"
      "<Message>The region 'us-east-1' is wrong</Message><Region>eu-west-1</Region>"
      "<ServerTime>2018-11-01T00:00:00Z</ServerTime><RequestId>1</RequestId></Error>");
  EXPECT_EQ(body.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(body.message, "The region 'us-east-1' is wrong");
  EXPECT_EQ(body.region, "eu-west-1");
  EXPECT_EQ(body.server_time, "2018-11-01T00:00:00Z");
}

// As STS and some servers of S3 wrap it.
TEST(S3ErrorBody, MayStandInAnotherElement) {
  EXPECT_EQ(parse_s3_error("<ErrorResponse><Error><Code>A</Code></Error></ErrorResponse>").code,
            "A");
}

TEST(S3ErrorBody, OfAnyOtherTextIsEmpty) {
  for (const char* text :
       {"", "text", "{\"Code\":\"A\"}", "<html><Code>A</Code></html>", "<Error>"}) {
    const S3ErrorBody body = parse_s3_error(text);
    EXPECT_EQ(body.code + body.message + body.region + body.server_time, "") << text;
  }
}

}  // namespace
}  // namespace sparkify
