#include "source/local_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fakes/plain_user.h"

namespace sparkify {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A folder of our own, removed at the end.
class FolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/local_store_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = fs::canonical(pattern);
  }
  void TearDown() override {
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(root_, ignored)) {
      if (entry.is_directory(ignored)) fs::permissions(entry.path(), fs::perms::owner_all, ignored);
    }
    fs::remove_all(root_, ignored);
  }

  void given(const std::string& name, const std::string& text = "{}\n") const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  std::string text_of(const std::string& name) const {
    std::ifstream file(root_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string path(const std::string& name) const { return (root_ / name).native(); }

  fs::path root_;
};

class LocalStoreTest : public FolderTest {
 protected:
  /// The names below our folder of what is listed at a location in it.
  std::vector<std::string> names_at(const std::string& location) {
    const auto listing = store_.list(path(location));
    EXPECT_TRUE(listing.ok()) << listing.error().message;
    std::vector<std::string> names;
    for (const ObjectInfo& object : listing->objects) {
      const std::string prefix = "file://" + root_.native() + "/";
      EXPECT_TRUE(object.uri.starts_with(prefix)) << object.uri;
      names.push_back(object.uri.substr(prefix.size()));
    }
    return names;
  }
  Error error_at(const std::string& location) {
    const auto listing = store_.list(path(location));
    EXPECT_FALSE(listing.ok()) << location;
    return listing.ok() ? Error{} : listing.error();
  }
  ObjectInfo listed(const std::string& name) { return store_.list(path(name))->objects.at(0); }

  /// Reads a listed object to its end, `between` coming between opening and reading.
  template <typename Between>
  Result<std::string> read(const ObjectInfo& object, Between between) {
    TRY_ASSIGN(const auto stream, store_.open(object));
    between();
    std::string text;
    std::array<char, 5> buffer{};
    while (true) {
      TRY_ASSIGN(const std::size_t bytes, stream->read(buffer));
      if (bytes == 0) return text;
      text.append(buffer.data(), bytes);
    }
  }
  Result<std::string> read(const ObjectInfo& object) {
    return read(object, [] {});
  }

  LocalStore store_;
};

TEST_F(LocalStoreTest, ASampleStopsWhenItHasSeenEnough) {
  for (const char* name : {"a/1.json", "a/2.json", "b/3.json", "b/notes.txt", "c/4.json"})
    given(name);
  const auto sample = LocalStore().sample(root_.native(), 2);
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(sample->objects.size(), 2U);
  EXPECT_TRUE(sample->is_sample);
  const auto all = LocalStore().sample(root_.native(), 6);
  EXPECT_EQ(all->objects.size(), 4U);
  EXPECT_EQ(all->ignored_count, 1U);
  EXPECT_FALSE(all->is_sample);
}

TEST_F(LocalStoreTest, AFolderIsWalkedInByteOrderOfTheUri) {
  for (const std::string name : {"b.json", "a/z.json", "a.json", "B.json", "a/10.json", "a/2.json",
                                 "a/b/c.json", "\u00E9.json", "a-b.json"}) {
    given(name);
  }
  EXPECT_THAT(names_at(""), ElementsAre("B.json", "a-b.json", "a.json", "a/10.json", "a/2.json",
                                        "a/b/c.json", "a/z.json", "b.json", "\u00E9.json"));
}

TEST_F(LocalStoreTest, InAFolderOnlyNamesThatSayJsonCount) {
  for (const std::string type : {".json", ".jsonl", ".ndjson"}) {
    for (const std::string packed : {"", ".gz", ".zst", ".bz2"}) given("yes" + type + packed);
  }
  for (const std::string name : {"a.txt", "a.json.xz", "a.gz", "json", "a.json.gz.gz", "a.JSON",
                                 "a.json~", "a.gz.json.tmp"}) {
    given(name);
  }
  EXPECT_EQ(names_at("").size(), 12U);
  EXPECT_EQ(store_.list(root_.native())->ignored_count, 8U);
}

TEST_F(LocalStoreTest, HiddenFilesAndFoldersArePassedOver) {
  given(".a.json");
  given(".git/b.json");
  given("seen/.hidden/c.json");
  given("seen/d.json");
  EXPECT_THAT(names_at(""), ElementsAre("seen/d.json"));
  EXPECT_EQ(store_.list(root_.native())->ignored_count, 0U);
}

TEST_F(LocalStoreTest, AFolderWithoutObjectsIsNoError) {
  fs::create_directories(root_ / "empty");
  EXPECT_THAT(names_at("empty"), IsEmpty());
}

TEST_F(LocalStoreTest, ASingleFileIsTakenWhateverItsName) {
  given("log.txt");
  given(".hidden");
  EXPECT_THAT(names_at("log.txt"), ElementsAre("log.txt"));
  EXPECT_THAT(names_at(".hidden"), ElementsAre(".hidden"));
}

TEST_F(LocalStoreTest, AnObjectHasItsSizeAndAnEtagOfSizeAndTime) {
  given("a.json", "12345");
  const struct timespec times[2] = {{7, 0}, {1541990217, 42}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path("a.json").c_str(), times, 0), 0);
  const ObjectInfo object = listed("a.json");
  EXPECT_EQ(object.uri, "file://" + path("a.json"));
  EXPECT_EQ(object.size_bytes, 5U);
  EXPECT_EQ(object.etag, "5-1541990217.000000042");
}

