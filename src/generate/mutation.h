#pragma once

#include <string_view>

#include "generate/column_rule.h"
#include "generate/fault.h"
#include "generate/json_object.h"
#include "generate/random.h"

namespace sparkify {

/// What the ETL is to say of a changed record.
struct Mutation {
  std::string_view column;  ///< of the reject; empty: none, or no reject
  std::string_view key;     ///< of an unknown_key: the key
};

/// Changes the values of the faultless record `object` so that it has the fault `kind` and no
/// other; `kind` is one of bad_utf8, bad_type, nul_character, too_long, out_of_range,
/// missing_field, unknown_key.
Mutation mutate(FaultKind kind, RecordForm form, JsonObject& object, Random& random);

}  // namespace sparkify
