#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/object_info.h"
#include "sql/sql_library.h"

namespace sparkify::redshift {

/// Under which role COPY reads, and where.
struct CopyAccess {
  std::string role;                   ///< ARNs with commas between
  std::optional<std::string> region;  ///< of the objects; none: the cluster's own
};

/// The columns of a table, with commas between; the first `count`, if given.
std::string column_list(const TableSchema& schema, std::optional<std::size_t> count = {});

/// COPY of parts that we wrote.
Result<std::string> copy_of_parts(const SqlLibrary& sql, const CopyAccess& access,
                                  const TableSchema& schema, const std::string& manifest);

/// COPY of source objects, into the table that holds all as text.
Result<std::string> copy_of_sources(const SqlLibrary& sql, const CopyAccess& access, DataKind kind,
                                    std::string_view compression, const std::string& manifest,
                                    const std::string& json_paths);

/// The objects that one COPY takes: one compression each. Indexes into what was given.
struct CopyShare {
  std::string_view compression;  ///< COPY's word; empty: none
  std::vector<std::size_t> places;
};

/// By the ends of their names, as for everybody.
std::vector<CopyShare> shares_of(std::span<const ObjectInfo> objects);

/// Whether COPY can be told of an object by a manifest and its system view shows the whole name:
/// s3://, printable ASCII, at most 256 bytes.
bool is_copyable(const ObjectInfo& object);

/// A manifest that lists `urls`, every one as mandatory.
std::string manifest_of(const std::vector<std::string>& urls);

/// A JSONPaths file: the keys of `kind`, in the order of the columns.
std::string json_paths_of(DataKind kind);

}  // namespace sparkify::redshift
