#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "warehouse/rows.h"

namespace sparkify {

/// Where text goes: nothing but cli/ prints.
using TextSink = std::function<void(std::string_view)>;

enum class RowFormat {
  box,       ///< a table for a terminal; the first rows, and how many there are
  csv,       ///< RFC 4180 with a header; NULL is an empty field, an empty text is ""
  json,      ///< one array of objects
  jsonl,     ///< one JSON object a row
  markdown,  ///< a table
};

/// The names of the formats, for help and errors.
inline constexpr std::string_view kRowFormatNames = "box, csv, json, jsonl, markdown";

Result<RowFormat> parse_row_format(std::string_view name);

/// Writes a result in a format while it comes. `finish` must follow the last row.
class RowWriter : public RowVisitor {
 public:
  virtual void finish() = 0;
};

/// As RowFormat::json, but the whole is one document: an object with `format` and `rows`.
std::unique_ptr<RowWriter> make_document_writer(std::string_view format_name, TextSink sink);

/// `box_rows_max`: how many rows a box shows; the others are counted.
std::unique_ptr<RowWriter> make_row_writer(RowFormat format, TextSink sink,
                                           std::size_t box_rows_max);

/// A row as lines, a column each, for rows that are too wide for a box.
std::unique_ptr<RowWriter> make_record_writer(TextSink sink, std::size_t rows_max);

/// A whole table in box form, numbers to the right.
std::string box_text(const Rows& rows);

}  // namespace sparkify
