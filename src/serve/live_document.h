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
/// Viewers hardly wait for the warehouse: they let it be known that somebody looks, and get what
/// there is. A thread looks meanwhile whether the warehouse has changed, and makes the next
/// version; only who comes after a pause waits a moment for that. Where nobody looks, nothing is
/// asked, so that a warehouse that sleeps when idle can do so.
class LiveDocument {
 public:
  struct Current {
    std::uint64_t version = 0;
    std::shared_ptr<const std::string> text;
    std::optional<std::string> trouble;  ///< why the last look failed; the text is the one before
  };

  struct Pace {
    /// The least time between two looks. After one that took long the pause is ten times as long as
    /// that, so that viewers take a tenth of the time at most; after a failure some minutes at
    /// most.
    std::chrono::milliseconds pause;
    /// How long who comes after a pause waits for what is new.
    std::chrono::milliseconds patience;
  };
  LiveDocument(DocumentSource source, Pace pace);
  ~LiveDocument();
  LiveDocument(const LiveDocument&) = delete;
  LiveDocument& operator=(const LiveDocument&) = delete;

  /// Makes the first version and starts the thread. Errors: those of the source.
  Status start();
  /// What there is; somebody looks. Waits for `patience` at most.
  Current look();

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  void refresh();
  Status renew();
  Clock::time_point next_after(Clock::time_point begun, bool is_done) const;

  const DocumentSource source_;
  const Pace pace_;
  std::mutex mutex_;
  std::condition_variable changed_;  ///< somebody looks, a look is over, all is over
  bool is_watched_ = false;
  bool over_ = false;
  Current current_;
  std::uint64_t looks_ = 0;
  Clock::time_point next_look_;
  std::string sign_;  ///< of the current document; the thread's alone
  std::thread watcher_;
};

}  // namespace sparkify
