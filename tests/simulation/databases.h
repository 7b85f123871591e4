#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "warehouse/warehouse.h"

namespace sparkify::simulation {

/// Two databases that all seeds use, one after another; each holds the contract's tables.
class Databases {
 public:
  /// Makes them in `folder`.
  static Result<Databases> make(const std::string& folder);

  Warehouse& subject() { return *subject_; }      ///< is disturbed
  Warehouse& reference() { return *reference_; }  ///< never is
  /// Loses the subject's connection and makes it anew, which reads its file again.
  Status reconnect_subject();
  /// Empties all tables of one of them.
  static Status empty(Warehouse& database);

 private:
  std::unique_ptr<Warehouse> subject_;
  std::unique_ptr<Warehouse> reference_;
};

}  // namespace sparkify::simulation
