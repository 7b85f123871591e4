#pragma once

namespace sparkify {

/// Leaves by std::bad_alloc, as our own containers do, where a C library had no memory; main() and
/// the threads know what to do about it.
[[noreturn]] void out_of_memory();

inline void expect_memory(bool is_there) {
  if (!is_there) out_of_memory();
}

}  // namespace sparkify
