#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "generate/column_rule.h"
#include "generate/fault.h"
#include "generate/faulty_record.h"
#include "generate/json_object.h"
#include "generate/random.h"

namespace sparkify {

/// The text of one file while its records are added. Knows on which line each stands.
class RecordFile {
 public:
  explicit RecordFile(JsonStyle style) : style_(style) {}

  /// Begins a new, empty file; the old text is gone.
  void begin(std::string name);
  void add(const JsonObject& object);
  /// Where to append the next record, which has no fault and no line break.
  std::string& next_record();
  /// Adds the faultless record `object`, which is a `form`, with a fault that it `can_have`. Of
  /// those that are not of one record alone (copies, texts that do not match) it is already in it.
  /// The record must not be used after.
  FaultyRecord add_faulty(FaultKind kind, RecordForm form, JsonObject& object, Random& random);

  /// Whether the next record can have the fault, as far as the file goes.
  bool can_have(FaultKind kind) const;
  bool is_empty() const { return record_count_ == 0; }
  const std::string& name() const { return name_; }
  /// Ends the last line, which need not be.
  void end_line();
  /// Ends the file. Good until `begin`.
  std::string_view finish();

 private:
  void start_line();
  /// What stands before the record besides the line's end: blank lines, a BOM, a blank.
  void add_lead(FaultKind kind, Random& random);
  FaultyRecord place_of_next(FaultKind kind) const;
  void end_record(FaultKind kind, std::size_t start);

  JsonStyle style_;
  std::string name_;
  std::string text_;
  std::int64_t line_ = 1;
  std::int64_t record_count_ = 0;
  bool is_previous_clean_ = true;
  bool ends_in_crlf_ = false;
};

}  // namespace sparkify
