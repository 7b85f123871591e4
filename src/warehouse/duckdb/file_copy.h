#pragma once

#include <string>

#include "base/result.h"

namespace sparkify {

/// A copy of a DuckDB file and its log as they were together at one moment, while somebody may be
/// writing them. Takes no lock on the file, so that no writer ever finds it held. Where the file
/// system can share blocks between files, nothing is copied.
///
/// The copy lies in a folder of its own beside the file, or, where that is not allowed or full, in
/// the folder for temporary files. Both go with this object; what a kill left behind goes when the
/// next copy of the same file is made.
class FileCopy {
 public:
  FileCopy() = default;
  FileCopy(FileCopy&& other) noexcept;
  FileCopy& operator=(FileCopy&& other) noexcept;
  ~FileCopy();

  /// `what`: the warehouse, for messages. Errors: `database`, when there is no room or no right;
  /// `conflict`, when the file changed in every attempt.
  static Result<FileCopy> make(const std::string& path, const std::string& what);

  /// Where the copy is.
  const std::string& path() const { return path_; }
  /// Once DuckDB has it open: frees the room as soon as it is closed, however that comes about.
  void unlink() const;

 private:
  /// 0, or the errno.
  int make_folder(const std::string& parent, const std::string& name);

  std::string folder_;
  std::string path_;
  int descriptor_ = -1;  ///< of the folder, locked: it is in use
};

}  // namespace sparkify
