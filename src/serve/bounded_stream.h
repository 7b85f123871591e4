#pragma once

// For the .cc files of this folder alone: shows cpp-httplib.
#include <httplib.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

namespace sparkify {

/// A connection that ends after a time and a number of bytes whatever the other side does: waits
/// that begin anew with each byte would let one that sends a byte now and then stay for ever.
class BoundedStream : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;
  struct Bound {
    std::chrono::milliseconds to_ask;  ///< until the request is there
    std::chrono::milliseconds in_all;  ///< until the answer is away
    std::size_t received_bytes;
  };
  /// The socket stays the caller's. `began`: what both times count from. What has come by the time
  /// that somebody looks is taken however late that is. `is_over`: when true, every wait ends.
  BoundedStream(socket_t socket, Clock::time_point began, Bound bound,
                const std::atomic<bool>& is_over);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool wait_for(short events, Clock::time_point deadline) const;
  bool receive();

  socket_t socket_;
  Clock::time_point asked_by_;
  Clock::time_point answered_by_;
  std::size_t bytes_left_;
  const std::atomic<bool>& is_over_;
  std::array<char, 4096> buffer_{};  ///< the library asks for single bytes
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sparkify
