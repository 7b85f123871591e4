#include "cli/iam_documents.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "aws/aws_settings.h"
#include "aws/iam_access.h"
#include "aws/redshift_address.h"
#include "base/utf8.h"
#include "cli/redshift_url.h"
#include "source/s3/s3_uri.h"

namespace sparkify {

namespace {

Error refuse(std::string message) { return make_error(ErrorKind::config, std::move(message)); }

Result<std::vector<RoleArn>> roles_of(const Settings& settings) {
  std::vector<RoleArn> roles;
  if (!settings.iam_role) return roles;
  std::string_view rest = *settings.iam_role;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view text = rest.substr(0, comma);
    auto role = parse_role_arn(text);
    if (!role) {
      return refuse(
          fmt::format("iam_role: {} is no role's ARN; give "
                      "arn:aws:iam::ACCOUNT:role/NAME, several with commas",
                      printable(text)));
    }
    roles.push_back(*std::move(role));
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
  return roles;
}

Status expect_keys(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const bool is_key = key.starts_with("arn:") && key.find(":kms:") != key.npos &&
                        key.find(":key/") != key.npos && key.find_first_of("*?$\" ") == key.npos &&
                        printable(key) == key;
    if (!is_key) {
      return refuse(
          fmt::format("--kms-key: {} is no key's ARN; give arn:aws:kms:REGION:ACCOUNT:"
                      "key/ID (an alias is not enough: rights are of keys)",
                      printable(key)));
    }
  }
  return {};
}

Status expect_workgroup_id(const std::string& id) {
  constexpr std::string_view kSigns = "0123456789abcdefABCDEF-";
  if (id == "*" || id.find_first_not_of(kSigns) == id.npos) return {};
  return refuse(
      fmt::format("--workgroup-id: {} is no id of a workgroup, which are hexadecimal; "
                  "give the workgroupId that `aws redshift-serverless get-workgroup "
                  "--workgroup-name NAME` shows, or * for all workgroups of the account",
                  printable(id)));
}

/// Puts the policies together, one after the other.
class Author {
 public:
  Author(const Settings& settings, const IamOptions& options,
         const std::optional<std::string>& region, std::string_view only)
      : settings_(settings), options_(options), region_(region), only_(only) {}

  Result<IamDocuments> run() {
    TRY(prepare());
    if (is_redshift_) {
      TRY(redshift_role());
      TRY(redshift_trust());
      TRY(chain());
    } else {
      const std::string why =
          "the warehouse is not Redshift: only the program itself reads S3 for it";
      leave_out("redshift-role", why);
      leave_out("redshift-trust", why);
    }
    TRY(loader());
    TRY(analyst());
    TRY(expect_known_name());
    return std::move(found_);
  }

 private:
  Status prepare() {
    is_redshift_ = settings_.warehouse.starts_with(kRedshiftScheme);
    TRY_ASSIGN(roles_, roles_of(settings_));
    TRY(expect_keys(options_.kms_keys));
    TRY(expect_workgroup_id(options_.workgroup_id));
    if (is_redshift_) address_ = read_redshift_address(read_redshift_url(settings_.warehouse).host);
    storage_.partition = partition();
    storage_.kms_keys = options_.kms_keys;
    return {};
  }

  std::string partition() const {
    if (!roles_.empty()) return roles_.front().partition;
    return std::string(partition_of(address_ ? address_->region : region_.value_or("")));
  }

  bool is_wanted(std::string_view name) {
    names_.emplace_back(name);
    return only_.empty() || only_ == name;
  }

  void leave_out(std::string name, std::string why) {
    if (is_wanted(name)) found_.left_out.push_back({std::move(name), std::move(why)});
  }

  void note(std::string text) {
    auto& notes = found_.notes;
    if (std::find(notes.begin(), notes.end(), text) == notes.end())
      notes.push_back(std::move(text));
  }

  Status expect_known_name() const {
    if (only_.empty() || std::find(names_.begin(), names_.end(), only_) != names_.end()) return {};
    return make_error(ErrorKind::usage, fmt::format("there is no policy {}; there are {}",
                                                    printable(only_), fmt::join(names_, ", ")));
  }

  // What S3 has

