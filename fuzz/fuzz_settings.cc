// Settings: dwh.cfg, AWS's files and the environment, in any form. No message shows a password,
// whatever stands around it; what is accepted is within its bounds; a well-formed file says what it
// says, however it is spaced and quoted.

#include <fuzzer/FuzzedDataProvider.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "aws/aws_profile.h"
#include "base/utf8.h"
#include "cli/dwh_cfg.h"
#include "cli/settings.h"
#include "cli/url_secret.h"
#include "expect.h"

namespace sparkify {
namespace {

using fuzz::expect;

/// Stands for a password: in no input and in no message.
constexpr std::string_view kPlanted = "Zq7-planted+Pw";

void expect_no_secret(std::string_view message) {
  expect(message.find(kPlanted) == message.npos, "no message shows a password", message);
  expect(is_utf8(message), "a message is UTF-8");
}

void check_dwh_cfg(const std::string& text) {
  for (const std::string& planted :
       {text + "\n[CLUSTER]\nDB_PASSWORD=" + std::string(kPlanted) + "\n",
        "[CLUSTER]\nDB_PASSWORD=" + std::string(kPlanted) + text}) {
    const auto cfg = parse_dwh_cfg(planted, "dwh.cfg");
    if (!cfg.ok()) {
      expect_no_secret(cfg.error().message);
      continue;
    }
    for (const std::string& warning : cfg->warnings) expect_no_secret(warning);
    expect(cfg->find("CLUSTER", "DB_PASSWORD") != nullptr, "the password is there");
  }
}

void check_aws_ini(const std::string& text) {
  const auto sections = parse_aws_ini(
      text + "\n[default]\naws_secret_access_key = " + std::string(kPlanted) + "\n", "credentials");
  if (!sections.ok()) expect_no_secret(sections.error().message);
}

// --- All of it at once. The file is a nameless one in memory.

class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("dwh.cfg", 0)) {
    expect(descriptor_ >= 0 && fchmod(descriptor_, 0600) == 0, "a file in memory can be made");
  }
  void hold(std::string_view text) const {
    expect(ftruncate(descriptor_, 0) == 0 && pwrite(descriptor_, text.data(), text.size(), 0) ==
                                                 static_cast<ssize_t>(text.size()),
           "a file in memory can be written");
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void check_accepted(const Settings& settings) {
  constexpr std::uint64_t kMemoryMin = std::uint64_t{256} << 20;
  expect(settings.threads >= 1 && settings.threads <= 256, "threads are within bounds");
  expect(settings.s3.transfers >= 1 && settings.s3.transfers <= 256, "transfers likewise");
  expect(settings.memory_limit_bytes >= kMemoryMin, "memory likewise");
  expect(!holds_password(settings.warehouse), "no accepted URL holds a password",
         settings.warehouse);
  for (const auto* place : {&settings.log_data, &settings.song_data, &settings.control}) {
    expect(!*place || !holds_aws_keys(**place), "no accepted place holds keys");
  }
  for (const Setting& shown : settings.shown) {
    expect_no_secret(shown.value);
    expect(printable(shown.value) == shown.value, "what is shown is safe to print", shown.value);
  }
  for (const std::string& warning : settings.warnings) expect_no_secret(warning);
}

void check_resolution(FuzzedDataProvider& input, const std::string& text) {
  static constexpr std::array<const char*, 14> kVariables = {
      "WAREHOUSE", "SCHEMA",       "LOG_DATA",    "SONG_DATA", "CONTROL",  "STAGE",    "REGION",
      "THREADS",   "MEMORY_LIMIT", "MAX_REJECTS", "TRANSFERS", "RETRY_MS", "IAM_AUTH", "TREADS"};
  static const MemoryFile file;
  SettingSources sources;
  sources.machine = Machine{2, std::uint64_t{4} << 30};
  for (std::size_t i = input.ConsumeIntegralInRange<std::size_t>(0, 3); i > 0; --i) {
    const char* const name = input.PickValueInArray(kVariables);
    sources.environment[std::string("SPARKIFY_") + name] = input.ConsumeRandomLengthString(40);
  }
  sources.environment["SPARKIFY_DB_PASSWORD"] = kPlanted;
  file.hold(text);
  sources.config_path = file.path();
  const auto settings = resolve_settings(sources);
  if (settings.ok()) return check_accepted(*settings);
  expect_no_secret(settings.error().message);
}

// --- A file that is well-formed, in one of its many spellings.

std::string spelled(FuzzedDataProvider& input, std::string_view key, const std::string& value) {
  static constexpr std::array<const char*, 5> kSeparators = {"=", " = ", ":", "\t: ", "  =\t"};
  static constexpr std::array<const char*, 3> kQuotes = {"", "'", "\""};
  static constexpr std::array<const char*, 4> kEnds = {"\n", "\r\n", "  \n", "\n# more\n\n"};
  std::string name(key);
  if (input.ConsumeBool()) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const std::string quote = input.PickValueInArray(kQuotes);
  return name + input.PickValueInArray(kSeparators) + quote + value + quote +
         input.PickValueInArray(kEnds);
}

void check_spellings(FuzzedDataProvider& input) {
  static constexpr std::array<const char*, 4> kKeys = {"HOST", "DB_NAME", "DB_USER", "DB_PASSWORD"};
  std::string text = input.ConsumeBool() ? "\xEF\xBB\xBF" : "";
  text += input.ConsumeBool() ? "[CLUSTER]\n" : "  [ cluster ]  \r\n";
  std::array<std::string, kKeys.size()> values;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    // Printable, and not empty: what blanks and quotes at the ends mean is told by other tests.
    for (const char c : input.ConsumeRandomLengthString(24)) {
      if (c > ' ' && c != '%' && c != '\'' && c != '"' && c != '\x7f') values[i] += c;
    }
    values[i] = "v" + values[i] + "v";
    text += spelled(input, kKeys[i], values[i]);
  }
  const auto cfg = parse_dwh_cfg(text, "dwh.cfg");
  expect(cfg.ok() && cfg->warnings.empty(), "a well-formed file is taken without a word", text);
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const DwhCfgValue* const found = cfg->find("CLUSTER", kKeys[i]);
    expect(found != nullptr && found->text.reveal() == values[i], "each value is as written", text);
  }
}

}  // namespace
}  // namespace sparkify

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const bool is_spelling = input.ConsumeBool();
  if (is_spelling) {
    sparkify::check_spellings(input);
    return 0;
  }
  const std::string text = input.ConsumeRandomLengthString(size);
  if (std::string_view(reinterpret_cast<const char*>(data), size).find(sparkify::kPlanted) !=
      std::string_view::npos) {
    return -1;  // the password itself is no input
  }
  sparkify::check_dwh_cfg(text);
  sparkify::check_aws_ini(text);
  sparkify::check_resolution(input, text);
  return 0;
}
