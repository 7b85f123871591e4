#include "record/drift.h"

#include "base/utf8.h"

namespace sparkify {

std::string DriftCounts::shown_key(std::string_view key) {
  constexpr std::string_view kCutMark = "…";
  std::string shown;
  std::size_t fits = 0;  // bytes that leave room for the mark
  for (std::size_t at = 0; at < key.size();) {
    const Utf8Step step = utf8_step(key, at);
    const bool plain = step.valid && key[at] != '\0';
    shown += plain ? key.substr(at, step.length) : std::string_view("\uFFFD");
    if (shown.size() > kKeyBytesMax) return shown.substr(0, fits) + std::string(kCutMark);
    if (shown.size() + kCutMark.size() <= kKeyBytesMax) fits = shown.size();
    at += step.length;
  }
  return shown;
}

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
