#include "cli/last_words.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "cli/exit_code.h"

namespace sparkify {
namespace {

constexpr const char* kOfDuckdb =
    R"({"exception_type":"IO","exception_message":"Could not truncate file \"w.wal\"","errno":"5"})";

/// On a thread of its own, where nobody catches it.
template <typename Exception>
void throw_to_nobody(const Exception& exception) {
  std::set_terminate(end_of_uncaught);
  note_command("etl");
  std::thread([&exception] { throw exception; }).join();
}

TEST(LastWordsDeathTest, OutOfMemoryIsSaidWithTheCommandAndEndsWithACode) {
  EXPECT_EXIT(throw_to_nobody(std::bad_alloc()), testing::ExitedWithCode(kExitInternal),
              "^sparkify: error: out of memory while `sparkify etl` was at work; give a smaller");
}

TEST(LastWordsDeathTest, AnExceptionOfDuckdbLeavesTheCommitUnknown) {
  EXPECT_EXIT(throw_to_nobody(std::runtime_error(kOfDuckdb)),
              testing::ExitedWithCode(kExitCommitUnknown),
              "DuckDB could not go on while `sparkify etl` was at work: Could not truncate file "
              ".w.wal.; whether its last step was committed is not known");
}

TEST(LastWordsDeathTest, AnotherExceptionIsAFaultOfOurs) {
  EXPECT_EXIT(throw_to_nobody(std::logic_error("odd")), testing::ExitedWithCode(kExitInternal),
              "internal error: odd");
}

TEST(LastWordsDeathTest, ALongNameOfACommandIsCut) {
  EXPECT_EXIT(
      {
        note_command(std::string(100, 'x'));
        _exit(report_out_of_memory());
      },
      testing::ExitedWithCode(kExitInternal), "while `sparkify x+` was at work");
}

}  // namespace
}  // namespace sparkify
