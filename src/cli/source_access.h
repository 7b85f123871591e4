#pragma once

#include <memory>
#include <string>

#include "aws/credentials/credential_chain.h"
#include "aws/http_client.h"
#include "aws/redshift_login.h"
#include "base/stop_flag.h"
#include "cli/command.h"
#include "source/object_store.h"
#include "source/s3/s3_client.h"

namespace sparkify {

/// The ways to source objects, built from the settings: files, and S3 when it is asked for.
class SourceAccess {
 public:
  /// What it is given must outlive it.
  SourceAccess(const CommandContext& context, const StopFlag& stop);
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

 private:
  Result<S3Client*> s3();
  Result<S3Options> s3_options() const;
  Result<std::string> endpoint() const;

  const Settings& settings_;
  const StopFlag& stop_;
  AwsEnvironment aws_;
  HttpClient http_;
  CredentialChain credentials_;
  std::unique_ptr<S3Client> s3_;
};

}  // namespace sparkify
