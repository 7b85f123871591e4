#pragma once

#include <string_view>

namespace sparkify {

/// Whether a file's or key's name says that it holds JSON: .json .jsonl .ndjson, each also with
/// .gz .zst .bz2.
bool says_json(std::string_view name);

}  // namespace sparkify
