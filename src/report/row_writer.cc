#include "report/row_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"

namespace sparkify {

namespace {

/// Wider cells of a box are cut.
constexpr std::size_t kCellWidthMax = 60;
constexpr std::size_t kSchemeBytesMax = 8;

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_number(ResultType type) {
  return type == ResultType::integer || type == ResultType::decimal || type == ResultType::real;
}

std::string json_value(const Cell& cell, ResultType type) {
  if (cell.is_null) return "null";
  const bool finite = cell.text.find_first_of("in") == std::string::npos;  // inf, nan
  if (type == ResultType::boolean || (is_number(type) && finite)) return cell.text;
  return json_text(cell.text);
}

std::string json_object(const std::vector<ResultColumn>& columns, const Row& row) {
  std::string out = "{";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += ",";
    out += json_text(columns[i].name) + ":" + json_value(row[i], columns[i].type);
  }
  return out + "}";
}

class CsvWriter : public RowWriter {
 public:
  explicit CsvWriter(TextSink sink) : sink_(std::move(sink)) {}
  Status begin(const std::vector<ResultColumn>& columns) override {
    std::string line;
    for (const ResultColumn& column : columns) line += "," + field(column.name);
    sink_(line.empty() ? "\n" : line.substr(1) + "\n");
    return {};
  }
  Status row(const Row& row) override {
    std::string line;
    for (const Cell& cell : row) line += "," + (cell.is_null ? "" : field(cell.text));
    sink_(line.substr(1) + "\n");
    return {};
  }
  void finish() override {}

 private:
  static std::string field(const std::string& text) {
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
      if (c == '"') quoted += '"';
      quoted += c;
    }
    return quoted + "\"";
  }
  TextSink sink_;
};

class JsonWriter : public RowWriter {
 public:
  /// What stands before, between and behind the rows, or instead of them.
  struct Frame {
    std::string open;
    std::string between;
    std::string close;
    std::string empty;
  };

  JsonWriter(TextSink sink, Frame frame) : sink_(std::move(sink)), frame_(std::move(frame)) {}
  Status begin(const std::vector<ResultColumn>& columns) override {
    columns_ = columns;
    return {};
  }
  Status row(const Row& row) override {
    sink_(first_ ? frame_.open : frame_.between);
    first_ = false;
    sink_(json_object(columns_, row));
    return {};
  }
  void finish() override { sink_(first_ ? frame_.empty : frame_.close); }

 private:
  TextSink sink_;
  Frame frame_;
  bool first_ = true;
  std::vector<ResultColumn> columns_;
};

class MarkdownWriter : public RowWriter {
 public:
  explicit MarkdownWriter(TextSink sink) : sink_(std::move(sink)) {}
  Status begin(const std::vector<ResultColumn>& columns) override {
    std::string names = "|";
    std::string rule = "|";
    for (const ResultColumn& column : columns) {
      names += " " + field(column.name) + " |";
      rule += is_number(column.type) ? "---:|" : "---|";
    }
    sink_(names + "\n" + rule + "\n");
    return {};
  }
  Status row(const Row& row) override {
    std::string line = "|";
    for (const Cell& cell : row) line += " " + (cell.is_null ? "NULL" : field(cell.text)) + " |";
    sink_(line + "\n");
    return {};
  }
  void finish() override {}

