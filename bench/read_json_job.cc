// The main job without sparkify: SQL files given to DuckDB, one after another, in one transaction.
// The SQL is in read_json/; bench/README.md says what is compared.
//
//   read_json_job --database PATH --log-data DIR --song-data DIR [--threads N]
//                 [--memory-limit TEXT] --storage-version TEXT [--verbose] SQL_FILE...
//
// `${log_data}` and `${song_data}` in the SQL stand for the folders, quotes doubled.

#include <duckdb.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct Options {
  std::string database;
  std::string log_data;
  std::string song_data;
  std::string threads = "2";
  std::string memory_limit = "4GiB";
  std::string storage_version;
  bool verbose = false;
  std::vector<std::string> sql_files;
};

[[noreturn]] void fail(const std::string& message) { throw std::runtime_error(message); }

Options parse(int argc, char** argv) {
  Options options;
  const std::vector<std::pair<std::string_view, std::string*>> valued{
      {"--database", &options.database},         {"--log-data", &options.log_data},
      {"--song-data", &options.song_data},       {"--threads", &options.threads},
      {"--memory-limit", &options.memory_limit}, {"--storage-version", &options.storage_version},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    std::string* target = nullptr;
    for (const auto& [name, value] : valued) {
      if (word == name) target = value;
    }
    if (target != nullptr) {
      if (++i == argc) fail(std::string(word) + " needs a value");
      *target = argv[i];
    } else if (word == "--verbose") {
      options.verbose = true;
    } else if (word.starts_with("--")) {
      fail("unknown option " + std::string(word));
    } else {
      options.sql_files.emplace_back(word);
    }
  }
  if (options.database.empty() || options.log_data.empty() || options.song_data.empty() ||
      options.storage_version.empty() || options.sql_files.empty()) {
    fail("--database, --log-data, --song-data, --storage-version and SQL files are needed");
  }
  return options;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string read_sql(const std::string& path, const Options& options) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path + ": cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  std::string sql =
      replace_all(text.str(), "${log_data}", replace_all(options.log_data, "'", "''"));
  return replace_all(std::move(sql), "${song_data}", replace_all(options.song_data, "'", "''"));
}

class Database {
 public:
  explicit Database(const Options& options) {
    duckdb_config config = nullptr;
    if (duckdb_create_config(&config) != DuckDBSuccess) fail("DuckDB made no configuration");
    // As src/warehouse/duckdb/duckdb_warehouse.cc opens it, but for the extensions' settings: json
    // is in the library.
    const std::vector<std::pair<std::string, std::string>> settings{
        {"threads", options.threads},
        {"memory_limit", options.memory_limit},
        {"temp_directory", options.database + ".tmp"},
        {"preserve_insertion_order", "false"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"storage_compatibility_version", options.storage_version},
    };
    for (const auto& [name, value] : settings) {
      if (duckdb_set_config(config, name.c_str(), value.c_str()) != DuckDBSuccess) {
        fail("DuckDB refused " + name + "=" + value);
      }
    }
    char* message = nullptr;
    const auto opened = duckdb_open_ext(options.database.c_str(), &database_, config, &message);
    duckdb_destroy_config(&config);
    if (opened != DuckDBSuccess) fail(message == nullptr ? "DuckDB did not open" : message);
    if (duckdb_connect(database_, &connection_) != DuckDBSuccess) fail("DuckDB did not connect");
  }
  ~Database() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& name, const std::string& sql) {
    duckdb_result result;
    const auto done = duckdb_query(connection_, sql.c_str(), &result);
    const char* message = done == DuckDBSuccess ? nullptr : duckdb_result_error(&result);
    const std::string text = message == nullptr ? "" : message;
    duckdb_destroy_result(&result);
    if (done != DuckDBSuccess) fail(name + ": " + text);
  }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

void run_job(const Options& options) {
  using Clock = std::chrono::steady_clock;
  Database database(options);
  const auto timed = [&](const std::string& name, const std::string& sql) {
    const auto begin = Clock::now();
    database.run(name, sql);
    const std::chrono::duration<double> seconds = Clock::now() - begin;
    if (options.verbose) std::fprintf(stderr, "%8.3f s  %s\n", seconds.count(), name.c_str());
  };
  timed("begin", "begin transaction");
  for (const std::string& path : options.sql_files) timed(path, read_sql(path, options));
  timed("commit", "commit");
  timed("checkpoint", "checkpoint");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run_job(parse(argc, argv));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "read_json_job: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
