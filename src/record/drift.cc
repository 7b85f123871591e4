#include "record/drift.h"

#include "base/utf8.h"

namespace sparkify {

namespace {

/// A key as the drift table can hold it in every warehouse: no NUL, of bounded length.
std::string shown_key(std::string_view key) {
  std::string shown;
  for (std::size_t at = 0; at < key.size();) {
    const Utf8Step step = utf8_step(key, at);
    const bool plain = step.valid && key[at] != '\0';
    const std::string_view part = plain ? key.substr(at, step.length) : std::string_view("\uFFFD");
    if (shown.size() + part.size() > DriftCounts::kKeyBytesMax) return shown + "…";
    shown += part;
    at += step.length;
  }
  return shown;
}

}  // namespace

void DriftCounts::count_unknown(std::string_view key, std::int64_t records) {
  unknown_[shown_key(key)] += records;
  if (unknown_.size() > kUnknownKeysMax) {
    const auto last = std::prev(unknown_.end());
    other_keys_ += last->second;
    unknown_.erase(last);
  }
}

void DriftCounts::merge(const DriftCounts& other) {
  records_ += other.records_;
  for (std::size_t i = 0; i < known_.size(); ++i) known_[i] += other.known_[i];
  for (const auto& [key, records] : other.unknown_) count_unknown(key, records);
  other_keys_ += other.other_keys_;
}

}  // namespace sparkify
