#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"

namespace sparkify {

/// Where a LiveDocument gets its text from. Both are called from one thread at a time.
struct DocumentSource {
  /// Something cheap that is another text whenever the warehouse may hold other rows.
  std::function<Result<std::string>()> sign;
  /// The document, with the number of its version in it.
  std::function<Result<std::string>(std::uint64_t version)> make;
};

/// The newest document of the warehouse, for any number of viewers.
///
/// Viewers never wait for the warehouse: they get what there is and let it be known that somebody
/// looks. Then a thread looks whether the warehouse has changed and makes the next version. Where
/// nobody looks, nothing is asked, so that a warehouse that sleeps when idle can do so.
class LiveDocument {
 public:
  struct Current {
    std::uint64_t version = 0;
    std::shared_ptr<const std::string> text;
    std::optional<std::string> trouble;  ///< why the last look failed; the text is the one before
  };

  /// `pause`  The least time between two looks. After a document that took long to make the pause
  ///          is ten times as long as that, so that viewers take a tenth of the time at most.
  LiveDocument(DocumentSource source, std::chrono::milliseconds pause);
  ~LiveDocument();
  LiveDocument(const LiveDocument&) = delete;
  LiveDocument& operator=(const LiveDocument&) = delete;

  /// Makes the first version and starts the thread. Errors: those of the source.
  Status start();
  /// What there is; somebody looks.
  Current look();

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  void refresh();
  Status make_anew(const std::string& sign);

  const DocumentSource source_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_watched_ = false;
  bool over_ = false;
  Current current_;
  std::string sign_;             ///< of the current document; the thread's alone
  Clock::time_point next_look_;  ///< likewise
  std::thread watcher_;
};

}  // namespace sparkify
