#include "cli/shell/line_editor.h"

#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <utility>

#include "base/utf8.h"
#include "cli/output.h"
#include "cli/shell/screen.h"

namespace sparkify {

namespace {

constexpr int kEntriesMax = 2000;
/// A signal that comes between the look at the flag and the wait is seen after so long.
constexpr int kLook_ms = 100;
constexpr wchar_t kReplacement = L'\uFFFD';
constexpr const char* kIndent = "  ";

/// What signal handlers may touch: the window has another size; we were stopped and go on.
std::atomic<bool> was_resized{false};
std::atomic<bool> was_continued{false};

extern "C" void note_resize(int) { was_resized.store(true); }
extern "C" void note_continue(int) { was_continued.store(true); }

/// Handlers that are there while a line is typed.
class ScreenSignals {
 public:
  ScreenSignals() {
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_handler = note_resize;
    sigaction(SIGWINCH, &action, &resize_before_);
    action.sa_handler = note_continue;
    sigaction(SIGCONT, &action, &continue_before_);
  }
  ScreenSignals(const ScreenSignals&) = delete;
  ScreenSignals& operator=(const ScreenSignals&) = delete;
  ~ScreenSignals() {
    sigaction(SIGWINCH, &resize_before_, nullptr);
    sigaction(SIGCONT, &continue_before_, nullptr);
  }

 private:
  struct sigaction resize_before_ {};
  struct sigaction continue_before_ {};
};

/// The library takes bytes for characters as the locale says; what we speak is UTF-8.
void expect_utf8() {
  ::setlocale(LC_CTYPE, "");
  if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8") ::setlocale(LC_CTYPE, "C.UTF-8");
}

class EditLineEditor : public LineEditor {
 public:
  EditLineEditor(Completer completer, const StopFlag& stop)
      : completer_(std::move(completer)), stop_(stop) {}
  EditLineEditor(const EditLineEditor&) = delete;
  EditLineEditor& operator=(const EditLineEditor&) = delete;
  ~EditLineEditor() override {
    if (line_ != nullptr) ::el_end(line_);
    if (history_ != nullptr) ::history_end(history_);
  }

  bool open();
  TypedLine read(const std::string& prompt) override;
  void remember(const std::string& entry) override {
    HistEvent event{};
    ::history(history_, &event, H_ENTER, entry.c_str());
  }

 private:
  static EditLineEditor& of(EditLine* line) {
    void* self = nullptr;
    ::el_get(line, EL_CLIENTDATA, &self);
    return *static_cast<EditLineEditor*>(self);
  }
  static char* prompt(EditLine* line) { return of(line).prompt_.data(); }
  static int next_character(EditLine* line, wchar_t* character) {
    return of(line).read_character(character);
  }
  static unsigned char complete_word(EditLine* line, int) { return of(line).complete(); }

  int read_character(wchar_t* character);
  bool wait_for_byte();
  unsigned char complete();
  void list(const std::vector<std::string>& candidates) const;

