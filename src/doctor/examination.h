#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/stop_flag.h"
#include "doctor/finding.h"
#include "doctor/secret_files.h"
#include "doctor/write_probe.h"
#include "source/object_store.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// What is examined: settings, as they were resolved.
struct Subject {
  std::string warehouse;                ///< the URL
  std::optional<std::string> log_data;  ///< a path or s3://...
  std::optional<std::string> song_data;
  std::string iam_role;  ///< may be empty, as the next
  std::string control;
  bool control_in_data = false;       ///< so that it would be read as data
  bool logs_in_with_aws = false;      ///< to Redshift
  bool signs = true;                  ///< S3's requests
  std::vector<std::string> warnings;  ///< of the settings
  std::vector<SecretFile> secret_files;
};

/// A warehouse that was opened so that each of its reads is a transaction of its own.
struct OpenedWarehouse {
  Warehouse* warehouse = nullptr;
  const SqlLibrary* sql = nullptr;
};

/// The ways to what is examined. All wait for seconds only.
struct ExaminationAccess {
  ObjectStore& store;
  OpenWriter open_writer;
  /// Who gives AWS's credentials; never a value of them.
  std::function<Result<std::string>()> credentials_provider;
  /// How many microseconds this machine's clock is ahead of that of S3 for a location.
  std::function<Result<std::int64_t>(const std::string& location)> s3_clock_offset;
  /// What it gives lives until the examination is over.
  std::function<Result<OpenedWarehouse>()> open_warehouse;
  const StopFlag& stop;
};

/// Makes every check that the settings give reason for, one after another; docs/doctor.md lists
/// them. Nothing stays changed. Errors: `stopped`.
Result<std::vector<Finding>> examine(const Subject& subject, const ExaminationAccess& access);

}  // namespace sparkify
