#include "doctor/examination.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "doctor/clock.h"
#include "doctor/duckdb_file.h"
#include "doctor/iam_role.h"
#include "doctor/source_data.h"
#include "doctor/warehouse_state.h"

namespace sparkify {

namespace {

constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kDuckdb = "duckdb:";
constexpr std::string_view kRedshift = "redshift://";
constexpr const char* kSettings = "settings";
constexpr const char* kCredentials = "credentials";
constexpr const char* kClock = "clock";
constexpr const char* kControl = "control.write";
constexpr const char* kWarehouse = "warehouse";

bool is_s3(const std::optional<std::string>& location) {
  return location && location->starts_with(kS3);
}

/// Whether the text can stand in a COPY's quotes, which Redshift takes no escape out of.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '\'' && c != '\\'; });
}

class Examination {
 public:
  Examination(const Subject& subject, const ExaminationAccess& access)
      : subject_(subject), access_(access) {}

  Result<std::vector<Finding>> run() {
    settings();
    credentials();
    TRY(expect_going_on());
    clock();
    TRY(source("log_data", "--log-data PATH", subject_.log_data));
    TRY(source("song_data", "--song-data PATH", subject_.song_data));
    if (is_redshift()) redshift();
    TRY(expect_going_on());
    warehouse();
    TRY(expect_going_on());
    return std::move(findings_);
  }

 private:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  void add(std::vector<Finding> findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(findings_));
  }
  bool is_redshift() const { return subject_.warehouse.starts_with(kRedshift); }
  bool is_duckdb() const { return subject_.warehouse.starts_with(kDuckdb); }

  Status expect_going_on() const {
    if (!access_.stop.is_set()) return {};
    return make_error(ErrorKind::stopped, "stopped by a signal");
  }

  void settings() {
    for (const std::string& warning : subject_.warnings) {
      add(doubtful(kSettings, make_error(ErrorKind::config, warning)));
    }
    if (subject_.warnings.empty()) add(fine(kSettings, "every key and variable is known"));
    add(check_secret_files(subject_.secret_files));
  }

  /// The first place in S3 that is asked; nothing if none is.
  std::optional<std::string> place_in_s3() const {
    if (is_s3(subject_.log_data)) return subject_.log_data;
    if (is_s3(subject_.song_data)) return subject_.song_data;
    if (is_redshift() && subject_.control.starts_with(kS3)) return subject_.control;
    return std::nullopt;
  }

  void credentials() {
    if (!place_in_s3() && !(is_redshift() && subject_.logs_in_with_aws)) return;
    const auto provider = access_.credentials_provider();
    if (provider.ok()) {
      add(fine(kCredentials, fmt::format("from: {}", printable(*provider))));
      return;
    }
    add(bad(kCredentials, provider.error()));
    s3_trouble_ = "there are no credentials";
  }

  void clock() {
    const auto place = place_in_s3();
    // What is not signed has no time.
    if (!place || !subject_.signs) return;
    const auto offset = access_.s3_clock_offset(*place);
    if (offset.ok()) {
      add(judge_clock(*offset));
      return;
    }
    add(bad(kClock, offset.error()));
    if (!s3_trouble_.empty()) return;
    s3_trouble_ =
        offset.error().kind == ErrorKind::unreachable ? "S3 does not answer" : "S3 cannot be asked";
  }

  Status source(const std::string& name, const std::string& flag,
                const std::optional<std::string>& location) {
    if (!location) {
      add(doubtful(name + ".list", "is not set", fmt::format("give {} to load it", flag)));
      return {};
    }
    const std::string write = name + ".write";
    if (is_s3(location) && !s3_trouble_.empty()) {
      for (const char* what : {".list", ".read", ".write"}) {
        add(not_looked_at(name + what, s3_trouble_));
      }
      return {};
    }
    SourceFindings found = check_source(name, *location, access_.store);
    add(std::move(found.list));
    add(std::move(found.read));
    TRY(expect_going_on());
    // A user's own files may well be his to write.
    if (!is_s3(location)) return {};
    add(!found.is_admitted
            ? not_looked_at(write, "S3 does not let us in")
            : check_write_refused(write, data_folder(*location), access_.open_writer));
    return expect_going_on();
  }

  void redshift() {
    add(judge_iam_role(subject_.iam_role));
    if (!subject_.control.starts_with(kS3) || !is_plain(subject_.control)) {
      add(bad(kControl,
              subject_.control.empty()
                  ? "is not set, and loading needs it"
                  : fmt::format("'{}' will not do", printable(subject_.control)),
              "give --control s3://BUCKET/PREFIX, which we may write and Redshift may read, or "
              "CONTROL under [S3] in dwh.cfg; ASCII letters, no quotes, no backslash"));
    } else if (subject_.control_in_data) {
      add(bad(
          kControl,
          fmt::format("{} lies in the data and would be read as such", printable(subject_.control)),
          "give --control a prefix of its own"));
    } else if (!s3_trouble_.empty()) {
      add(not_looked_at(kControl, s3_trouble_));
    } else {
      add(check_write_allowed(kControl, subject_.control, access_.open_writer));
    }
  }

  void warehouse() {
    if (is_duckdb()) {
      const std::string path = subject_.warehouse.substr(kDuckdb.size());
      add(check_file_rights(path));
      add(check_free_disk(path));
    }
    const auto opened = access_.open_warehouse();
    if (opened.ok()) {
      Warehouse& open = *opened->warehouse;
      add(fine(kWarehouse, "opened: " + open.display_name()));
      add(check_warehouse(open, *opened->sql, access_.stop));
      return;
    }
    const bool is_held = opened.error().kind == ErrorKind::locked;
    add(is_held ? not_looked_at(kWarehouse, "another process holds it")
                : bad(kWarehouse, opened.error(),
                      "look at what --warehouse names, and who may use it"));
    add(explain_unopened(opened.error(), !is_duckdb()));
  }

  const Subject& subject_;
  const ExaminationAccess& access_;
  std::string s3_trouble_;  ///< why S3 is not asked any more
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> examine(const Subject& subject, const ExaminationAccess& access) {
  return Examination(subject, access).run();
}

}  // namespace sparkify