TEST_F(LocalStoreTest, ALocationMayBeAUriOrHaveATrailingSlashOrDots) {
  given("a/b.json");
  const std::string uri = "file://" + path("a/b.json");
  for (const std::string& location : {uri, "file://" + path("a"), path("a/"), path("a//"),
                                      path("a/./../a/b.json"), path("./a")}) {
    const auto listing = store_.list(location);
    ASSERT_TRUE(listing.ok()) << location;
    ASSERT_EQ(listing->objects.size(), 1U) << location;
    EXPECT_EQ(listing->objects[0].uri, uri);
  }
}

TEST_F(LocalStoreTest, ARelativeLocationIsListedWithItsAbsolutePath) {
  given("sub/a.json");
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  const auto listing = store_.list("sub");
  fs::current_path(before);
  EXPECT_EQ(listing->objects.at(0).uri, "file://" + path("sub/a.json"));
}

TEST_F(LocalStoreTest, SymbolicLinksAreFollowed) {
  given("real/a.json");
  given("b.txt");
  fs::create_directories(root_ / "in");
  fs::create_directory_symlink(root_ / "real", root_ / "in/linked");
  fs::create_symlink(root_ / "b.txt", root_ / "in/b.json");
  EXPECT_THAT(names_at("in"), ElementsAre("in/b.json", "in/linked/a.json"));
}

// What is above a folder that a link leads to, and not above the link.
TEST_F(LocalStoreTest, TwoDotsBehindASymbolicLinkLeadWhereTheSystemGoes) {
  given("there/logs/right.json");
  given("there/folder/other.json");
  given("logs/wrong.json");
  fs::create_directory_symlink(root_ / "there/folder", root_ / "link");
  EXPECT_THAT(names_at("link/../logs"), ElementsAre("there/logs/right.json"));
  EXPECT_THAT(names_at("link/."), ElementsAre("link/other.json"));
  EXPECT_THAT(names_at("there/../logs"), ElementsAre("logs/wrong.json"));
}

TEST_F(LocalStoreTest, ALoopOfSymbolicLinksEnds) {
  given("a/b/c.json");
  fs::create_directory_symlink(root_ / "a", root_ / "a/b/up");
  fs::create_directory_symlink(".", root_ / "a/self");
  EXPECT_THAT(names_at("a"), ElementsAre("a/b/c.json"));
}

TEST_F(LocalStoreTest, ALinkToNothingIsAnError) {
  fs::create_symlink(root_ / "gone", root_ / "a.json");
  EXPECT_EQ(error_at("").kind, ErrorKind::source);
  EXPECT_THAT(error_at("").message, HasSubstr(path("a.json")));
}

TEST_F(LocalStoreTest, ALinkToItselfIsAnError) {
  fs::create_symlink(root_ / "a.json", root_ / "a.json");
  EXPECT_EQ(error_at("").kind, ErrorKind::source);
}

TEST_F(LocalStoreTest, AGlobListsFilesAndFoldersThatMatch) {
  for (const std::string name :
       {"2018-10/a.json", "2018-11/b.json", "2018-11/c.txt", "2019-01/d.json", "x.json"}) {
    given(name);
  }
  EXPECT_THAT(names_at("2018-*"), ElementsAre("2018-10/a.json", "2018-11/b.json"));
  EXPECT_THAT(names_at("201?-1[01]/*.json"), ElementsAre("2018-10/a.json", "2018-11/b.json"));
  EXPECT_THAT(names_at("2018-11/*"), ElementsAre("2018-11/b.json", "2018-11/c.txt"));
}

TEST_F(LocalStoreTest, AFileWhoseNameLooksLikeAGlobIsThatFile) {
  given("a[1].json");
  given("a1.json");
  EXPECT_THAT(names_at("a[1].json"), ElementsAre("a[1].json"));
}

TEST_F(LocalStoreTest, AnObjectFoundTwiceIsListedOnce) {
  given("a/x.json");
  fs::create_directories(root_ / "a/b");
  given("a/b/y.json");
  EXPECT_THAT(names_at("a*"), ElementsAre("a/b/y.json", "a/x.json"));
  EXPECT_THAT(names_at("a/*"), ElementsAre("a/b/y.json", "a/x.json"));
}

