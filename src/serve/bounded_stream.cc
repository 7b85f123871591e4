#include "serve/bounded_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sparkify {

using std::chrono::milliseconds;

namespace {
constexpr milliseconds kLookEvery{50};
}

BoundedStream::BoundedStream(socket_t socket, Clock::time_point began, Bound bound,
                             const std::atomic<bool>& is_over)
    : socket_(socket),
      asked_by_(began + bound.to_ask),
      answered_by_(began + bound.in_all),
      bytes_left_(bound.received_bytes),
      is_over_(is_over) {}

bool BoundedStream::wait_for(short events, Clock::time_point deadline) const {
  while (!is_over_) {
    const auto rest = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    const auto left = std::clamp(rest, milliseconds(0), kLookEvery);
    pollfd waited{socket_, events, 0};
    const int count = ::poll(&waited, 1, static_cast<int>(left.count()));
    if (count > 0) return true;
    if ((count < 0 && errno != EINTR) || left == milliseconds(0)) return false;
  }
  return false;
}

bool BoundedStream::is_readable() const { return begin_ < end_ || wait_for(POLLIN, asked_by_); }

bool BoundedStream::is_writable() const { return wait_for(POLLOUT, answered_by_); }

bool BoundedStream::receive() {
  if (bytes_left_ == 0 || !wait_for(POLLIN, asked_by_)) return false;
  const std::size_t room = std::min(buffer_.size(), bytes_left_);
  const ssize_t count = ::recv(socket_, buffer_.data(), room, 0);
  if (count <= 0) return false;
  begin_ = 0;
  end_ = static_cast<std::size_t>(count);
  bytes_left_ -= end_;
  return true;
}

ssize_t BoundedStream::read(char* bytes, std::size_t size) {
  if (begin_ == end_ && !receive()) return -1;
  const std::size_t count = std::min(size, end_ - begin_);
  std::memcpy(bytes, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t BoundedStream::write(const char* bytes, std::size_t size) {
  if (!wait_for(POLLOUT, answered_by_)) return -1;
  return ::send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Nobody asks who is there: only this machine can be.
void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace sparkify
