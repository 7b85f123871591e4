#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/decoding.h"

/// Damaged JSON, the same for the same seed on every machine.
namespace sparkify::decoding {

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  /// `text` with one to four small changes.
  std::string mutant_of(std::string_view text) {
    std::string mutant(text);
    for (std::size_t i = 1 + below(4); i > 0; --i) change(mutant);
    return mutant;
  }

  /// A number from 0 to `count` - 1.
  std::size_t below(std::size_t count) { return random_() % count; }

 private:
  void change(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = std::min(below(6), text.size() - at);
    switch (below(5)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, fragment());
        break;
      case 2:
        text.replace(at, length, fragment());
        break;
      case 3:
        text.insert(at, text.substr(below(text.size() + 1), below(40)));
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
    }
  }

  std::string fragment() {
    static const std::vector<std::string> fragments{"{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    ",",
                                                    ":",
                                                    "\"",
                                                    "\\",
                                                    "\n",
                                                    "\r\n",
                                                    "\t",
                                                    " ",
                                                    "\n{",
                                                    "{}",
                                                    "[]",
                                                    "\"\"",
                                                    "0",
                                                    "-",
                                                    "1",
                                                    ".5",
                                                    "1e5",
                                                    "E+3",
                                                    "-0",
                                                    "01",
                                                    "null",
                                                    "true",
                                                    "false",
                                                    "nul",
                                                    "\\u0000",
                                                    "\\ud83d\\ude00",
                                                    "\\ud800",
                                                    "\\udc00",
                                                    "\\u00e9",
                                                    "\\n",
                                                    "\\x",
                                                    "\\u12",
                                                    "\\\\",
                                                    "\\\"",
                                                    "\xC3\xA9",
                                                    "\xE2\x82\xAC",
                                                    "\xF0\x9F\x98\x80",
                                                    "\xFF",
                                                    "\xC0\x80",
                                                    "\xED\xA0\x80",
                                                    "\xEF\xBB\xBF",
                                                    "\x01",
                                                    "\x0C",
                                                    "\x1A",
                                                    "\x7F",
                                                    "\"page\":",
                                                    "\"more\":",
                                                    "\"userId\":\"\"",
                                                    ",\"ts\":1",
                                                    "\"pag\\u0065\":",
                                                    "{\"a\":[1,{\"b\":\"\\ud800\"}]}",
                                                    "[[[[]]]]",
                                                    "}{",
                                                    "},{",
                                                    "}\n{"};
    return fragments[below(fragments.size())];
  }

  std::mt19937 random_;
};

/// Good records to start from: full and small ones, in many spellings.
inline const std::vector<std::string>& good_records() {
  static const std::vector<std::string> records{
      play(),
      song(),
      visit(),
      "{}",
      visit({{"more", R"({"a":[1,2.5e-3,{"b":null}],"c":"\u00e9\ud83d\ude00"})"}}),
      visit({{"song", R"("\"q\" \\ \/ \b\f\n\r\t")"}, {"x", "[[],{},[{}]]"}}),
      "{ \"page\" : \"Home\" ,\n\t\"ts\" : 1 , \"sessionId\":1,\"itemInSession\":0 }",
      visit({{"page", "\"\u20AC \U0001F600\""}, {"registration", "\"5\""}, {"status", "-0"}}),
      song({{"title", "\"Se\\u00f1orita (feat. \\\"X\\\")\""}, {"duration", "1.5E+2"}}),
  };
  return records;
}

}  // namespace sparkify::decoding