  /// Data and control area, if a policy that is wanted needs them.
  Status storage() {
    if (has_storage_) return {};
    has_storage_ = true;
    if (!settings_.log_data && !settings_.song_data) return missing_setting("log_data");
    TRY(add_data("log_data", settings_.log_data));
    TRY(add_data("song_data", settings_.song_data));
    if (!is_redshift_) return {};
    if (!settings_.control) return missing_setting("control");
    TRY_ASSIGN(S3Uri uri, s3_uri("control", *settings_.control));
    storage_.control = place_of_folder(std::move(uri.bucket), uri.key);
    for (const IamPlace& data : storage_.data) {
      if (!overlap(data, *storage_.control)) continue;
      note(
          fmt::format("the control area {} and the data overlap, so the loader may overwrite and "
                      "delete data; give --control a prefix of its own",
                      printable(*settings_.control)));
    }
    return {};
  }

  Status add_data(std::string_view name, const std::optional<std::string>& location) {
    if (!location) return {};
    if (!location->starts_with(kS3Scheme)) {
      note(fmt::format("{} is a local path: there is nothing to grant for it", name));
      return {};
    }
    TRY_ASSIGN(S3Uri uri, s3_uri(name, *location));
    storage_.data.push_back(place_of_data(std::move(uri.bucket), uri.key));
    return {};
  }

  static Result<S3Uri> s3_uri(std::string_view name, const std::string& text) {
    auto uri = parse_s3_uri(text);
    if (!uri.ok()) return refuse(fmt::format("{}: {}", name, uri.error().message));
    if (!is_utf8(uri->key)) {
      return refuse(
          fmt::format("{}: {} is not UTF-8, which no policy can hold; grant a prefix "
                      "before that byte",
                      name, printable(text)));
    }
    return uri;
  }

  // What the warehouse is

  Result<std::string> account() const {
    struct Teller {
      std::string what;
      std::string id;
    };
    const std::vector<Teller> tellers = {
        {"--account", options_.account},
        {"the warehouse's host", address_ ? address_->account : ""},
        {"iam_role", roles_.empty() ? "" : roles_.front().account}};
    const Teller* first = nullptr;
    for (const Teller& teller : tellers) {
      if (teller.id.empty()) continue;
      if (!is_account_id(teller.id)) {
        return refuse(fmt::format("{}: {} is no account; give its 12 digits", teller.what,
                                  printable(teller.id)));
      }
      if (first != nullptr && first->id != teller.id) {
        return refuse(
            fmt::format("{} says account {}, {} says {}; a role that Redshift takes is in "
                        "the account of the cluster or workgroup",
                        first->what, first->id, teller.what, teller.id));
      }
      if (first == nullptr) first = &teller;
    }
    if (first != nullptr) return first->id;
    return refuse(
        "the account of the warehouse is not known; give --account with its 12 digits (`aws sts "
        "get-caller-identity` shows those of yours), or the role by --iam-role");
  }

  Result<IamDatabase> database() const {
    TRY_ASSIGN(const RedshiftTarget target, redshift_target(settings_));
    IamDatabase database;
    database.kind = target.kind;
    database.cluster = target.name;
    database.database = target.database;
    TRY_ASSIGN(database.account, account());
    database.region = target.region.value_or(region_.value_or(""));
    if (database.region.empty()) {
      return refuse(
          "the region of the warehouse is not known: its host's name does not tell; give --region "
          "or set AWS_REGION");
    }
    if (!is_region_name(database.region)) {
      return refuse(fmt::format("{} is no AWS region", printable(database.region)));
    }
    return database;
  }

  Result<IamPolicy> login() {
    TRY_ASSIGN(IamDatabase found, database());
    if (found.database.empty()) {
      return refuse(
          "the warehouse's URL names no database; give redshift://USER@HOST:5439/DATABASE");
    }
    if (found.kind == RedshiftKind::serverless) {
      if (options_.workgroup_id.empty()) {
        return refuse(fmt::format(
            "a login to a workgroup is a right on its id, which is not its name; give "
            "--workgroup-id with the workgroupId that `aws redshift-serverless get-workgroup "
            "--workgroup-name {}` shows, or * for all workgroups of the account",
            printable(found.cluster)));
      }
      found.workgroup_id = options_.workgroup_id;
      note(
          "a login to a workgroup cannot be limited to one of its databases by IAM; what a user "
          "may "
          "read is for GRANT");
    }
    return login_policy(storage_.partition, found);
  }

