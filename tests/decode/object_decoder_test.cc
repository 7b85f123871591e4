#include "decode/object_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <new>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "decode/decoding.h"
#include "decode/mutants.h"

namespace sparkify {
namespace {

using decoding::decode;
using decoding::decode_text;
using decoding::Decoded;
using decoding::good_records;
using decoding::How;
using decoding::Mutator;
using decoding::play;
using decoding::repeated;
using decoding::shown;
using decoding::visit;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<MemoryStream> stream_of(std::string text) {
  return std::make_unique<MemoryStream>(std::move(text));
}

/// Every way of cutting an object into blocks and sharing them out must not show.
void expect_same_however_decoded(DataKind kind, const std::string& text) {
  const std::string expected =
      shown(decode_text(kind, text, {.block_bytes = text.size() + 1}), kind);
  for (const std::size_t block_bytes :
       {std::size_t{3}, std::size_t{64}, std::size_t{100}, std::size_t{333}, std::size_t{4096}}) {
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
      // A few bytes at a time cost too much for long texts, and show the same in short ones.
      if (block_bytes == 3 && text.size() > 3000) continue;
      const How how{.block_bytes = block_bytes, .threads = threads};
      ASSERT_EQ(shown(decode_text(kind, text, how), kind), expected)
          << block_bytes << "-byte blocks, " << threads << " threads:\n"
          << text;
    }
  }
}

/// Records, damaged ones among them, as a stream or as an array, with every kind of separator.
std::string object_with_faults(Mutator& mutator, std::size_t records, std::size_t good_in) {
  static const std::vector<std::string> separators{"\n",     "\n", "\n", "\r\n",
                                                   "\n\n  ", " ",  "",   "\n\t"};
  const bool is_array = mutator.below(3) == 0;
  std::string text = mutator.below(8) == 0 ? "\xEF\xBB\xBF" : "";
  if (is_array) text += "[\n";
  for (std::size_t i = 0; i < records; ++i) {
    const auto& seeds = good_records();
    const std::string& seed = seeds[mutator.below(seeds.size())];
    text += mutator.below(good_in) == 0 ? mutator.mutant_of(seed) : seed;
    if (is_array && i + 1 < records) text += ",";
    text += separators[mutator.below(separators.size())];
  }
  if (is_array && mutator.below(5) != 0) text += "]";
  if (mutator.below(10) == 0) text += "tail\n" + visit() + "\n";
  return text;
}

TEST(ObjectDecoder, GoodObjectsAreTheSameHoweverTheyAreCut) {
  std::string lines;
  std::string array = "[";
  for (int i = 0; i < 60; ++i) {
    const std::string record = play({{"sessionId", std::to_string(i)}});
    lines += record + "\n";
    array += record + (i < 59 ? ",\n" : "]\n");
  }
  EXPECT_EQ(decode_text(DataKind::logs, lines).rows.size(), 60U);
  EXPECT_EQ(decode_text(DataKind::logs, array).rows.size(), 60U);
  expect_same_however_decoded(DataKind::logs, lines);
  expect_same_however_decoded(DataKind::logs, array);
}

TEST(ObjectDecoder, ObjectsWithDamagedRecordsAreTheSameHoweverTheyAreCut) {
  Mutator mutator(1541990217);
  for (int i = 0; i < 150 && !::testing::Test::HasFailure(); ++i) {
    expect_same_however_decoded(DataKind::logs, object_with_faults(mutator, 12, 3));
  }
}

TEST(ObjectDecoder, LongObjectsWithDamagedRecordsAreTheSameHoweverTheyAreCut) {
  Mutator mutator(20181129);
  for (int i = 0; i < 12 && !::testing::Test::HasFailure(); ++i) {
    expect_same_however_decoded(DataKind::songs, object_with_faults(mutator, 150, 10));
  }
}

TEST(ObjectDecoder, SmallObjectsAreTheSameHoweverTheyAreCut) {
  for (const std::string& text : std::vector<std::string>{
           "", "\n", "[", "[]", "[1", "{", "1", "12", "\"a", "\xEF\xBB\xBF",
           "\xEF\xBB\xBF\n[\n{}\n]", "[\n{}\n,\n{}\n", "{}\n{\"a\":\n{}}\n{}", "{\"a\":1,\n{}\n{}",
           "\n\n\n[\n{},\n{}]\n{}\n{}", "{\"a\":\"\n{\"\n{}\n{}", "[{}\n{}\n{}]", "x\n\n\n {}",
           "{\"a\":[\n{\n{}\n{}\n"}) {
    expect_same_however_decoded(DataKind::logs, text);
  }
}

TEST(ObjectDecoder, AByteOrderMarkMayBeCutByABlock) {
  for (const std::size_t block_bytes : {1, 2}) {
    const How how{.block_bytes = block_bytes};
    EXPECT_EQ(shown(decode_text(DataKind::logs, "\xEF\xBB\xBF{}", how).rejects),
              std::vector<std::string>{"#1 1:3 missing_field [item_in_session] <{}>"});
  }
}

TEST(ObjectDecoder, PrettyPrintedRecordsWithInnerBraceLinesAreTheSameHoweverTheyAreCut) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text +=
        "{\n\"more\":\n{\n\"deep\":\n{\n\"x\": [\n{},\n{}\n]\n}\n},\n" + visit().substr(1) + "\n";
  }
  EXPECT_EQ(decode_text(DataKind::logs, text).rows.size(), 40U);
  expect_same_however_decoded(DataKind::logs, text);
}

