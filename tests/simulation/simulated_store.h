#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "fault_plan.h"
#include "source/object_store.h"

namespace sparkify::simulation {

/// Objects in memory, by uri; a location is a prefix. Remembers every version it ever had, so that
/// a run can be done again with just what it loaded.
class SimulatedStore : public ObjectStore {
 public:
  explicit SimulatedStore(FaultPlan& faults) : faults_(faults) {}

  /// Puts an object, or a new version of it. Its ETag follows from its bytes, as in S3: a version
  /// that comes back has the ETag that it had.
  void put(const std::string& uri, const std::string& bytes);
  void remove(const std::string& uri) { present_.erase(uri); }
  const std::map<std::string, ObjectInfo>& present() const { return present_; }
  const std::string& bytes_of(const ObjectInfo& version) const;
  std::set<std::string> etags_of(const std::string& uri) const;
  /// Whether opening an object that has changed gives its present version a second chance.
  void set_looks_again(bool looks) { looks_again_ = looks; }

  /// What `list` gave last.
  const Listing& last_listed(const std::string& location) { return listed_[location]; }

  Result<Listing> list(const std::string& location) override;
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) override;
  Result<std::optional<ObjectInfo>> look_again(const ObjectInfo& object) override;

 private:
  FaultPlan& faults_;
  std::map<std::string, ObjectInfo> present_;
  std::map<std::string, Listing> listed_;                                ///< by location
  std::map<std::pair<std::string, std::string>, std::string> versions_;  ///< by uri and ETag
  bool looks_again_ = false;
};

}  // namespace sparkify::simulation