  // The policies

  Status redshift_role() {
    if (!is_wanted("redshift-role")) return {};
    TRY(storage());
    IamStorage read = storage_;
    // What we have read and staged is all that Redshift reads then.
    if (settings_.stage == Settings::Stage::compact) read.data.clear();
    found_.documents.push_back({"redshift-role", "to the role under which Redshift reads S3", false,
                                last_role(), redshift_role_policy(read)});
    return {};
  }

  Status redshift_trust() {
    if (!is_wanted("redshift-trust")) return {};
    TRY_ASSIGN(IamDatabase found, database());
    // With a login by IAM the user is made from whoever asks.
    if (!settings_.iam_auth) found.user = read_redshift_url(settings_.warehouse).user;
    found_.documents.push_back({"redshift-trust",
                                "as the trust policy of the role that Redshift takes", true,
                                first_role(), redshift_trust_policy(storage_.partition, found)});
    return {};
  }

  Status chain() {
    for (std::size_t i = 1; i < roles_.size(); ++i) {
      const RoleArn& before = roles_[i - 1];
      const RoleArn& role = roles_[i];
      if (const auto name = fmt::format("redshift-chain-{}", i); is_wanted(name)) {
        found_.documents.push_back({name, fmt::format("to role {} of the chain", i), false, before,
                                    chain_policy(role.text)});
      }
      if (const auto name = fmt::format("redshift-chain-trust-{}", i + 1); is_wanted(name)) {
        found_.documents.push_back(
            {name, fmt::format("as the trust policy of role {} of the chain", i + 1), true, role,
             chain_trust_policy(before.text)});
      }
    }
    return {};
  }

  Status loader() {
    if (!is_wanted("loader")) return {};
    TRY(storage());
    const bool logs_in = is_redshift_ && settings_.iam_auth;
    IamPolicy policy = loader_policy(storage_);
    if (logs_in) {
      TRY_ASSIGN(IamPolicy more, login());
      std::move(more.begin(), more.end(), std::back_inserter(policy));
    }
    if (storage_.data.empty() && !storage_.control && !logs_in) {
      found_.left_out.push_back({"loader", "all data is local: the program asks AWS for nothing"});
      return {};
    }
    found_.documents.push_back({"loader", "to the user or role under which sparkify runs", false,
                                std::nullopt, std::move(policy)});
    return {};
  }

  Status analyst() {
    if (!is_wanted("analyst")) return {};
    if (!is_redshift_ || !settings_.iam_auth) {
      const std::string why =
          is_redshift_ ? "without --iam-auth analysts log in with a password of the database"
                       : "analysts ask the warehouse itself, which is not AWS's";
      found_.left_out.push_back({"analyst", why + ": they need nothing of AWS"});
      return {};
    }
    TRY_ASSIGN(IamPolicy policy, login());
    found_.documents.push_back({"analyst", "to the users or roles who only ask the tables", false,
                                std::nullopt, std::move(policy)});
    return {};
  }

  std::optional<RoleArn> first_role() const {
    return roles_.empty() ? std::nullopt : std::optional(roles_.front());
  }
  std::optional<RoleArn> last_role() const {
    return roles_.empty() ? std::nullopt : std::optional(roles_.back());
  }

  const Settings& settings_;
  const IamOptions& options_;
  const std::optional<std::string>& region_;
  const std::string_view only_;

  bool is_redshift_ = false;
  bool has_storage_ = false;
  std::vector<RoleArn> roles_;
  std::optional<RedshiftAddress> address_;
  IamStorage storage_;
  std::vector<std::string> names_;
  IamDocuments found_;
};

}  // namespace

Result<IamDocuments> iam_documents(const Settings& settings, const IamOptions& options,
                                   const std::optional<std::string>& region,
                                   std::string_view only) {
  return Author(settings, options, region, only).run();
}

}  // namespace sparkify
