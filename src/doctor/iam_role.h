#pragma once

#include <string_view>

#include "doctor/finding.h"

namespace sparkify {

/// Whether `roles` (ARNs of roles, one taken from the other, with commas between) can be what COPY
/// reads S3 under. Whether Redshift may take them, only a COPY tells.
Finding judge_iam_role(std::string_view roles);

}  // namespace sparkify
