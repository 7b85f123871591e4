#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "cli/command.h"

namespace sparkify {
namespace {

std::string man_page() {
  std::ifstream file(SPARKIFY_MAN_PAGE);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_flags(const CLI::App& app, const std::string& page) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden: there to be refused
    for (const std::string& name : option->get_lnames()) {
      EXPECT_NE(page.find("-" + name), std::string::npos) << app.get_name() << " --" << name;
    }
  }
}

TEST(ManPage, HasEveryCommandAndEveryFlag) {
  const CommandLine line;
  const std::string page = man_page();
  ASSERT_FALSE(page.empty());
  expect_flags(line.app, page);
  for (const auto& [name, command] : line.commands) {
    EXPECT_NE(page.find(".Ss " + name), std::string::npos) << name;
    expect_flags(*command.app, page);
  }
}

TEST(ManPage, HasEveryExitCode) {
  const std::string page = man_page();
  for (const char* code : {"0", "1", "2", "3", "4", "5", "6", "7", "70", "130, 143"}) {
    EXPECT_NE(page.find(std::string(".It ") + code + "\n"), std::string::npos) << code;
  }
}

TEST(Commands, EachHasAnExampleInItsHelp) {
  const CommandLine line;
  for (const auto& [name, command] : line.commands) {
    EXPECT_NE(command.app->get_footer().find("sparkify " + name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace sparkify
