#pragma once

#include <utility>

#include "base/assert.h"

namespace sparkify {

/// Owns one handle of a C library and gives it back exactly once.
template <typename T, void (*Destroy)(T*)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T raw) : raw_(raw) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Handle() { reset(); }

  T get() const { return raw_; }
  /// For `open(..., T* out)`; the handle must be empty.
  T* out() {
    SPARKIFY_ASSERT(raw_ == nullptr);
    return &raw_;
  }
  void reset() {
    if (raw_ != nullptr) Destroy(&raw_);
    raw_ = nullptr;
  }
  explicit operator bool() const { return raw_ != nullptr; }

 private:
  T raw_ = nullptr;
};

}  // namespace sparkify
