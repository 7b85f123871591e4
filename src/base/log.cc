#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/redaction.h"
#include "base/time.h"

namespace sparkify {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// One JSON object a line.
class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const spdlog::string_view_t level = spdlog::level::to_string_view(message.level);
    const nlohmann::ordered_json line{
        {"time", format_time(now_micros())},
        {"level", std::string(level.data(), level.size())},
        {"message", std::string(message.payload.data(), message.payload.size())}};
    const std::string text =
        line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

/// `sparkify: message`, with the level's name where it matters.
class TextFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string text = "sparkify: ";
    if (message.level == spdlog::level::warn) text += "warning: ";
    if (message.level == spdlog::level::err) text += "error: ";
    text += std::string_view(message.payload.data(), message.payload.size());
    text += "\n";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<TextFormatter>(); }
};

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("sparkify",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<TextFormatter>());
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return instance;
}

}  // namespace

void start_log(bool as_json, LogLevel least) {
  if (as_json) {
    logger()->set_formatter(std::make_unique<JsonFormatter>());
  }
  logger()->set_level(level_of(least));
}

void log_warning_once(std::string_view message) {
  constexpr std::size_t kKnownMax = 100;
  static std::mutex mutex;
  static std::set<std::string, std::less<>> known;
  {
    const std::lock_guard lock(mutex);
    if (known.contains(message)) return;
    if (known.size() < kKnownMax) known.emplace(message);
  }
  log_warning(message);
}

void log(LogLevel level, std::string_view message) {
  const std::string shown = redacted(message);
  logger()->log(level_of(level), spdlog::string_view_t(shown.data(), shown.size()));
}

}  // namespace sparkify
