#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace sparkify {

/// Whether what was looked at will do.
enum class Health {
  ok,
  warn,  ///< a run will work, or may; somebody should know
  fail,  ///< a run will not work
};

std::string_view to_string(Health health);

/// What one check found. Safe to print; no secrets.
struct Finding {
  std::string name;  ///< stays the same for a check: `log_data.list`
  Health health = Health::ok;
  std::string detail;
  std::string fix;  ///< what to do; empty if there is nothing to do, or not here
};

Finding fine(std::string name, std::string detail);
Finding doubtful(std::string name, std::string detail, std::string fix);
Finding bad(std::string name, std::string detail, std::string fix);
/// Our errors say what is wrong and then, in another sentence or behind `; `, what to do: one
/// becomes the detail, the other the fix. `fix`: for those that do not say.
Finding bad(std::string name, const Error& error, std::string fix = "");
Finding doubtful(std::string name, const Error& error, std::string fix = "");
/// Something that was found before is in the way.
Finding not_looked_at(std::string name, std::string_view reason);

}  // namespace sparkify