  Completer completer_;
  const StopFlag& stop_;
  EditLine* line_ = nullptr;
  ::History* history_ = nullptr;
  std::string prompt_;
  bool is_interrupted_ = false;
};

bool EditLineEditor::open() {
  expect_utf8();
  history_ = ::history_init();
  line_ = ::el_init("sparkify", stdin, stdout, stderr);
  if (history_ == nullptr || line_ == nullptr) return false;
  HistEvent event{};
  ::history(history_, &event, H_SETSIZE, kEntriesMax);
  ::history(history_, &event, H_SETUNIQUE, 1);
  ::el_set(line_, EL_CLIENTDATA, this);
  ::el_set(line_, EL_SIGNAL, 0);
  ::el_set(line_, EL_EDITOR, "emacs");
  if (const char* home = std::getenv("HOME"); home != nullptr) {
    ::el_source(line_, (std::string(home) + "/.editrc").c_str());
  }
  ::el_set(line_, EL_PROMPT, prompt);
  ::el_set(line_, EL_HIST, ::history, history_);
  ::el_set(line_, EL_GETCFN, next_character);
  ::el_set(line_, EL_ADDFN, "sparkify-complete", "Complete the word", complete_word);
  ::el_set(line_, EL_BIND, "^I", "sparkify-complete", nullptr);
  ::el_set(line_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  return true;
}

TypedLine EditLineEditor::read(const std::string& prompt_text) {
  const ScreenSignals signals;
  prompt_ = prompt_text;
  is_interrupted_ = false;
  std::fflush(stdout);
  // Before the prompt is seen: what is typed from then on is meant for the editor, Ctrl-D above
  // all.
  ::el_set(line_, EL_PREP_TERM, 1);
  int length = 0;
  const char* const text = ::el_gets(line_, &length);
  if (is_interrupted_) {
    ::el_reset(line_);
    return {TypedLine::Outcome::interrupted, {}};
  }
  if (text == nullptr || length <= 0) return {TypedLine::Outcome::end, {}};
  std::string line(text, static_cast<std::size_t>(length));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return {TypedLine::Outcome::line, std::move(line)};
}

/// False, if somebody asked to stop, or nobody is there any more.
bool EditLineEditor::wait_for_byte() {
  while (!stop_.is_set()) {
    if (was_resized.exchange(false)) ::el_resize(line_);
    if (was_continued.exchange(false)) {
      ::el_set(line_, EL_PREP_TERM, 1);
      ::el_set(line_, EL_REFRESH);
    }
    pollfd waiting = {STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kLook_ms);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  is_interrupted_ = true;
  return false;
}

/// Returns 1, or what the library takes for the end.
int EditLineEditor::read_character(wchar_t* character) {
  std::mbstate_t state{};
  while (true) {
    if (!wait_for_byte()) return -1;
    char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return static_cast<int>(got);
    const std::size_t used = std::mbrtowc(character, &byte, 1, &state);
    if (used == static_cast<std::size_t>(-2)) continue;  // more bytes to come
    if (used == static_cast<std::size_t>(-1)) *character = kReplacement;
    return 1;
  }
}

unsigned char EditLineEditor::complete() {
  const LineInfo* const info = ::el_line(line_);
  const std::string before(info->buffer, info->cursor);
  const std::string after(info->cursor, info->lastchar);
  if (before.find_first_not_of(" \t") == std::string::npos) {
    // Text that is pasted may be indented by tabs.
    return ::el_insertstr(line_, kIndent) == 0 ? CC_REFRESH : CC_ERROR;
  }
  const Completion found = completer_(before, after);
  if (found.candidates.empty()) return CC_REFRESH_BEEP;
  const std::string prefix = common_prefix(found.candidates);
  const bool is_one = found.candidates.size() == 1;
  if (!is_one && prefix.size() <= found.word_bytes) {
    list(found.candidates);
    return CC_REDISPLAY;
  }
  ::el_deletestr(line_, static_cast<int>(found.word_bytes));
  const std::string text = is_one ? found.candidates.front() + " " : prefix;
  return ::el_insertstr(line_, text.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

void EditLineEditor::list(const std::vector<std::string>& candidates) const {
  print("\n" + printable_lines(in_columns(candidates, Screen::size().columns)));
  std::fflush(stdout);
}

}  // namespace

Result<std::unique_ptr<LineEditor>> open_line_editor(LineEditor::Completer completer,
                                                     const StopFlag& stop) {
  auto editor = std::make_unique<EditLineEditor>(std::move(completer), stop);
  if (!editor->open()) {
    return make_error(ErrorKind::config,
                      "the terminal cannot be prepared for typing; give the statement as an "
                      "argument: sparkify query \"select ...\"");
  }
  return std::unique_ptr<LineEditor>(std::move(editor));
}

}  // namespace sparkify
