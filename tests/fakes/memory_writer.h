#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "source/object_store.h"

namespace sparkify {

/// An ObjectWriter that keeps what is written, by name.
class MemoryWriter : public ObjectWriter {
 public:
  Status write(std::string_view name, std::string_view bytes) override {
    if (name == refused_name) {
      return make_error(ErrorKind::source, std::string(name) + ": refused by the test");
    }
    const std::lock_guard lock(mutex_);
    objects.insert_or_assign(std::string(name), std::string(bytes));
    return {};
  }

  Status remove(std::string_view name) override {
    objects.erase(std::string(name));
    return {};
  }

  std::map<std::string, std::string> objects;
  std::string refused_name;  ///< writing this one fails

 private:
  std::mutex mutex_;
};

}  // namespace sparkify
