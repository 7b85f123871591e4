#pragma once

namespace sparkify {

/// Says which of our own assumptions broke and where, on stderr, and stops with exit code 70.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace sparkify

/// Holds in release too: a fault of ours must stop before it reaches a table.
#define SPARKIFY_ASSERT(condition)    \
  ((condition) ? static_cast<void>(0) \
               : ::sparkify::assertion_failed(#condition, __FILE__, __LINE__))
