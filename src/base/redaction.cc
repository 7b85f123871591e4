#include "base/redaction.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"

namespace sparkify {
namespace {

constexpr std::string_view kMark = "[secret]";
// Sessions of AWS are renewed every hour or so; the old ones lose their worth.
constexpr std::size_t kFormsMax = 512;

class KnownSecrets {
 public:
  void add(const Secret& secret) {
    if (secret.reveal().size() < kRedactedBytesMin) return;
    const std::lock_guard lock(mutex_);
    add_form(secret);
    add_form(Secret(percent_encode(secret.reveal())));
  }

  std::string hide(std::string_view text) {
    std::string left(text);
    const std::lock_guard lock(mutex_);
    for (const Form& form : forms_) replace_all(left, form.text.reveal());
    return left;
  }

 private:
  struct Form {
    Secret text;
    std::uint64_t number;  // in the order in which they came
  };

  void add_form(Secret text) {
    const std::string& word = text.reveal();
    const auto is_same = [&word](const Form& form) { return form.text.reveal() == word; };
    if (std::any_of(forms_.begin(), forms_.end(), is_same)) return;
    const auto is_shorter = [&word](const Form& form) {
      return form.text.reveal().size() < word.size();
    };
    const auto place = std::find_if(forms_.begin(), forms_.end(), is_shorter);
    forms_.insert(place, Form{std::move(text), count_++});
    if (forms_.size() <= kFormsMax) return;
    forms_.erase(std::min_element(forms_.begin(), forms_.end(), [](const Form& a, const Form& b) {
      return a.number < b.number;
    }));
  }

  static void replace_all(std::string& text, const std::string& secret) {
    for (std::size_t at = text.find(secret); at != text.npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), kMark);
      at += kMark.size();
    }
  }

  std::mutex mutex_;
  std::vector<Form> forms_;  // the longest first: one secret may be a part of another
  std::uint64_t count_ = 0;
};

// Never destroyed: a message may come at the very end.
KnownSecrets& known_secrets() {
  static KnownSecrets* const instance = new KnownSecrets;
  return *instance;
}

}  // namespace

void keep_out_of_messages(const Secret& secret) { known_secrets().add(secret); }

std::string redacted(std::string_view text) { return known_secrets().hide(text); }

}  // namespace sparkify
