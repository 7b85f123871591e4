#pragma once

#include <memory>
#include <string>

#include "aws/credentials/credential_chain.h"
#include "aws/http_client.h"
#include "aws/redshift_login.h"
#include "base/stop_flag.h"
#include "cli/command_context.h"
#include "source/object_store.h"
#include "source/s3/s3_client.h"

namespace sparkify {

/// How long what is asked for is waited for.
enum class Patience {
  of_a_run,    ///< it takes what it takes
  of_a_check,  ///< seconds, and few tries; the files of S3 are looked at in small parts
};

/// The ways to source objects, built from the settings: files, and S3 when it is asked for.
class SourceAccess {
 public:
  /// What it is given must outlive it.
  SourceAccess(const CommandContext& context, const StopFlag& stop,
               Patience patience = Patience::of_a_run);
  ~SourceAccess();
  SourceAccess(const SourceAccess&) = delete;
  SourceAccess& operator=(const SourceAccess&) = delete;

  /// Reads any location. Must go before this does.
  std::unique_ptr<ObjectStore> store();
  /// Writes below `place`, a folder or `s3://BUCKET/PREFIX`. Must go before this does.
  /// Errors    config: S3's settings or credentials.
  Result<std::unique_ptr<ObjectWriter>> writer(const std::string& place);
  /// A fresh login to a Redshift database.
  /// Errors    config: no credentials, no right, no such cluster.
  Result<RedshiftLogin> redshift_login(const RedshiftTarget& target);
  /// The region that is configured, if one is.
  Result<std::optional<std::string>> region() const;
  /// Which of AWS's places gives the credentials, for `sparkify config`; never a value of them.
  Result<std::string> credentials_provider();
  /// How many microseconds this machine's clock is ahead of S3's; `location` is `s3://...`. Needs
  /// no credentials. Errors: `unreachable`, when no answer comes.
  Result<std::int64_t> s3_clock_offset(const std::string& location);

 private:
  Result<S3Client*> s3();
  Result<S3Options> s3_options() const;
  Result<std::string> endpoint() const;

  const Settings& settings_;
  const StopFlag& stop_;
  const Patience patience_;
  AwsEnvironment aws_;
  HttpClient http_;
  CredentialChain credentials_;
  std::unique_ptr<S3Client> s3_;
};

}  // namespace sparkify
