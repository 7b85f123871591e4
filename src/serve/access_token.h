#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sparkify {

/// What a browser must know to be answered: 128 random bits as 32 hexadecimal digits, new for each
/// start of the server. Other users of the machine can reach the port, but not guess this.
class AccessToken {
 public:
  /// Errors: `internal`, when the system gives no random bytes.
  static Result<AccessToken> make();

  const std::string& text() const { return text_; }
  /// In a time that does not tell how much of `candidate` is right.
  bool matches(std::string_view candidate) const;

 private:
  explicit AccessToken(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace sparkify
