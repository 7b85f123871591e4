#include "serve/access_token.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/digest.h"

namespace sparkify {

namespace {
constexpr std::size_t kTokenBytes = 16;
}

Result<AccessToken> AccessToken::make() {
  std::array<char, kTokenBytes> bytes{};
  ssize_t count = -1;
  do {
    count = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(bytes.size())) {
    return make_error(ErrorKind::internal,
                      std::string("the system gives no random bytes: ") + std::strerror(errno));
  }
  return AccessToken(to_hex({bytes.data(), bytes.size()}));
}

bool AccessToken::matches(std::string_view candidate) const {
  if (candidate.size() != text_.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(candidate[i])) ^
                  static_cast<unsigned>(static_cast<unsigned char>(text_[i]));
  }
  return difference == 0;
}

}  // namespace sparkify
