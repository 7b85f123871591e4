#include "simulated_store.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/digest.h"

namespace sparkify::simulation {

namespace {

Error gone(const ObjectInfo& object) {
  return make_error(ErrorKind::source, object.uri + ": there is no such object");
}

/// An object's bytes in small reads. Fails where it was told to, or at its end if the object has
/// changed by then.
class SimulatedStream : public ByteStream {
 public:
  SimulatedStream(std::string bytes, std::size_t read_bytes, std::optional<std::size_t> fails_at,
                  ErrorKind kind, std::function<bool()> is_present)
      : bytes_(std::move(bytes)),
        read_bytes_(read_bytes),
        fails_at_(fails_at),
        kind_(kind),
        is_present_(std::move(is_present)) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    if (fails_at_ && at_ >= *fails_at_) return make_error(kind_, "the connection was cut");
    const std::size_t bytes = std::min({buffer.size(), read_bytes_, bytes_.size() - at_});
    if (bytes == 0 && !is_present_()) {
      return make_error(ErrorKind::changed, "it changed while it was read");
    }
    std::memcpy(buffer.data(), bytes_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  const std::string bytes_;
  const std::size_t read_bytes_;
  const std::optional<std::size_t> fails_at_;
  const ErrorKind kind_;
  const std::function<bool()> is_present_;
  std::size_t at_ = 0;
};

}  // namespace

void SimulatedStore::put(const std::string& uri, const std::string& bytes) {
  const std::string etag = sha256_hex(bytes).substr(0, 16);
  present_[uri] = {uri, etag, bytes.size()};
  versions_[{uri, etag}] = bytes;
}

const std::string& SimulatedStore::bytes_of(const ObjectInfo& version) const {
  return versions_.at({version.uri, version.etag});
}

std::set<std::string> SimulatedStore::etags_of(const std::string& uri) const {
  std::set<std::string> etags;
  for (const auto& [version, bytes] : versions_) {
    if (version.first == uri) etags.insert(version.second);
  }
  return etags;
}

Result<Listing> SimulatedStore::list(const std::string& location) {
  const Fault fault = faults_.draw("list " + location,
                                   {Fault::refused, Fault::stop, Fault::change, Fault::clock_jump});
  if (fault == Fault::refused) {
    const bool answers = faults_.random().one_in(2);
    return make_error(answers ? ErrorKind::source : ErrorKind::unreachable,
                      location + ": cannot be listed now");
  }
  Listing listing;
  for (const auto& [uri, object] : present_) {
    if (uri.starts_with(location)) listing.objects.push_back(object);
  }
  listed_[location] = listing;
  faults_.change_now_and_then("listed " + location);
  return listing;
}

Result<std::unique_ptr<ByteStream>> SimulatedStore::open(const ObjectInfo& object) {
  const std::vector<Fault> possible = {Fault::refused, Fault::refused,    Fault::stop,
                                       Fault::change,  Fault::clock_jump, Fault::crash};
  const Fault fault = faults_.draw("open " + object.uri, possible);
  SeedRandom& random = faults_.random();
  if (fault == Fault::refused) {
    return make_error(random.one_in(4) ? ErrorKind::unreachable : ErrorKind::source,
                      object.uri + ": no answer");
  }
  const auto is_present = [this, object] {
    const auto found = present_.find(object.uri);
    return found != present_.end() && found->second.etag == object.etag;
  };
  if (!present_.contains(object.uri)) return gone(object);
  // A change may show at once, or only behind bytes of the new version.
  const bool shows_late = !is_present() && !random.one_in(3);
  if (!is_present() && !shows_late) {
    return make_error(ErrorKind::changed, object.uri + ": changed since it was listed");
  }
  const std::string& bytes = bytes_of(present_.at(object.uri));
  std::optional<std::size_t> fails_at;
  ErrorKind kind = ErrorKind::source;
  if (fault == Fault::crash) {  // of the transfer: it is cut somewhere
    fails_at = random.below(bytes.size() + 1);
    if (random.one_in(4)) kind = ErrorKind::unreachable;
  }
  return std::unique_ptr<ByteStream>(
      std::make_unique<SimulatedStream>(bytes, random.between(1, 200), fails_at, kind, is_present));
}

Result<std::optional<ObjectInfo>> SimulatedStore::look_again(const ObjectInfo& object) {
  if (!looks_again_) return std::optional<ObjectInfo>();
  if (faults_.draw("look again at " + object.uri, {Fault::refused, Fault::change}) ==
      Fault::refused) {
    return make_error(ErrorKind::source, object.uri + ": no answer");
  }
  const auto found = present_.find(object.uri);
  if (found == present_.end()) return gone(object);
  return std::optional(found->second);
}

}  // namespace sparkify::simulation
