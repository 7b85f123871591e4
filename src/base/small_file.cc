#include "base/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/utf8.h"

namespace sparkify {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Error cannot(const char* what, const std::string& path, int error_number) {
  return make_error(ErrorKind::config, fmt::format("{}: cannot {} ({})", printable(path), what,
                                                   std::strerror(error_number)));
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::optional<Secret>> read_small_file(const std::string& path, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<Secret>();
    return cannot("read it", path, errno);
  }
  std::setvbuf(file.get(), nullptr, _IONBF, 0);  // a buffer would keep the text
  std::string text(bytes_max + 1, '\0');         // at once: growing would leave copies behind
  const std::size_t size_bytes = std::fread(text.data(), 1, text.size(), file.get());
  const int error_number = errno;
  text.resize(size_bytes);
  Secret secret(std::move(text));
  if (std::ferror(file.get()) != 0) return cannot("read it", path, error_number);
  if (size_bytes > bytes_max) {
    return make_error(ErrorKind::config, fmt::format("{}: is longer than {} bytes, more than such "
                                                     "a file should hold",
                                                     printable(path), bytes_max));
  }
  return std::optional<Secret>(std::move(secret));
}

Status replace_small_file(const std::string& path, const Secret& text) {
  std::string temporary = path + ".XXXXXX";
  const int file = mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (file < 0) return cannot("write it", path, errno);
  const bool written = write_all(file, text.reveal()) && fsync(file) == 0;
  const int write_error = errno;
  const bool closed = close(file) == 0;
  if (written && closed && std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int error_number = written ? errno : write_error;
  unlink(temporary.c_str());
  return cannot("write it", path, error_number);
}

}  // namespace sparkify
