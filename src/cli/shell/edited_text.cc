#include "cli/shell/edited_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/small_file.h"
#include "base/utf8.h"
#include "cli/shell/terminal_program.h"

namespace sparkify {

namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 20;
constexpr std::string_view kSuffix = ".sql";

std::string value_of(const std::map<std::string, std::string>& environment, const char* name,
                     const std::string& otherwise) {
  const auto found = environment.find(name);
  return found == environment.end() || found->second.empty() ? otherwise : found->second;
}

/// A file of mode 0600 that goes when this goes.
class TemporaryFile {
 public:
  static Result<TemporaryFile> create(const std::string& folder) {
    std::string path = folder + "/sparkify-XXXXXX" + std::string(kSuffix);
    const int file = ::mkostemps(path.data(), static_cast<int>(kSuffix.size()), O_CLOEXEC);
    if (file < 0) {
      return make_error(ErrorKind::config, fmt::format("{}: no file can be made there to edit ({})",
                                                       printable(folder), std::strerror(errno)));
    }
    ::close(file);
    return TemporaryFile(std::move(path));
  }
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace

Result<std::string> edited_text(std::string_view text,
                                const std::map<std::string, std::string>& environment) {
  const std::string editor = value_of(environment, "VISUAL", value_of(environment, "EDITOR", "vi"));
  TRY_ASSIGN(const TemporaryFile file,
             TemporaryFile::create(value_of(environment, "TMPDIR", "/tmp")));
  TRY(replace_small_file(file.path(), Secret(std::string(text))));
  // The variable may hold arguments too, so it is a command for the shell; the path is none.
  TRY_ASSIGN(const int code,
             run_terminal_program({"/bin/sh", "-c", editor + " \"$1\"", "sh", file.path()}, {}));
  if (code != 0) {
    return make_error(
        ErrorKind::config,
        fmt::format("{} ended with exit code {}; nothing is run. EDITOR names another",
                    printable(editor), code));
  }
  TRY_ASSIGN(const auto edited, read_small_file(file.path(), kBytesMax));
  return edited ? edited->reveal() : std::string();
}

}  // namespace sparkify
