#pragma once

#include <string>

namespace sparkify {

/// Holds a password so that it is not printed by mistake: it cannot be streamed, formatted or
/// compared, and its memory is overwritten when it goes or is moved from. A copy is a second
/// secret, wiped on its own. `reveal()` is the only way in: search for it to see every use.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text);
  Secret(const Secret& other) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const { return text_.empty(); }
  /// The text itself, valid while this object lives and is not assigned to.
  const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

template <typename Stream>
Stream& operator<<(Stream& stream, const Secret& secret) = delete;

}  // namespace sparkify
