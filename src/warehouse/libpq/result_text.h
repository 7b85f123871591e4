#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "warehouse/rows.h"

namespace sparkify::libpq {

/// What a column of the type with this number (pg_type.oid) is to us.
ResultType result_type(std::uint32_t type_oid);

/// A value in our form (see ResultType) from the server's text form.
std::string cell_text(std::uint32_t type_oid, std::string_view server_text);

}  // namespace sparkify::libpq
