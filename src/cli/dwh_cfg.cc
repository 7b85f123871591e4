#include "cli/dwh_cfg.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/utf8.h"
#include "cli/nearest_word.h"

namespace sparkify {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr std::size_t kKeyBytesMax = 64;
constexpr std::size_t kWarningsMax = 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct KnownKey {
  std::string_view section;
  std::string_view key;
};

constexpr std::array<KnownKey, 29> kKnownKeys = {{
    {"CLUSTER", "HOST"},
    {"CLUSTER", "DB_NAME"},
    {"CLUSTER", "DB_USER"},
    {"CLUSTER", "DB_PASSWORD"},
    {"CLUSTER", "DB_PASSWORD_FILE"},
    {"CLUSTER", "DB_PASSWORD_COMMAND"},
    {"CLUSTER", "DB_PORT"},
    {"CLUSTER", "IAM_AUTH"},
    {"CLUSTER", "IDENTIFIER"},
    {"CLUSTER", "WORKGROUP"},
    {"IAM_ROLE", "ARN"},
    {"S3", "LOG_DATA"},
    {"S3", "LOG_JSONPATH"},
    {"S3", "SONG_DATA"},
    {"S3", "PROFILE"},
    {"S3", "REGION"},
    {"S3", "ENDPOINT_URL"},
    {"S3", "NO_SIGN_REQUEST"},
    {"S3", "REQUEST_PAYER"},
    {"S3", "ADDRESSING"},
    {"S3", "CONTROL"},
    {"S3", "STAGE"},
    {"S3", "TRANSFERS"},
    {"SPARKIFY", "WAREHOUSE"},
    {"SPARKIFY", "SCHEMA"},
    {"SPARKIFY", "THREADS"},
    {"SPARKIFY", "MEMORY_LIMIT"},
    {"SPARKIFY", "MAX_REJECTS"},
    {"SPARKIFY", "LOG_FORMAT"},
}};
constexpr std::array<std::string_view, 4> kKnownSections = {"CLUSTER", "IAM_ROLE", "S3",
                                                            "SPARKIFY"};

std::string upper(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\f\v";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// Strict, because a name is shown in messages: "DB_PASSWORD x=y", with the = forgotten, must not.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kKeyBytesMax &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

std::string plain_value(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
      text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  std::string value;
  value.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    value += text[i];
    if (text[i] == '%' && text.substr(i + 1).starts_with('%')) ++i;
  }
  return value;
}

std::string hint(std::string_view word, const std::vector<std::string_view>& known) {
  if (const auto nearest = nearest_word(word, known)) {
    return fmt::format("did you mean {}?", *nearest);
  }
  return fmt::format("known here: {}", fmt::join(known, ", "));
}

class Parser {
 public:
  explicit Parser(std::string_view file_name) { cfg_.file_name = printable(file_name); }

  Status line(std::string_view raw) {
    ++line_;
    const std::string_view text = trim(raw);
    if (text.find('\0') != text.npos) return refuse("a NUL byte: this is no plain text file");
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    return text.front() == '[' ? section(text) : entry(text);
  }

  DwhCfg finish() {
    if (warnings_left_out_ > 0) {
      cfg_.warnings.push_back(
          fmt::format("{}: {} more warnings of this kind", cfg_.file_name, warnings_left_out_));
    }
    return std::move(cfg_);
  }

 private:
  Status section(std::string_view text) {
    const std::size_t end = text.find(']');
    const std::string_view name = trim(text.substr(1, end == text.npos ? end : end - 1));
    const std::string_view rest = end == text.npos ? "" : trim(text.substr(end + 1));
    const bool ends_well = rest.empty() || rest.front() == '#' || rest.front() == ';';
    if (end == text.npos || !ends_well || !is_name(name)) {
      return refuse("starts with [ and is no [SECTION]");
    }
    section_ = upper(name);
    const auto* known = std::find(kKnownSections.begin(), kKnownSections.end(), *section_);
    is_section_known_ = known != kKnownSections.end();
    if (!is_section_known_) {
      warn(fmt::format("section [{}] is unknown and not used; {}", name,
                       hint(name, {kKnownSections.begin(), kKnownSections.end()})));
    }
    return {};
  }

  Status entry(std::string_view text) {
    const std::size_t delimiter = text.find_first_of("=:");
    const std::string_view name = delimiter == text.npos ? "" : trim(text.substr(0, delimiter));
    if (!is_name(name)) {
      return refuse(
          "neither 'key = value' nor [SECTION] nor a comment (it is not shown: it may be part "
          "of a password)");
    }
    if (!section_.has_value()) {
      return refuse(
          fmt::format("{} stands before any section; put a line such as [CLUSTER] above", name));
    }
    if (!is_section_known_) return {};
    std::string key = upper(name);
    if (key == "LOG_JSON_PATH") key = "LOG_JSONPATH";
    if (!is_known(key)) {
      warn_unknown(name, key);
      return {};
    }
    return store(key, plain_value(trim(text.substr(delimiter + 1))));
  }

