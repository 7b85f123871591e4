// What bench/main_job.sh calls the floor: every byte of the same files read and parsed by simdjson,
// each record a document, every value visited; nothing is kept.
//
//   parse_only THREADS FOLDER...
//
// Prints how many documents and values there were. Exit codes: 0 done, 1 a file cannot be read or
// parsed, 2 usage.

#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Counts {
  std::uint64_t documents = 0;
  std::uint64_t values = 0;
  bool has_failed = false;
};

void parse_file(const std::string& path, simdjson::dom::parser& parser, Counts& counts) {
  simdjson::padded_string text;
  simdjson::dom::document_stream documents;
  if (simdjson::padded_string::load(path).get(text) != simdjson::SUCCESS ||
      parser.parse_many(text).get(documents) != simdjson::SUCCESS) {
    counts.has_failed = true;
    return;
  }
  for (auto document : documents) {
    simdjson::dom::object object;
    if (document.get(object) != simdjson::SUCCESS) {
      counts.has_failed = true;
      return;
    }
    ++counts.documents;
    for (const auto field : object) counts.values += field.value.is_null() ? 0 : 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("parse_only: give THREADS FOLDER...\n", stderr);
    return 2;
  }
  std::vector<std::string> paths;
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path().string());
    }
  }
  std::atomic<std::size_t> next = 0;
  std::vector<Counts> counts(static_cast<std::size_t>(std::max(1, std::atoi(argv[1]))));
  std::vector<std::thread> threads;
  for (Counts& own : counts) {
    threads.emplace_back([&paths, &next, &own] {
      simdjson::dom::parser parser;
      for (std::size_t i = next++; i < paths.size(); i = next++) parse_file(paths[i], parser, own);
    });
  }
  for (std::thread& thread : threads) thread.join();
  Counts all;
  for (const Counts& own : counts) {
    all.documents += own.documents;
    all.values += own.values;
    all.has_failed = all.has_failed || own.has_failed;
  }
  std::printf("%llu documents, %llu values\n", static_cast<unsigned long long>(all.documents),
              static_cast<unsigned long long>(all.values));
  if (all.has_failed) std::fputs("parse_only: not all could be read and parsed\n", stderr);
  return all.has_failed ? 1 : 0;
}
