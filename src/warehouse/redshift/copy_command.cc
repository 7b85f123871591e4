#include "warehouse/redshift/copy_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace sparkify::redshift {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownNameBytesMax = 256;

struct Compression {
  std::string_view suffix;
  std::string_view word;
};

constexpr std::array<Compression, 4> kCompressions = {
    {{".gz", "gzip"}, {".bz2", "bzip2"}, {".zst", "zstd"}, {"", ""}}};

std::string_view compression_of(std::string_view uri) {
  for (const Compression& each : kCompressions) {
    if (uri.ends_with(each.suffix)) return each.word;
  }
  return {};
}

std::string region_clause(const CopyAccess& access) {
  return access.region ? fmt::format("region '{}'", *access.region) : "";
}

}  // namespace

std::string column_list(const TableSchema& schema, std::optional<std::size_t> count) {
  std::string list;
  for (std::size_t i = 0; i < count.value_or(schema.columns.size()); ++i) {
    list += (list.empty() ? "" : ", ") + std::string(schema.columns[i].name);
  }
  return list;
}

Result<std::string> copy_of_parts(const SqlLibrary& sql, const CopyAccess& access,
                                  const TableSchema& schema, const std::string& manifest) {
  return sql.fill_template("copy_parts", {{"table", std::string(schema.name)},
                                          {"columns", column_list(schema)},
                                          {"manifest", manifest},
                                          {"role", access.role},
                                          {"region", region_clause(access)}});
}

Result<std::string> copy_of_sources(const SqlLibrary& sql, const CopyAccess& access, DataKind kind,
                                    std::string_view compression, const std::string& manifest,
                                    const std::string& json_paths) {
  const char* table = kind == DataKind::songs ? "source_songs" : "source_events";
  return sql.fill_template("copy_source",
                           {{"table", table},
                            {"columns", column_list(staging_schema(kind), json_column_count(kind))},
                            {"manifest", manifest},
                            {"role", access.role},
                            {"region", region_clause(access)},
                            {"compression", std::string(compression)},
                            {"jsonpaths", json_paths}});
}

std::vector<CopyShare> shares_of(std::span<const ObjectInfo> objects) {
  std::vector<CopyShare> shares;
  for (const Compression& each : kCompressions) {
    CopyShare share{each.word, {}};
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (compression_of(objects[i].uri) == each.word) share.places.push_back(i);
    }
    if (!share.places.empty()) shares.push_back(std::move(share));
  }
  return shares;
}

bool is_copyable(const ObjectInfo& object) {
  const std::string_view uri = object.uri;
  return uri.starts_with("s3://") && uri.size() <= kShownNameBytesMax && !uri.ends_with(' ') &&
         std::all_of(uri.begin(), uri.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

std::string manifest_of(const std::vector<std::string>& urls) {
  Json entries = Json::array();
  for (const std::string& url : urls) entries.push_back({{"url", url}, {"mandatory", true}});
  return Json{{"entries", entries}}.dump();
}

std::string json_paths_of(DataKind kind) {
  Json paths = Json::array();
  for (std::size_t i = 0; i < json_column_count(kind); ++i) {
    paths.push_back(fmt::format("$['{}']", staging_schema(kind).columns[i].json_key));
  }
  return Json{{"jsonpaths", paths}}.dump();
}

}  // namespace sparkify::redshift
