#include "source/data_name.h"

namespace sparkify {

bool says_json(std::string_view name) {
  for (const std::string_view packed : {".gz", ".zst", ".bz2"}) {
    if (name.ends_with(packed)) {
      name.remove_suffix(packed.size());
      break;
    }
  }
  return name.ends_with(".json") || name.ends_with(".jsonl") || name.ends_with(".ndjson");
}

}  // namespace sparkify