TEST_F(LocalStoreTest, WhereThereIsNothingIsAnErrorThatNamesThePath) {
  for (const std::string location : {"none", "none/a.json", "none*", "*.none"}) {
    const Error error = error_at(location);
    EXPECT_EQ(error.kind, ErrorKind::source);
    EXPECT_THAT(error.message, HasSubstr(path(location)));
  }
}

TEST_F(LocalStoreTest, APathBelowAFileIsAnError) {
  given("a.json");
  EXPECT_EQ(error_at("a.json/b.json").kind, ErrorKind::source);
}

TEST_F(LocalStoreTest, WhatIsNeitherFileNorFolderIsAnErrorAloneAndIgnoredInAFolder) {
  ASSERT_EQ(::mkfifo(path("pipe.json").c_str(), 0600), 0);
  EXPECT_EQ(error_at("pipe.json").kind, ErrorKind::source);
  EXPECT_THAT(names_at(""), IsEmpty());
  EXPECT_EQ(store_.list(root_.native())->ignored_count, 1U);
}

TEST_F(LocalStoreTest, AFolderThatCannotBeReadIsAnError) {
  given("open/a.json");
  given("closed/b.json");
  fs::permissions(root_ / "closed", fs::perms::none);
  const PlainUser user(root_);
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(error_at("").kind, ErrorKind::source);
  EXPECT_THAT(error_at("").message, HasSubstr(path("closed")));
}

TEST_F(LocalStoreTest, FoldersAreWalkedToALimitAndBehindItTheErrorSaysWhatToDo) {
  std::string deep;
  for (int depth = 0; depth < 128; ++depth) deep += "d/";
  given(deep + "a.json");
  EXPECT_THAT(names_at(""), ElementsAre(deep + "a.json"));
  given(deep + "d/b.json");
  EXPECT_EQ(error_at("").kind, ErrorKind::source);
  EXPECT_THAT(error_at("").message, HasSubstr("more than 128 folders below"));
  EXPECT_THAT(error_at("").message, HasSubstr("move it up"));
}

TEST_F(LocalStoreTest, APathThatIsTooLongForTheSystemIsAnErrorThatSaysWhatToDo) {
  const std::string name(200, 'd');
  int place = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 25; ++depth) {  // 5,000 bytes; a path has 4,095 at most
    ASSERT_EQ(::mkdirat(place, name.c_str(), 0700), 0);
    const int inner = ::openat(place, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(place);
    place = inner;
  }
  ::close(place);
  EXPECT_EQ(error_at("").kind, ErrorKind::source);
  EXPECT_THAT(error_at("").message, HasSubstr("give its folders shorter names"));
}

TEST_F(LocalStoreTest, NamesMayHaveBlanksNewlinesQuotesAndPercentSigns) {
  for (const std::string name :
       {"a b/c d.json", "new\nline/a.json", "quo'te\".json", "100%25.json", "back\\slash.json"}) {
    given(name, name);
  }
  EXPECT_EQ(names_at("").size(), 5U);
  for (const std::string name :
       {"a b/c d.json", "new\nline/a.json", "quo'te\".json", "100%25.json", "back\\slash.json"}) {
    EXPECT_THAT(names_at(name), ElementsAre(name));
    EXPECT_EQ(*read(listed(name)), name);
  }
  EXPECT_THAT(names_at("new\nline"), ElementsAre("new\nline/a.json"));
}

TEST_F(LocalStoreTest, AnErrorShowsANewlineInAPathAsAnEscape) {
  EXPECT_THAT(error_at("no\nsuch").message, HasSubstr("no\\nsuch"));
}

TEST_F(LocalStoreTest, ANameThatIsNotUtf8IsAnError) {
  given("bad\xFF.json");
  EXPECT_EQ(error_at("").kind, ErrorKind::source);
  EXPECT_THAT(error_at("").message, HasSubstr("bad\uFFFD.json"));
}

TEST_F(LocalStoreTest, GivesTheBytesOfTheListedVersion) {
  given("a.json", "{\"ts\":1}\nmore bytes than a buffer");
  EXPECT_EQ(*read(listed("a.json")), "{\"ts\":1}\nmore bytes than a buffer");
  given("empty.json", "");
  EXPECT_EQ(*read(listed("empty.json")), "");
}

TEST_F(LocalStoreTest, AFileThatIsGoneWhenItIsOpenedHasChanged) {
  given("a.json");
  const ObjectInfo object = listed("a.json");
  fs::remove(root_ / "a.json");
  const auto text = read(object);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::changed);
  EXPECT_THAT(text.error().message, HasSubstr(object.uri));
}