  Status store(const std::string& key, std::string value) {
    const std::string full_key = *section_ + "." + key;
    const auto [seen, is_new] = first_lines_.emplace(full_key, line_);
    Secret text(std::move(value));
    if (!is_new) {
      return refuse(fmt::format("[{}] {} is already set on line {}; keep one of the two", *section_,
                                key, seen->second));
    }
    if (!text.empty()) cfg_.values[full_key] = DwhCfgValue{std::move(text), line_};
    return {};
  }

  bool is_known(std::string_view key) const {
    return std::any_of(kKnownKeys.begin(), kKnownKeys.end(), [&](const KnownKey& known) {
      return known.section == *section_ && known.key == key;
    });
  }

  void warn_unknown(std::string_view name, std::string_view key) {
    std::vector<std::string_view> known_here;
    for (const KnownKey& known : kKnownKeys) {
      if (known.section == *section_) {
        known_here.push_back(known.key);
      } else if (known.key == key) {
        warn(fmt::format("key {} is not used in [{}]; it belongs into [{}]", name, *section_,
                         known.section));
        return;
      }
    }
    warn(fmt::format("key {} in [{}] is unknown and not used; {}", name, *section_,
                     hint(name, known_here)));
  }

  void warn(const std::string& message) {
    if (cfg_.warnings.size() < kWarningsMax) {
      cfg_.warnings.push_back(fmt::format("{} line {}: {}", cfg_.file_name, line_, message));
    } else {
      ++warnings_left_out_;
    }
  }

  Error refuse(std::string_view message) const {
    return make_error(ErrorKind::config,
                      fmt::format("{} line {}: {}", cfg_.file_name, line_, message));
  }

  DwhCfg cfg_;
  std::size_t line_ = 0;
  std::optional<std::string> section_;
  bool is_section_known_ = false;
  std::map<std::string, std::size_t> first_lines_;  // of every known key, empty ones too
  std::size_t warnings_left_out_ = 0;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error cannot_read(std::string_view path, int error_number) {
  return make_error(ErrorKind::config, fmt::format("{}: cannot read the configuration file ({})",
                                                   printable(path), std::strerror(error_number)));
}

Result<Secret> read_text(std::FILE* file, std::string_view path) {
  std::string text(kFileBytesMax + 1, '\0');  // at once: growing would leave copies behind
  const std::size_t size_bytes = std::fread(text.data(), 1, text.size(), file);
  const int error_number = errno;
  const bool failed = std::ferror(file) != 0;
  text.resize(size_bytes);
  Secret secret(std::move(text));
  if (failed) return cannot_read(path, error_number);
  if (size_bytes > kFileBytesMax) {
    return make_error(
        ErrorKind::config,
        fmt::format("{}: larger than 1 MiB; this is hardly a configuration file", printable(path)));
  }
  return secret;
}

/// A command in a file of somebody else's, say in the folder where one happens to be, is not run.
Status expect_own_command(const DwhCfg& cfg, const struct stat& file) {
  const DwhCfgValue* const command = cfg.find("CLUSTER", "DB_PASSWORD_COMMAND");
  const bool is_own = file.st_uid == ::geteuid() || file.st_uid == 0;
  if (command == nullptr || (is_own && (file.st_mode & (S_IWGRP | S_IWOTH)) == 0)) return {};
  const std::string why =
      is_own ? fmt::format("can be written by others (mode {:03o}); run: chmod go-w {}",
                           file.st_mode & 07777U, cfg.file_name)
             : "belongs to another user; take the file over, or give the command by "
               "SPARKIFY_DB_PASSWORD_COMMAND";
  return make_error(ErrorKind::config,
                    fmt::format("{}: DB_PASSWORD_COMMAND is a command to run, but the file {}",
                                cfg.origin(*command), why));
}

}  // namespace

const DwhCfgValue* DwhCfg::find(std::string_view section, std::string_view key) const {
  const auto found = values.find(fmt::format("{}.{}", section, key));
  return found == values.end() ? nullptr : &found->second;
}

std::string DwhCfg::origin(const DwhCfgValue& value) const {
  return fmt::format("{} line {}", file_name, value.line);
}

Result<DwhCfg> parse_dwh_cfg(std::string_view text, std::string_view file_name) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Parser parser(file_name);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    TRY(parser.line(line));
  }
  return parser.finish();
}

Result<std::optional<DwhCfg>> read_dwh_cfg(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    if (errno == ENOENT) return std::optional<DwhCfg>();
    return cannot_read(path, errno);
  }
  TRY_ASSIGN(const Secret text, read_text(file.get(), path));
  TRY_ASSIGN(DwhCfg cfg, parse_dwh_cfg(text.reveal(), path));
  struct stat status = {};
  if (fstat(fileno(file.get()), &status) != 0) return cannot_read(path, errno);
  TRY(expect_own_command(cfg, status));
  if (cfg.find("CLUSTER", "DB_PASSWORD") != nullptr && S_ISREG(status.st_mode) &&
      (status.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    cfg.warnings.push_back(
        fmt::format("{0}: others can read the password in it (mode {1:03o}); "
                    "run: chmod 600 {0}",
                    cfg.file_name, status.st_mode & 07777U));
  }
  return std::optional<DwhCfg>(std::move(cfg));
}

}  // namespace sparkify
