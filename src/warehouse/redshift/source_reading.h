#pragma once

// Only for .cc files of this folder: it brings libpq's header in.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "warehouse/libpq/session.h"
#include "warehouse/redshift/copy_command.h"
#include "warehouse/redshift/part_writer.h"
#include "warehouse/warehouse.h"

namespace sparkify::redshift {

/// Lets Redshift read a group's source objects by itself: COPY of their JSON as text, rules that
/// look whether all of it is ordinary, then the staging table. Whatever is not ordinary is an
/// oddity, not an error: our decoder knows what to do with it.
class SourceReading {
 public:
  /// All of it must outlive the reading.
  struct Means {
    libpq::Session& session;
    const SqlLibrary& sql;
    const ControlArea& control;
    const CopyAccess& access;
    /// Runs a COPY and tells how many rows it took.
    std::function<Result<std::int64_t>(const std::string& sql)> copy;
  };

  /// `folder`: below the control area's place.
  SourceReading(Means means, std::string folder)
      : session_(means.session),
        sql_(means.sql),
        control_(means.control),
        access_(means.access),
        copy_(std::move(means.copy)),
        folder_(std::move(folder)) {}

  /// Errors: those after which trying anything else makes no sense (a lost connection, a conflict,
  /// a control area that cannot be written).
  Result<OwnReading> run(DataKind kind, std::span<const ObjectInfo> objects);
  /// What was written below the control area; also after an error.
  const std::vector<std::string>& written() const { return written_; }

 private:
  struct Document {
    std::string name;  ///< below the control area's place
    std::string text;
  };

  Status write(const std::vector<Document>& documents);
  Status read_share(DataKind kind, std::span<const ObjectInfo> objects, const CopyShare& share,
                    OwnReading& reading);
  Status count_records(std::span<const ObjectInfo> objects, const CopyShare& share,
                       std::int64_t copied, OwnReading& reading);
  Status judge(std::string_view rules, std::span<const std::string_view> words,
               OwnReading& reading);
  Status type(DataKind kind, OwnReading& reading);
  /// Turns an error into an oddity where it tells of the data or of the role.
  Status take(const Status& status, OwnReading& reading) const;
  Status execute(std::string_view sql, OwnReading& reading);
  std::string name_of(std::string_view file) const;
  std::string url_of(const std::string& name) const { return control_.place + "/" + name; }

  libpq::Session& session_;
  const SqlLibrary& sql_;
  const ControlArea& control_;
  const CopyAccess& access_;
  const std::function<Result<std::int64_t>(const std::string&)> copy_;
  const std::string folder_;
  std::vector<std::string> written_;
};

/// The statements of it, for those who want to read them first.
Result<std::vector<std::string>> source_statements(const SqlLibrary& sql, const CopyAccess& access,
                                                   const std::string& place, DataKind kind,
                                                   std::span<const ObjectInfo> objects);

}  // namespace sparkify::redshift
