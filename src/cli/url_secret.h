#pragma once

#include <optional>
#include <string_view>

namespace sparkify {

/// Whether a warehouse's URL or conninfo text holds a password. Rather one URL too many than a
/// password shown: `user:p/w@host`, with a slash that should have been written %2F, counts as well,
/// and so do libpq's `?password=` and the `PWD=` of other drivers.
bool holds_password(std::string_view url);

/// Whether the place of files holds keys of AWS: `s3://KEY:SECRET@bucket`, as Hadoop takes them (no
/// bucket's name has a colon or an @), a login in a URL of another kind, or a presigned URL, whose
/// query is a key to the object.
bool holds_aws_keys(std::string_view location);

/// `user:password` of a URL of any other kind than s3:// and file://, up to its last `@`, so that a
/// password with a slash in it is whole.
std::optional<std::string_view> login_with_password(std::string_view url);

/// What to say of such a place, without showing it.
inline constexpr std::string_view kKeysInLocation =
    "the address seems to hold keys of AWS, a password or a signature, which others could read in "
    "process "
    "lists "
    "and logs; give s3://BUCKET/PREFIX alone, and the keys in one of three other ways: as "
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; in a profile of ~/.aws/credentials (mode 600), "
    "named by --profile; or by the profile's credential_process, a command that prints them "
    "(docs/s3.md). Change the key if it was in use";

}  // namespace sparkify
