#include "load/reject_spool.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sparkify {

namespace {

constexpr std::size_t kRejectOverheadBytes = 128;

Error file_error(std::string_view tried) {
  return make_error(ErrorKind::source,
                    fmt::format("{} the temporary file that holds rejects failed ({}); free space "
                                "in the folder for temporary files",
                                tried, std::strerror(errno)));
}

/// The numbers of a reject as they stand in the file, followed by its two texts.
struct Header {
  std::int32_t object_no;
  std::int32_t reason;
  std::int64_t record_no;
  std::int64_t line;
  std::int64_t byte_offset;
  std::uint64_t column_bytes;
  std::uint64_t text_bytes;
};

bool write_reject(std::FILE* file, const Reject& reject) {
  const Header header{reject.object_no,      static_cast<std::int32_t>(reject.reason),
                      reject.record_no,      reject.line,
                      reject.byte_offset,    reject.column_name.size(),
                      reject.raw_text.size()};
  return std::fwrite(&header, sizeof(header), 1, file) == 1 &&
         std::fwrite(reject.column_name.data(), 1, reject.column_name.size(), file) ==
             reject.column_name.size() &&
         std::fwrite(reject.raw_text.data(), 1, reject.raw_text.size(), file) ==
             reject.raw_text.size();
}

bool read_reject(std::FILE* file, Reject& reject) {
  Header header{};
  if (std::fread(&header, sizeof(header), 1, file) != 1) return false;
  reject.object_no = header.object_no;
  reject.reason = static_cast<RejectReason>(header.reason);
  reject.record_no = header.record_no;
  reject.line = header.line;
  reject.byte_offset = header.byte_offset;
  reject.column_name.resize(header.column_bytes);
  reject.raw_text.resize(header.text_bytes);
  return std::fread(reject.column_name.data(), 1, header.column_bytes, file) ==
             header.column_bytes &&
         std::fread(reject.raw_text.data(), 1, header.text_bytes, file) == header.text_bytes;
}

}  // namespace

Status RejectSpool::add(std::span<const Reject> rejects) {
  if (rejects.empty()) return {};
  const std::lock_guard lock(mutex_);
  for (const Reject& reject : rejects) {
    in_memory_.push_back(reject);
    memory_bytes_ += reject.raw_text.size() + kRejectOverheadBytes;
  }
  if (memory_bytes_ > kMemoryBytesMax) return spill();
  return {};
}

Status RejectSpool::drop(const std::set<std::int32_t>& object_nos) {
  RejectSpool kept;
  Reader reader(*this);
  Reject reject;
  while (true) {
    TRY_ASSIGN(const bool more, reader.next(reject));
    if (!more) break;
    if (!object_nos.contains(reject.object_no)) TRY(kept.add({&reject, 1}));
  }
  in_memory_.swap(kept.in_memory_);
  file_.swap(kept.file_);
  memory_bytes_ = kept.memory_bytes_;
  spilled_count_ = kept.spilled_count_;
  return {};
}

Status RejectSpool::spill() {
  if (!file_) file_.reset(std::tmpfile());
  if (!file_) return file_error("making");
  for (const Reject& reject : in_memory_) {
    if (!write_reject(file_.get(), reject)) return file_error("writing");
    ++spilled_count_;
  }
  in_memory_.clear();
  memory_bytes_ = 0;
  return {};
}

RejectSpool::Reader::Reader(RejectSpool& spool) : spool_(spool) {
  // Between writing and reading, a stream has to be positioned anyway.
  if (spool_.file_) std::rewind(spool_.file_.get());
}

Result<bool> RejectSpool::Reader::next(Reject& reject) {
  if (memory_index_ < spool_.in_memory_.size()) {
    reject = spool_.in_memory_[memory_index_++];
    return true;
  }
  if (file_index_ == spool_.spilled_count_) {
    // Leaves the stream where adding can go on.
    if (spool_.file_) std::fseek(spool_.file_.get(), 0, SEEK_END);
    return false;
  }
  ++file_index_;
  if (!read_reject(spool_.file_.get(), reject)) return file_error("reading");
  return true;
}

}  // namespace sparkify
