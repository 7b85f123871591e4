#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "aws/terraform_text.h"
#include "base/log.h"
#include "base/stop_flag.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/iam_documents.h"
#include "cli/output.h"
#include "cli/source_access.h"

namespace sparkify {

namespace {

using nlohmann::ordered_json;

struct Options {
  std::string name;  // of the one policy that is wanted; empty: all
  std::string format;
  IamOptions iam;
};

/// ASCII alone: IAM takes no character past U+00FF as it is.
std::string json_text(const ordered_json& document) {
  return document.dump(2, ' ', /*ensure_ascii=*/true) + "\n";
}

ordered_json all_of(const IamDocuments& found) {
  ordered_json policies = ordered_json::object();
  ordered_json attach = ordered_json::object();
  for (const IamDocument& each : found.documents) {
    policies[each.name] = iam_document(each.policy);
    attach[each.name] = each.use;
  }
  ordered_json left_out = ordered_json::object();
  for (const IamLeftOut& each : found.left_out) left_out[each.name] = each.why;
  return {{"format", "sparkify.iam/1"},
          {"policies", policies},
          {"attach", attach},
          {"left_out", left_out},
          {"notes", found.notes}};
}

std::string label_of(const IamDocument& document) {
  std::string label = "sparkify_" + document.name;
  std::replace(label.begin(), label.end(), '-', '_');
  return label;
}

std::string role_resource(const IamDocument& document) {
  std::string text = fmt::format("resource \"aws_iam_role\" \"{}\" {{\n", label_of(document));
  const bool has_path = document.role && document.role->path != "/";
  const std::string name = document.role ? document.role->name : "sparkify-redshift";
  text += fmt::format("  name = {}\n", terraform_string(name));
  if (has_path) text += fmt::format("  path = {}\n", terraform_string(document.role->path));
  text += fmt::format("\n  assume_role_policy = jsonencode({})\n}}\n",
                      terraform_value(iam_document(document.policy), 2));
  return text;
}

std::string policy_resource(const IamDocument& document) {
  return fmt::format(
      "resource \"aws_iam_policy\" \"{}\" {{\n  name        = {}\n  description = {}\n\n"
      "  policy = jsonencode({})\n}}\n",
      label_of(document), terraform_string("sparkify-" + document.name),
      terraform_string("Attach " + document.use),
      terraform_value(iam_document(document.policy), 2));
}

bool are_of_one_role(const IamDocument& a, const IamDocument& b) {
  if (a.role && b.role) return a.role->text == b.role->text;
  return !a.role && !b.role && a.name.starts_with("redshift-") && b.name.starts_with("redshift-");
}

/// What belongs to a role that is made beside it is attached to it.
std::string attachments(const IamDocuments& found) {
  std::string text;
  for (const IamDocument& role : found.documents) {
    for (const IamDocument& policy : found.documents) {
      if (!role.is_trust || policy.is_trust || !are_of_one_role(role, policy)) continue;
      text += fmt::format(
          "\nresource \"aws_iam_role_policy_attachment\" \"{}\" {{\n"
          "  role       = aws_iam_role.{}.name\n"
          "  policy_arn = aws_iam_policy.{}.arn\n}}\n",
          label_of(policy), label_of(role), label_of(policy));
    }
  }
  return text;
}

std::string terraform_text(const IamDocuments& found) {
  std::string text;
  for (const IamLeftOut& each : found.left_out) {
    text += fmt::format("# {}: left out; {}.\n", each.name, printable(each.why));
  }
  for (const IamDocument& each : found.documents) {
    text += fmt::format("{}# {}: {}.\n{}", text.empty() ? "" : "\n", each.name, each.use,
                        each.is_trust ? role_resource(each) : policy_resource(each));
  }
  return text + attachments(found);
}

/// Whether some character is past U+00FF, so that its first byte of UTF-8 is past those of others.
bool has_wide_text(const IamDocuments& found) {
  constexpr unsigned char kFirstWideByte = 0xc4;
  return std::any_of(found.documents.begin(), found.documents.end(), [](const auto& each) {
    const std::string text = iam_document(each.policy).dump();
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= kFirstWideByte; });
  });
}

Status expect_format(const Options& options, const CommandContext& context) {
  if (options.format != "json" && options.format != "terraform") {
    return make_error(ErrorKind::usage,
                      fmt::format("--format {}: no such format; give json or terraform",
                                  printable(options.format)));
  }
  if (context.flags.json && options.format != "json") {
    return make_error(ErrorKind::usage, "--json and --format terraform exclude each other");
  }
  return {};
}

Result<int> run(const Options& options, const CommandContext& context) {
  TRY(expect_format(options, context));
  const StopFlag never;
  const SourceAccess aws(context, never);
  TRY_ASSIGN(const auto region, aws.region());
  TRY_ASSIGN(const IamDocuments found,
             iam_documents(context.settings, options.iam, region, options.name));
  if (!options.name.empty() && found.documents.empty()) {
    const IamLeftOut& missing = found.left_out.front();
    return make_error(ErrorKind::config, fmt::format("there is no need for a policy {}: {}",
                                                     missing.name, missing.why));
  }
  for (const IamLeftOut& each : found.left_out) {
    log_info(fmt::format("no policy {}: {}", each.name, each.why));
  }
  for (const std::string& note : found.notes) log_warning(note);
  if (options.format == "terraform") {
    if (has_wide_text(found)) {
      log_warning(
          "IAM takes characters past U+00FF only as \\u escapes, which jsonencode does not write: "
          "paste the JSON of such prefixes instead");
    }
    print(terraform_text(found));
  } else if (options.name.empty() || context.flags.json) {
    print(json_text(all_of(found)));
  } else {
    print(json_text(iam_document(found.documents.front().policy)));
  }
  return kExitDone;
}

}  // namespace

Command add_iam(CLI::App& app, GlobalFlags& flags) {
  auto options = std::make_shared<Options>();
  options->format = "json";
  CLI::App* command =
      app.add_subcommand("iam", "AWS: print the least rights that the settings call for");
  command->add_option("POLICY", options->name,
                      "redshift-role, redshift-trust, loader or analyst (default: all)");
  command->add_option("--format", options->format, "json or terraform (default json)")
      ->type_name("FORMAT");
  add_setting_flag(*command, flags, "--log-data", "log_data", "PATH", "Event logs, as for etl");
  add_setting_flag(*command, flags, "--song-data", "song_data", "PATH", "Song files, as for etl");
  command
      ->add_option("--account", options->iam.account,
                   "Account of the warehouse (default: as --iam-role or the host has it)")
      ->type_name("ID");
  command
      ->add_option("--kms-key", options->iam.kms_keys,
                   "Key under which the buckets encrypt; may be given several times")
      ->type_name("ARN")
      ->allow_extra_args(false);
  command
      ->add_option("--workgroup-id", options->iam.workgroup_id,
                   "Redshift Serverless and --iam-auth: AWS's id of the workgroup, or *")
      ->type_name("ID");
  command->footer(
      "Asks AWS for nothing and changes nothing: what it prints is to be pasted.\n"
      "Examples:\n"
      "  sparkify iam\n"
      "  sparkify iam loader --log-data s3://music/log_data > loader.json\n"
      "  sparkify iam --format terraform --kms-key arn:aws:kms:us-west-2:123456789012:key/1234 "
      "> iam.tf");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
