#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/byte_size.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/report_source.h"
#include "report/report_page.h"

namespace sparkify {

namespace {

constexpr const char* kStdout = "-";

struct Options {
  std::string out = "report.html";
  std::string format = "html";
  std::string reports;
};

Error cannot_write(const std::string& path, int error_number) {
  return make_error(ErrorKind::config,
                    fmt::format("{}: cannot be written ({}); give another place to --out",
                                printable(path), std::strerror(error_number)));
}

/// Under another name first, so that who looks at the file sees a whole one; but a pipe or a device
/// is written as it is.
Status write_file(const std::string& path, std::string_view text) {
  struct stat status {};
  const bool is_special = ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  const std::string written_path = is_special ? path : path + ".partial";
  const int descriptor = is_special ? ::open(written_path.c_str(), O_WRONLY | O_CLOEXEC)
                                    : open_new_file(written_path, 0666);
  std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb");
  if (file == nullptr) return cannot_write(path, errno);
  const bool is_whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  int trouble = is_whole ? 0 : errno;
  if (std::fclose(file) != 0 && trouble == 0) trouble = errno;
  if (is_special) return trouble == 0 ? Status() : cannot_write(path, trouble);
  if (trouble == 0 && std::rename(written_path.c_str(), path.c_str()) != 0) trouble = errno;
  if (trouble == 0) return {};
  std::remove(written_path.c_str());
  return cannot_write(path, trouble);
}

void print_summary(const Options& options, const CommandContext& context, std::size_t size_bytes,
                   double seconds) {
  if (context.flags.json) {
    const nlohmann::ordered_json summary{{"format", "sparkify.report/1"},
                                         {"out", options.out},
                                         {"bytes", size_bytes},
                                         {"seconds", seconds}};
    print(summary.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    return;
  }
  print(fmt::format("{}: {} in {:.1f} s\n", printable(options.out), format_bytes(size_bytes),
                    seconds));
}

Result<int> run(const Options& options, const CommandContext& context) {
  const double begun = monotonic_seconds();
  TRY_ASSIGN(const ReportSource source, ReportSource::make(context, options.reports));
  TRY_ASSIGN(std::string text, source.document(0));
  if (options.format == "html") {
    TRY_ASSIGN(text, report_page(embedded_report_template(), text));
  } else {
    text += "\n";
  }
  if (options.out == kStdout) {
    print(text);
    return kExitDone;
  }
  TRY(write_file(options.out, text));
  print_summary(options, context, text.size(), monotonic_seconds() - begun);
  return kExitDone;
}

}  // namespace

Command add_report(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("report", "Charts of what is in the tables, as one file");
  command->add_option("--out", options->out, "Where to write it; - is stdout (default report.html)")
      ->type_name("FILE");
  command
      ->add_option("--format", options->format,
                   "html: the page; json: only the data behind it (default html)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"html", "json"}));
  command
      ->add_option("--reports", options->reports,
                   "A folder with analyses of your own: files NAME.sql")
      ->type_name("FOLDER");
  command->footer(
      "The file needs no network and no server, and runs go on while it is made. An analysis of\n"
      "your own begins with lines such as `-- title: Plays by gender`, `-- chart: bars` (or line,\n"
      "table, kpi), `-- definition: ...`; then comes one statement that reads.\n"
      "Examples:\n"
      "  sparkify report\n"
      "  sparkify report --out november.html --reports our-analyses\n"
      "  sparkify report --format json --out - | jq '.banner'");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
