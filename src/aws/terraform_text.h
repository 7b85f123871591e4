#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace sparkify {

/// A string of Terraform's language that stands for `text`, which is UTF-8, with its quotes.
std::string terraform_string(std::string_view text);

/// An expression of Terraform's language with the value of `document`: objects, arrays and strings
/// of UTF-8, nothing else. Lines after the first are indented by `indent` blanks.
/// Source    HCL native syntax specification: "Template literals", "Collection values".
std::string terraform_value(const nlohmann::ordered_json& document, std::size_t indent);

}  // namespace sparkify
