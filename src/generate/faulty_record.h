#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "generate/fault.h"

namespace sparkify {

/// What the ETL must do with a record.
enum class Outcome : std::uint8_t { loaded, duplicate, rejected };

/// The outcome of a record with this fault, if all is loaded in one run.
Outcome outcome_of(FaultKind kind);

/// A record with a fault: where it is and what the ETL must say of it.
struct FaultyRecord {
  FaultKind kind = FaultKind::bad_json;
  Outcome outcome = Outcome::loaded;
  std::string file;
  std::int64_t record_no = 0;    ///< from 1
  std::int64_t line = 0;         ///< from 1, of the record's first byte
  std::int64_t byte_offset = 0;  ///< from 0, BOM included
  std::string_view reason;       ///< of a reject; else empty
  std::string_view column;       ///< of a reject; empty: none
  std::string_view key;          ///< the key that nobody knows
};

/// A file with a fault of its own.
struct FaultyFile {
  FaultKind kind = FaultKind::utf16;
  std::string file;
  int version = 1;        ///< of a changed_object: 1 or 2
  std::string_view form;  ///< of it: how it differs from what it should be; "right": not
};

}  // namespace sparkify
