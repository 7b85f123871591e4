#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sparkify {

/// How the members of an object are set out.
enum class JsonStyle {
  compact,  ///< {"a":1,"b":2}: the app's logs
  spaced,   ///< {"a": 1, "b": 2}: the song files
  lines,    ///< each member on a line of its own
};

/// One JSON object as keys and the text of their values, in order. Values need not be well-formed:
/// faults are made here. Meant to be used again and again; it keeps its memory.
class JsonObject {
 public:
  struct Member {
    std::string_view key;  ///< lives as long as the program
    std::string value;
  };

  void clear() { count_ = 0; }
  /// Adds a member behind the others. The value is empty: append to it.
  std::string& add(std::string_view key);
  void insert(std::size_t position, std::string_view key, std::string_view value);
  void remove(std::string_view key);
  /// `to` is put between the quotes as it is.
  void rename(std::string_view key, std::string_view to);
  /// The value of `key`, which must be there.
  std::string& value_of(std::string_view key);

  std::size_t member_count() const { return count_; }
  std::string& value_at(std::size_t position) { return members_[position].value; }
  void append_to(std::string& out, JsonStyle style) const;

 private:
  std::size_t position_of(std::string_view key) const;

  std::vector<Member> members_;  ///< the first count_ are in use
  std::size_t count_ = 0;
};

}  // namespace sparkify
