#include "generate/record_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "generate/broken_json.h"
#include "generate/mutation.h"
#include "generate/odd_encoding.h"

namespace sparkify {

namespace {

bool is_mutation(FaultKind kind) {
  return kind == FaultKind::unknown_key ||
         (kind <= FaultKind::missing_field && kind != FaultKind::bad_json);
}

std::int64_t count_lines(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace

void RecordFile::begin(std::string name) {
  name_ = std::move(name);
  text_.clear();
  line_ = 1;
  record_count_ = 0;
  is_previous_clean_ = true;
  ends_in_crlf_ = false;
}

void RecordFile::add(const JsonObject& object) { object.append_to(next_record(), style_); }

std::string& RecordFile::next_record() {
  start_line();
  ++record_count_;
  is_previous_clean_ = true;
  return text_;
}

bool RecordFile::can_have(FaultKind kind) const {
  if (kind == FaultKind::bom) return is_empty();
  if (kind == FaultKind::same_line) return !is_empty() && is_previous_clean_;
  return true;
}

FaultyRecord RecordFile::add_faulty(FaultKind kind, RecordForm form, JsonObject& object,
                                    Random& random) {
  SPARKIFY_ASSERT(can_have(kind));
  if (kind != FaultKind::same_line) start_line();
  add_lead(kind, random);
  FaultyRecord faulty = place_of_next(kind);
  if (is_mutation(kind)) {
    const Mutation mutation = mutate(kind, form, object, random);
    faulty.column = mutation.column;
    faulty.key = mutation.key;
  }
  if (kind == FaultKind::escaped_ascii || kind == FaultKind::raw_utf8) {
    encode_oddly(kind, form, object, random);
  }
  if (kind == FaultKind::key_conflict) faulty.column = "songplay_id";
  const std::size_t start = text_.size();
  if (kind == FaultKind::bad_json) {
    // A bad record runs on to the next line that begins with `{`: only behind a clean one may
    // something begin in another way.
    text_ += break_json(object, style_, is_previous_clean_, random);
  } else {
    object.append_to(text_, kind == FaultKind::multi_line ? JsonStyle::lines : style_);
  }
  end_record(kind, start);
  return faulty;
}

void RecordFile::end_line() {
  finish();
  text_ += '\n';
}

std::string_view RecordFile::finish() {
  if (ends_in_crlf_) text_ += "\r\n";
  ends_in_crlf_ = false;
  return text_;
}

void RecordFile::start_line() {
  if (is_empty()) return;
  text_ += ends_in_crlf_ ? "\r\n" : "\n";
  ends_in_crlf_ = false;
  ++line_;
}

void RecordFile::add_lead(FaultKind kind, Random& random) {
  static constexpr std::array<std::string_view, 4> kBlankLines{"\n", "\n\n", " \t\n", "\r\n"};
  static constexpr std::array<std::string_view, 3> kGaps{"", " ", "\t "};
  std::string_view lead;
  if (kind == FaultKind::bom) lead = "\xEF\xBB\xBF";
  if (kind == FaultKind::blank_line) lead = random.pick(kBlankLines);
  if (kind == FaultKind::same_line) lead = random.pick(kGaps);
  text_ += lead;
  line_ += count_lines(lead);
}

FaultyRecord RecordFile::place_of_next(FaultKind kind) const {
  FaultyRecord faulty;
  faulty.kind = kind;
  faulty.outcome = outcome_of(kind);
  if (faulty.outcome == Outcome::rejected) faulty.reason = to_string(kind);
  faulty.file = name_;
  faulty.record_no = record_count_ + 1;
  faulty.line = line_;
  faulty.byte_offset = static_cast<std::int64_t>(text_.size());
  return faulty;
}

void RecordFile::end_record(FaultKind kind, std::size_t start) {
  line_ += count_lines(std::string_view(text_).substr(start));
  ++record_count_;
  is_previous_clean_ = kind == FaultKind::duplicate || kind == FaultKind::key_conflict;
  ends_in_crlf_ = kind == FaultKind::crlf;
}

}  // namespace sparkify