TEST_F(LocalStoreTest, AFileThatGrewBeforeItIsOpenedHasChanged) {
  given("a.json", "one");
  const ObjectInfo object = listed("a.json");
  std::ofstream(root_ / "a.json", std::ios::app) << "two";
  EXPECT_EQ(read(object).error().kind, ErrorKind::changed);
}

TEST_F(LocalStoreTest, AFileThatGrowsWhileItIsReadHasChangedAtItsEnd) {
  given("a.json", "one line\n");
  const auto text =
      read(listed("a.json"), [&] { std::ofstream(root_ / "a.json", std::ios::app) << "two"; });
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::changed);
}

TEST_F(LocalStoreTest, AFileThatIsCutWhileItIsReadHasChangedAtItsEnd) {
  given("a.json", "one line\n");
  const auto text = read(listed("a.json"), [&] { fs::resize_file(root_ / "a.json", 3); });
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::changed);
}

TEST_F(LocalStoreTest, AFileOfTheSameSizeButAnotherTimeHasChanged) {
  given("a.json", "one");
  const ObjectInfo object = listed("a.json");
  given("a.json", "two");
  fs::last_write_time(root_ / "a.json", fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(read(object).error().kind, ErrorKind::changed);
}

TEST_F(LocalStoreTest, AFileReplacedByAnotherHasChanged) {
  given("a.json", "one");
  const ObjectInfo object = listed("a.json");
  given("b.json", "longer");
  fs::rename(root_ / "b.json", root_ / "a.json");
  EXPECT_EQ(read(object).error().kind, ErrorKind::changed);
}

TEST_F(LocalStoreTest, AFileReplacedWhileItIsReadGivesTheListedVersion) {
  given("a.json", "one line\n");
  given("b.json", "another\n");
  const auto text = read(listed("a.json"), [&] { fs::rename(root_ / "b.json", root_ / "a.json"); });
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "one line\n");
}

TEST_F(LocalStoreTest, AFileThatCannotBeReadIsAnError) {
  given("a.json");
  fs::permissions(root_ / "a.json", fs::perms::none);
  const ObjectInfo object = listed("a.json");
  const PlainUser user(root_);
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(read(object).error().kind, ErrorKind::source);
}

class LocalWriterTest : public FolderTest {};

TEST_F(LocalWriterTest, WritesWholeFilesAndMakesFolders) {
  LocalWriter writer(path("out/deep"));
  EXPECT_TRUE(writer.write("2018/11/a.json", std::string("a\0b\n", 4)).ok());
  EXPECT_TRUE(writer.write("empty.json", "").ok());
  EXPECT_EQ(text_of("out/deep/2018/11/a.json"), std::string("a\0b\n", 4));
  EXPECT_EQ(fs::file_size(root_ / "out/deep/empty.json"), 0U);
}

TEST_F(LocalWriterTest, RemovesAFileAndDoesNotMissOne) {
  given("a.json", "text");
  LocalWriter writer(root_.native());
  EXPECT_TRUE(writer.remove("a.json").ok());
  EXPECT_FALSE(fs::exists(root_ / "a.json"));
  EXPECT_TRUE(writer.remove("a.json").ok());
}

TEST_F(LocalWriterTest, ReplacesAFileThatIsThere) {
  given("a.json", "a long old text");
  EXPECT_TRUE(LocalWriter(root_.native()).write("a.json", "new").ok());
  EXPECT_EQ(text_of("a.json"), "new");
}

TEST_F(LocalWriterTest, FollowsNoLinkByTheNameThatItWritesUnderFirst) {
  given("other", "mine");
  fs::create_symlink(root_ / "other", root_ / "a.json.partial");
  EXPECT_TRUE(LocalWriter(root_.native()).write("a.json", "new").ok());
  EXPECT_EQ(text_of("a.json"), "new");
  EXPECT_EQ(text_of("other"), "mine");
  EXPECT_FALSE(fs::is_symlink(root_ / "a.json"));
}

TEST_F(LocalWriterTest, LeavesNothingButTheFile) {
  ASSERT_TRUE(LocalWriter(path("out")).write("a.json", std::string(1 << 20, 'x')).ok());
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root_ / "out")) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, ElementsAre("a.json"));
}

TEST_F(LocalWriterTest, AFileWhereAFolderHasToBeIsAnError) {
  given("out", "a file");
  const Status written = LocalWriter(path("out")).write("a.json", "x");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::source);
  EXPECT_THAT(written.error().message, HasSubstr(path("out")));
}

TEST_F(LocalWriterTest, AFolderWhereTheFileHasToBeIsAnErrorAndLeavesNothing) {
  fs::create_directories(root_ / "out/a.json");
  const Status written = LocalWriter(path("out")).write("a.json", "x");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::source);
  EXPECT_FALSE(fs::exists(root_ / "out/a.json.partial"));
}

}  // namespace
}  // namespace sparkify
