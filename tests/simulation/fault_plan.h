#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/stop_flag.h"
#include "seed_random.h"
#include "simulated_time.h"

namespace sparkify::simulation {

/// What goes wrong at one call of the store or the warehouse.
enum class Fault {
  none,
  refused,         ///< this call fails
  conflict,        ///< the warehouse asks to try the transaction again
  crash,           ///< from here on every call fails, and what was not committed is gone
  commit_lost,     ///< no answer came, and nothing was committed
  commit_landed,   ///< no answer came, but it was committed
  commit_pending,  ///< no answer came, and it is decided only after some questions
  stop,            ///< SIGTERM comes at this moment
  change,          ///< somebody changes an object at this moment
  clock_jump,
};

/// When what goes wrong, drawn from the seed as the calls come; and a record of it.
class FaultPlan {
 public:
  FaultPlan(SeedRandom& random, SimulatedTime& time) : random_(random), time_(time) {}

  /// One in so many calls goes wrong; 0: none does.
  void set_rate(std::size_t one_in) { one_in_ = one_in; }
  /// Who changes objects.
  void on_change(std::function<void()> change) { change_ = std::move(change); }
  void watch(StopFlag* stop) { stop_ = stop; }

  /// What happens at this call. What does not concern the caller (stop, change, clock) is done
  /// here, and gives `none`.
  Fault draw(const std::string& call, const std::vector<Fault>& possible) {
    ++calls_;
    if (one_in_ == 0 || !random_.one_in(one_in_)) return Fault::none;
    const Fault fault = random_.pick(possible);
    ++faults_;
    note(call + ": " + name_of(fault));
    switch (fault) {
      case Fault::stop:
        if (stop_ != nullptr) stop_->request(kTerminate);
        return Fault::none;
      case Fault::change:
        change_();
        return Fault::none;
      case Fault::clock_jump:
        time_.jump(random_);
        return Fault::none;
      default:
        return fault;
    }
  }

  /// What was just listed may be old already.
  void change_now_and_then(const std::string& moment) {
    if (one_in_ == 0 || !random_.one_in(kOneListingInChanged)) return;
    note(moment + ": change");
    change_();
  }

  void note(std::string line) { journal_.push_back(std::move(line)); }
  const std::vector<std::string>& journal() const { return journal_; }
  std::size_t calls() const { return calls_; }
  std::size_t faults() const { return faults_; }
  SeedRandom& random() { return random_; }

 private:
  static constexpr int kTerminate = 15;
  static constexpr std::size_t kOneListingInChanged = 3;
  static std::string name_of(Fault fault) {
    static const std::vector<std::string> names = {
        "none",          "refused",        "conflict", "crash",  "commit lost",
        "commit landed", "commit pending", "stop",     "change", "clock jump"};
    return names[static_cast<std::size_t>(fault)];
  }

  SeedRandom& random_;
  SimulatedTime& time_;
  std::size_t one_in_ = 0;
  std::function<void()> change_ = [] {};
  StopFlag* stop_ = nullptr;
  std::size_t calls_ = 0;
  std::size_t faults_ = 0;
  std::vector<std::string> journal_;
};

}  // namespace sparkify::simulation
