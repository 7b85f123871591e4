#include "warehouse/redshift/part_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "fakes/gunzip.h"

namespace sparkify::redshift {
namespace {

const TableSchema& one_text() {
  static const TableSchema schema{"t", {{"s", ColumnType::text, 1 << 20}}};
  return schema;
}

/// Gives `rows` rows of `width` bytes, 100 at a time.
class Rows : public BatchSource {
 public:
  Rows(std::int64_t rows, std::size_t width) : left_(rows), width_(width) {}
  const TableSchema& schema() const override { return one_text(); }
  Result<bool> next(Batch& batch) override {
    const std::lock_guard lock(mutex_);
    batch.clear();
    for (int i = 0; i < 100 && left_ > 0; ++i, --left_) {
      batch.add_text_copy(0, std::string(width_, static_cast<char>('a' + left_ % 26)));
      batch.end_row();
    }
    if (left_ == 0 && fails_at_end) return make_error(ErrorKind::source, "cut");
    return batch.row_count() > 0;
  }
  bool fails_at_end = false;

 private:
  std::mutex mutex_;
  std::int64_t left_;
  std::size_t width_;
};

/// A place in memory.
struct Place {
  std::map<std::string, std::string> objects;
  std::mutex mutex;
  std::string refused;  ///< writing an object with this in its name fails

  ControlArea area() {
    return {"s3://bucket/control", [this]() -> Result<std::unique_ptr<ObjectWriter>> {
              return std::unique_ptr<ObjectWriter>(std::make_unique<Writer>(*this));
            }};
  }

  struct Writer : ObjectWriter {
    explicit Writer(Place& to) : place(to) {}
    Status write(std::string_view name, std::string_view bytes) override {
      const std::lock_guard lock(place.mutex);
      if (!place.refused.empty() && name.find(place.refused) != name.npos) {
        return make_error(ErrorKind::source, "refused");
      }
      place.objects.insert_or_assign(std::string(name), std::string(bytes));
      return {};
    }
    Status remove(std::string_view name) override {
      const std::lock_guard lock(place.mutex);
      place.objects.erase(std::string(name));
      return {};
    }
    Place& place;
  };
};

TEST(PartWriter, FewRowsAreOnePartAndItsManifest) {
  Place place;
  Rows rows(3, 2);
  const auto parts = write_parts(rows, place.area(), "run/0001-t", 1);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->rows, 3);
  EXPECT_EQ(parts->manifest, "s3://bucket/control/run/0001-t/manifest.json");
  EXPECT_THAT(parts->names,
              testing::ElementsAre("run/0001-t/0000.csv.gz", "run/0001-t/manifest.json"));
  EXPECT_EQ(gunzip(place.objects.at("run/0001-t/0000.csv.gz")), "\"dd\"\n\"cc\"\n\"bb\"\n");
  const auto manifest = nlohmann::json::parse(place.objects.at("run/0001-t/manifest.json"));
  EXPECT_EQ(manifest, nlohmann::json::parse(
                          R"({"entries":[{"url":"s3://bucket/control/run/0001-t/0000.csv.gz",)"
                          R"("mandatory":true}]})"));
}

TEST(PartWriter, ManyRowsAreSeveralPartsWhichTheManifestListsAll) {
  Place place;
  constexpr std::int64_t kRows = 5000;
  Rows rows(kRows, 10'000);  // 50 MB
  const auto parts = write_parts(rows, place.area(), "r", 3);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->rows, kRows);
  const auto manifest = nlohmann::json::parse(place.objects.at("r/manifest.json"));
  EXPECT_GE(manifest["entries"].size(), 3U);
  EXPECT_EQ(manifest["entries"].size() + 1, place.objects.size());
  std::int64_t found = 0;
  for (const auto& entry : manifest["entries"]) {
    const std::string url = entry["url"];
    const std::string text = gunzip(place.objects.at(url.substr(url.find("r/"))));
    found += std::count(text.begin(), text.end(), '\n');
  }
  EXPECT_EQ(found, kRows);
}

TEST(PartWriter, NoRowsAreNoObjects) {
  Place place;
  Rows rows(0, 1);
  const auto parts = write_parts(rows, place.area(), "r", 2);
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->rows, 0);
  EXPECT_TRUE(place.objects.empty());
}

TEST(PartWriter, ErrorsOfTheSourceAndOfThePlaceAreSaidAndThereIsNoManifest) {
  Place place;
  Rows rows(500, 10);
  rows.fails_at_end = true;
  EXPECT_EQ(write_parts(rows, place.area(), "r", 2).error().message, "cut");
  EXPECT_FALSE(place.objects.contains("r/manifest.json"));

  place.refused = ".csv.gz";
  Rows more(500, 10);
  EXPECT_EQ(write_parts(more, place.area(), "r", 2).error().message, "refused");
  EXPECT_FALSE(place.objects.contains("r/manifest.json"));
}

TEST(PartWriter, RemovesWhatItIsTold) {
  Place place;
  place.objects = {{"a", ""}, {"b", ""}, {"c", ""}};
  ASSERT_TRUE(remove_parts(place.area(), {"a", "c", "none"}).ok());
  EXPECT_EQ(place.objects.size(), 1U);
  EXPECT_TRUE(place.objects.contains("b"));
}

}  // namespace
}  // namespace sparkify::redshift