TEST(ObjectDecoder, ARecordMayBeLongerThanABlock) {
  const std::string record = visit({{"more", "\"" + repeated("long\\n", 5000) + "\""}});
  const std::string text = record + "\n" + record + "\n" + visit();
  EXPECT_EQ(decode_text(DataKind::logs, text, {.block_bytes = 64}).rows.size(), 3U);
  expect_same_however_decoded(DataKind::logs, text);
}

TEST(ObjectDecoder, ReadsTheWholeStreamWhateverTheSizeHintSays) {
  const std::string text = visit() + "\n" + visit() + "\n";
  for (const std::size_t hint : {std::size_t{0}, std::size_t{1}, text.size() - 1, text.size(),
                                 text.size() + 1, std::size_t{1} << 30}) {
    const How how{.size_hint_bytes = hint};
    EXPECT_EQ(decode_text(DataKind::logs, text, how).rows.size(), 2U) << hint;
  }
}

TEST(ObjectDecoder, TakesAStreamThatGivesAFewBytesARead) {
  auto sips = stream_of(visit() + "\n{}\n" + visit());
  sips->in_sips_of(7);
  const auto decoded = decode(DataKind::logs, std::move(sips), {.block_bytes = 100, .threads = 2});
  EXPECT_EQ(decoded->rows.size(), 2U);
  EXPECT_EQ(decoded->rejects.size(), 1U);
}

TEST(ObjectDecoder, AnErrorOfTheStreamIsTheObjectsErrorOnAnyThread) {
  const std::string text = repeated(play() + "\n", 50);
  for (const std::size_t threads : {1, 2, 4}) {
    for (const std::size_t at : {std::size_t{0}, text.size() / 2, text.size()}) {
      auto failing = stream_of(text);
      failing->failing_at(at, make_error(ErrorKind::damaged, "the disk is on fire"));
      const auto decoded =
          decode(DataKind::logs, std::move(failing), {.block_bytes = 500, .threads = threads});
      ASSERT_FALSE(decoded.ok());
      EXPECT_EQ(decoded.error().kind, ErrorKind::damaged);
      EXPECT_EQ(decoded.error().message, "the disk is on fire");
    }
  }
}

TEST(ObjectDecoder, ARecordOverTheLimitIsDamageAndNamesItsPlace) {
  const std::string text = visit() + "\n" + visit({{"more", "\"" + std::string(3000, 'x') + "\""}});
  for (const std::size_t threads : {1, 2}) {
    const How how{.block_bytes = 200, .threads = threads, .record_bytes_max = 1000};
    const auto decoded = decode(DataKind::logs, stream_of(text), how);
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().kind, ErrorKind::damaged);
    EXPECT_THAT(decoded.error().message, HasSubstr("file:///logs/a.json"));
    EXPECT_THAT(decoded.error().message, HasSubstr("byte 55"));
    EXPECT_THAT(decoded.error().message, HasSubstr("1000 bytes"));
  }
}

