#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace sparkify {

/// From so many bytes on a secret is looked for in messages; a shorter one would be found in words
/// that have nothing to do with it.
constexpr std::size_t kRedactedBytesMin = 8;

/// From now on `redacted` hides this secret. To be called where a secret comes in. Of the shorter
/// ones, and of those that are older than a few hundred others, nothing is kept.
void keep_out_of_messages(const Secret& secret);

/// `text` with `[secret]` in place of every secret that was named, as it is or percent-encoded. The
/// last line of defence: no message is written with a secret in it, but a server or a library may
/// repeat one. Every Error and every line of the log goes through here; results do not, as a title
/// may well be somebody's password. From any thread.
std::string redacted(std::string_view text);

}  // namespace sparkify