 private:
  static std::string field(const std::string& text) {
    std::string out;
    for (const char c : printable(text)) {
      if (c == '|' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  }
  TextSink sink_;
};

std::string row_count_text(std::size_t row_count, std::size_t rows_max) {
  if (row_count > rows_max) return fmt::format("{} of {} rows\n", rows_max, row_count);
  return fmt::format("{} {}\n", row_count, row_count == 1 ? "row" : "rows");
}

class BoxWriter : public RowWriter {
 public:
  BoxWriter(TextSink sink, std::size_t rows_max) : sink_(std::move(sink)), rows_max_(rows_max) {}
  Status begin(const std::vector<ResultColumn>& columns) override { return rows_.begin(columns); }
  Status row(const Row& row) override {
    ++row_count_;
    return row_count_ <= rows_max_ ? rows_.row(row) : Status();
  }
  void finish() override {
    sink_(box_text(rows_));
    sink_(row_count_text(row_count_, rows_max_));
  }

 private:
  TextSink sink_;
  std::size_t rows_max_;
  std::size_t row_count_ = 0;
  Rows rows_;
};

class RecordWriter : public RowWriter {
 public:
  RecordWriter(TextSink sink, std::size_t rows_max) : sink_(std::move(sink)), rows_max_(rows_max) {}
  Status begin(const std::vector<ResultColumn>& columns) override {
    for (const ResultColumn& column : columns) names_.push_back(printable(column.name));
    for (const std::string& name : names_) width_ = std::max(width_, display_width(name));
    return {};
  }
  Status row(const Row& row) override {
    if (++row_count_ > rows_max_) return {};
    std::string text = fmt::format("── row {} ──\n", row_count_);
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += names_[i] + std::string(width_ - display_width(names_[i]), ' ') + " │ ";
      text += (row[i].is_null ? "NULL" : printable(row[i].text)) + "\n";
    }
    sink_(text);
    return {};
  }
  void finish() override { sink_(row_count_text(row_count_, rows_max_)); }

 private:
  TextSink sink_;
  std::size_t rows_max_;
  std::size_t row_count_ = 0;
  std::vector<std::string> names_;
  std::size_t width_ = 0;
};

std::string cut_to_width(std::string text) {
  const std::size_t width = display_width(text);
  if (width <= kCellWidthMax) return text;
  if (text.find("://") < kSchemeBytesMax) {
    // Of a long uri, the end tells more than the beginning.
    const std::string_view head = display_prefix(text, width - kCellWidthMax + 1);
    return "…" + text.substr(head.size());
  }
  return std::string(display_prefix(text, kCellWidthMax - 1)) + "…";
}

std::string padded(const std::string& text, std::size_t width, bool to_the_right) {
  const std::string space(width - display_width(text), ' ');
  return to_the_right ? space + text : text + space;
}

std::string rule(const std::vector<std::size_t>& widths, const char* left, const char* middle,
                 const char* right) {
  std::string line = left;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) line += middle;
    for (std::size_t n = 0; n < widths[i] + 2; ++n) line += "─";
  }
  return line + right + "\n";
}

}  // namespace

Result<RowFormat> parse_row_format(std::string_view name) {
  constexpr std::pair<std::string_view, RowFormat> kFormats[] = {{"box", RowFormat::box},
                                                                 {"csv", RowFormat::csv},
                                                                 {"json", RowFormat::json},
                                                                 {"jsonl", RowFormat::jsonl},
                                                                 {"markdown", RowFormat::markdown}};
  for (const auto& [word, format] : kFormats) {
    if (word == name) return format;
  }
  return make_error(ErrorKind::usage, fmt::format("--format {}: unknown; one of {}",
                                                  printable(name), kRowFormatNames));
}

std::unique_ptr<RowWriter> make_row_writer(RowFormat format, TextSink sink,
                                           std::size_t box_rows_max) {
  switch (format) {
    case RowFormat::box:
      return std::make_unique<BoxWriter>(std::move(sink), box_rows_max);
    case RowFormat::csv:
      return std::make_unique<CsvWriter>(std::move(sink));
    case RowFormat::json:
      return std::make_unique<JsonWriter>(std::move(sink),
                                          JsonWriter::Frame{"[\n  ", ",\n  ", "\n]\n", "[]\n"});
    case RowFormat::jsonl:
      return std::make_unique<JsonWriter>(std::move(sink), JsonWriter::Frame{"", "\n", "\n", ""});
    case RowFormat::markdown:
      return std::make_unique<MarkdownWriter>(std::move(sink));
  }
  SPARKIFY_ASSERT(false);
}

std::unique_ptr<RowWriter> make_document_writer(std::string_view format_name, TextSink sink) {
  const std::string head = fmt::format("{{\"format\": \"{}\", \"rows\": [", format_name);
  return std::make_unique<JsonWriter>(
      std::move(sink), JsonWriter::Frame{head + "\n  ", ",\n  ", "\n]}\n", head + "]}\n"});
}

std::unique_ptr<RowWriter> make_record_writer(TextSink sink, std::size_t rows_max) {
  return std::make_unique<RecordWriter>(std::move(sink), rows_max);
}

std::string box_text(const Rows& rows) {
  std::vector<std::vector<std::string>> lines;
  lines.emplace_back();
  for (const ResultColumn& column : rows.columns) {
    lines.back().push_back(cut_to_width(printable(column.name)));
  }
  for (const Row& row : rows.rows) {
    lines.emplace_back();
    for (const Cell& cell : row) {
      lines.back().push_back(cell.is_null ? "NULL" : cut_to_width(printable(cell.text)));
    }
  }
  std::vector<std::size_t> widths(rows.columns.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(line[i]));
    }
  }
  std::string out = rule(widths, "┌", "┬", "┐");
  for (std::size_t n = 0; n < lines.size(); ++n) {
    out += "│";
    for (std::size_t i = 0; i < lines[n].size(); ++i) {
      out += " " + padded(lines[n][i], widths[i], is_number(rows.columns[i].type)) + " │";
    }
    out += "\n";
    if (n == 0) out += rule(widths, "├", "┼", "┤");
  }
  return out + rule(widths, "└", "┴", "┘");
}

}  // namespace sparkify
