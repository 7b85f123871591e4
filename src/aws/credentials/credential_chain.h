#pragma once

#include <memory>
#include <string>

#include "aws/aws_environment.h"
#include "aws/aws_settings.h"
#include "aws/credentials.h"
#include "aws/credentials/credential_provider.h"
#include "aws/http_client.h"
#include "base/result.h"

namespace sparkify {

/// Finds the credentials that the AWS command line would find, in its order: the environment's keys
/// (not with --profile), the profile's role, web identity, SSO, the shared credentials file,
/// `credential_process`, the config file, the container's endpoint, the instance's (IMDSv2 only).
///
/// A place that is set up but fails ends the search with its reason. No error and no name shows a
/// key, a token, or what a server or a process answered.
///
/// Safe from several threads. While one thread asks for new credentials the others go on with the
/// old ones; they wait only if there are none or if these are about to end.
///
/// Source    the rules of botocore (credentials.py) and of "Configuration and credential file
///           settings" of the AWS CLI's guide.
class CredentialChain {
 public:
  /// `http` must outlive the chain.
  CredentialChain(AwsEnvironment environment, HttpClient& http,
                  CredentialChainOptions options = {});
  ~CredentialChain();
  CredentialChain(const CredentialChain&) = delete;
  CredentialChain& operator=(const CredentialChain&) = delete;

  /// The credentials to sign with now. Found at the first call and kept; new ones are asked for 15
  /// minutes before they end (if that fails the old ones still serve), and must come 10 minutes
  /// before; where they live shorter, at a half and a third of that life.
  /// Errors    config: none found (says where was looked and what to do); a place that is set up
  ///           wrongly, refuses or cannot be reached. stopped.
  Result<AwsCredentials> get();

  /// After AWS refused `refused` as expired: others. Asks once for all threads that come with the
  /// same ones.
  /// Errors    as of get(); config: what there is has no other (keys of the environment, say).
  Result<AwsCredentials> renew(const AwsCredentials& refused);

  /// For people: "environment", "assume-role (profile prod)", "instance metadata"; empty before the
  /// first get that found some.
  std::string provider_name() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sparkify
