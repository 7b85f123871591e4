#include "base/out_of_memory.h"

#include <gtest/gtest.h>

#include <new>

namespace sparkify {
namespace {

TEST(OutOfMemory, ItIsToldAsContainersTellIt) {
  EXPECT_THROW(out_of_memory(), std::bad_alloc);
  EXPECT_THROW(expect_memory(false), std::bad_alloc);
  EXPECT_NO_THROW(expect_memory(true));
}

}  // namespace
}  // namespace sparkify