TEST(ObjectDecoder, ManyRecordsUnderTheLimitAreNoRecordOverIt) {
  const std::string text = repeated(visit() + "\n", 500);
  const How how{.block_bytes = 200, .threads = 2, .record_bytes_max = 100};
  EXPECT_EQ(decode_text(DataKind::logs, text, how).rows.size(), 500U);
}

TEST(ObjectDecoder, ReportsConflictsWithTheirPlaceAndText) {
  const std::string text = "\n" + play() + "\n{}\n" + visit() + " " + play() + "\n";
  const std::set<std::int64_t> numbers{1, 4};
  ObjectDecoder object(DataKind::logs, "file:///a", 3, stream_of(text), 0, {.block_bytes = 64});
  object.report_conflicts(numbers);
  BlockDecoder decoder(DataKind::logs);
  decoder.trace_places(true);
  Batch batch(staging_events_schema());
  std::vector<Reject> rejects;
  DriftCounts drift;
  while (*object.decode_next(decoder, {batch, rejects, drift})) {
  }
  std::sort(rejects.begin(), rejects.end(),
            [](const Reject& a, const Reject& b) { return a.record_no < b.record_no; });
  const std::size_t last = text.size() - 1 - play().size();
  EXPECT_THAT(
      shown(rejects),
      ElementsAre("#1 2:1 key_conflict [songplay_id] <" + play() + ">",
                  fmt::format("#2 3:{} missing_field [item_in_session] <{{}}>", play().size() + 2),
                  fmt::format("#4 4:{} key_conflict [songplay_id] <{}>", last, play())));
  EXPECT_EQ(object.record_count(), 4);
  EXPECT_EQ(object.reject_count(), 1);
}

/// Where there is no memory for the third read.
class ThirstyStream : public ByteStream {
 public:
  explicit ThirstyStream(std::string bytes) : inner_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<char> buffer) override {
    if (++reads_ == 3) throw std::bad_alloc();
    return inner_.read(buffer);
  }

 private:
  MemoryStream inner_;
  int reads_ = 0;
};

// Others would wait for ever for the block that never comes, or go on behind a gap.
TEST(ObjectDecoder, AThreadThatLeavesForWantOfMemoryEndsTheObjectForAll) {
  const std::string text = repeated(play() + "\n", 30);
  ObjectDecoder object(DataKind::logs, "file:///a", 1, std::make_unique<ThirstyStream>(text), 0,
                       {.block_bytes = 400});
  Batch batch(staging_events_schema());
  std::vector<Reject> rejects;
  DriftCounts drift;
  BlockDecoder decoder(DataKind::logs);
  EXPECT_TRUE(*object.decode_next(decoder, {batch, rejects, drift}));
  EXPECT_TRUE(*object.decode_next(decoder, {batch, rejects, drift}));
  EXPECT_THROW(static_cast<void>(object.decode_next(decoder, {batch, rejects, drift})),
               std::bad_alloc);
  const auto next = object.decode_next(decoder, {batch, rejects, drift});
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().message, "out of memory");
}

TEST(ObjectDecoder, TheRowsTextsLiveAsLongAsTheBatch) {
  Batch batch(staging_events_schema());
  std::vector<Reject> rejects;
  DriftCounts drift;
  {
    const std::string text = repeated(play({{"song", R"("Se\u00f1orita")"}}) + "\n", 30);
    ObjectDecoder object(DataKind::logs, "file:///a", 1, stream_of(text), 0, {.block_bytes = 400});
    BlockDecoder decoder(DataKind::logs);
    while (*object.decode_next(decoder, {batch, rejects, drift})) {
    }
  }
  ASSERT_EQ(batch.row_count(), 30U);
  for (std::size_t row = 0; row < 30; ++row) {
    EXPECT_EQ(batch.column(kSong).texts[row], "Se\u00F1orita");
    EXPECT_EQ(batch.column(kArtist).texts[row], "Mynt");
  }
}

}  // namespace
}  // namespace sparkify
