#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/error.h"

namespace sparkify {

/// A value, or the reason why there is none. Must not be dropped: the compiler warns.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& {
    SPARKIFY_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  T& value() & {
    SPARKIFY_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    SPARKIFY_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  const Error& error() const& {
    SPARKIFY_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    SPARKIFY_ASSERT(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success, or the reason for failure.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    SPARKIFY_ASSERT(!ok());
    return *error_;
  }
  Error&& error() && {
    SPARKIFY_ASSERT(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace sparkify

#define SPARKIFY_CONCAT_INNER(a, b) a##b
#define SPARKIFY_CONCAT(a, b) SPARKIFY_CONCAT_INNER(a, b)

/// Leaves the function with the error of `expression`, if it has one.
#define TRY(expression)                                        \
  do {                                                         \
    if (auto try_status = (expression); !try_status.ok()) {    \
      return ::sparkify::Error(std::move(try_status).error()); \
    }                                                          \
  } while (false)

#define SPARKIFY_TRY_ASSIGN(temporary, declaration, expression)                \
  auto temporary = (expression);                                               \
  if (!temporary.ok()) return ::sparkify::Error(std::move(temporary).error()); \
  declaration = std::move(temporary).value()

/// `TRY_ASSIGN(auto x, f())`: declares x with f's value, or leaves the function with f's error.
#define TRY_ASSIGN(declaration, expression) \
  SPARKIFY_TRY_ASSIGN(SPARKIFY_CONCAT(try_result_, __LINE__), declaration, expression)
