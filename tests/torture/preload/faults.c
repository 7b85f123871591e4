// Harm on order, from inside the program: the torture suites put this before its libraries.
//
// TORTURE_STATE   a file of sizeof(struct State) bytes, which tells the suite afterwards what was
//                 called how often, even if the program was killed
// TORTURE_ORDER   ACTION CALL NUMBER VALUE: what to do at the NUMBER-th call of a kind (of all
//                 threads); VALUE is an errno or a signal
// TORTURE_THEN    names of calls with commas: from then on, these fail with VALUE too
// TORTURE_MEMORY  set: memory is counted even if nothing is to happen to it
// TORTURE_BELOW   a folder: calls on files elsewhere are left alone and not counted
//
// A write into a socket is a send. What the C library calls by itself (stdio) is not seen.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

enum Call {
  OWN_MALLOC,     // memory that the program itself asks for, by C++'s containers too
  THREAD_MALLOC,  // the same, by other threads than the first: they have nobody to tell
  LIBRARY_MALLOC,
  WRITE,
  FSYNC,
  OPEN,
  SEND,
  RECEIVE,
  GROW,  // a write past a file's end, or what else makes it longer
  REMOVE,
  STATEMENT,
  CALLS
};
static const char* const kCallNames[CALLS] = {
    "malloc", "thread_malloc", "library_malloc", "write",  "fsync",    "open",
    "send",   "receive",       "grow",           "remove", "statement"};

enum Action { NONE, KILL_BEFORE, KILL_SENT, KILL_AFTER, FAIL, FAIL_FROM, SIGNAL };
static const char* const kActionNames[] = {"none", "before", "sent",  "after",
                                           "fail", "from",   "signal"};

enum { STATEMENTS_MAX = 2000, TEXT_BYTES = 120, RANGES_MAX = 32, PATH_BYTES = 4096 };

// The suite reads this with struct.unpack: keep its constants in step.
struct State {
  _Atomic uint64_t counts[CALLS];
  _Atomic uint64_t fired;
  char statements[STATEMENTS_MAX][TEXT_BYTES];
};

struct Range {
  uintptr_t first, last;
};

static struct State* state;
static struct Order {
  enum Action action;
  enum Call call;
  uint64_t number;
  int value;
  unsigned then;  // a bit for each Call
} order;
static char below[PATH_BYTES];
static int counts_memory;  // to find out who asks takes its time
static struct Range program;
static struct Range between[RANGES_MAX];  // libraries that ask in the name of their caller
static int between_count;
static _Atomic int answer_is_awaited;
static __thread int is_busy __attribute__((tls_model("initial-exec")));
static __thread char prepared[TEXT_BYTES] __attribute__((tls_model("initial-exec")));

#define REAL(name)               \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// --- What the order says ---------------------------------------------------------------------

static int note_range(struct dl_phdr_info* info, size_t size, void* is_next) {
  (void)size;
  static const char* const kBetween[] = {"libstdc++", "libfmt",  "libspdlog",
                                         "libgcc_s",  "libc.so", "faults"};
  struct Range range = {UINTPTR_MAX, 0};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)* part = &info->dlpi_phdr[i];
    if (part->p_type != PT_LOAD) continue;
    const uintptr_t first = info->dlpi_addr + part->p_vaddr;
    if (first < range.first) range.first = first;
    if (first + part->p_memsz > range.last) range.last = first + part->p_memsz;
  }
  if (*(int*)is_next == 0) {  // the first one is the program
    program = range;
    *(int*)is_next = 1;
  }
  for (size_t i = 0; i < sizeof(kBetween) / sizeof(kBetween[0]); ++i) {
    if (strstr(info->dlpi_name, kBetween[i]) != NULL && between_count < RANGES_MAX) {
      between[between_count++] = range;
    }
  }
  return 0;
}

static int place(const char* name, size_t size, const char* const* names, int count) {
  for (int i = 0; i < count; ++i) {
    if (strlen(names[i]) == size && strncmp(names[i], name, size) == 0) return i;
  }
  fprintf(stderr, "faults: no such name: %s\n", name);
  abort();
}

static void read_then(const char* names) {
  while (names != NULL && *names != '\0') {
    const size_t size = strcspn(names, ",");
    order.then |= 1U << place(names, size, kCallNames, CALLS);
    names += size + (names[size] == ',');
  }
}

__attribute__((constructor)) static void read_order(void) {
  const char* const path = getenv("TORTURE_STATE");
  if (path == NULL) return;
  const int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (file < 0) abort();
  void* const shared =
      mmap(NULL, sizeof(struct State), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (shared == MAP_FAILED) abort();
  const char* const text = getenv("TORTURE_ORDER");
  char action[16], call[24];
  unsigned long number = 0;
  if (text != NULL && sscanf(text, "%15s %23s %lu %d", action, call, &number, &order.value) == 4) {
    order.action = (enum Action)place(action, strlen(action), kActionNames, SIGNAL + 1);
    order.call = (enum Call)place(call, strlen(call), kCallNames, CALLS);
    order.number = number;
  }
  const int is_of_memory = order.action != NONE && order.call <= LIBRARY_MALLOC;
  counts_memory = is_of_memory || getenv("TORTURE_MEMORY") != NULL;
  read_then(getenv("TORTURE_THEN"));
  const char* const folder = getenv("TORTURE_BELOW");
  if (folder != NULL) snprintf(below, sizeof(below), "%s/", folder);
  int is_next = 0;
  dl_iterate_phdr(note_range, &is_next);
  state = shared;  // from now on calls count
}

static void end(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

// What is to become of this call: NONE, FAIL, KILL_AFTER or KILL_SENT. Counts it.
static enum Action begin(enum Call call) {
  if (state == NULL) return NONE;
  const uint64_t number = atomic_fetch_add(&state->counts[call], 1) + 1;
  const int is_then = (order.then & (1U << call)) != 0 && atomic_load(&state->fired) > 0;
  const int is_it = call == order.call && (number == order.number ||
                                           (order.action == FAIL_FROM && number > order.number));
  if (order.action == NONE || (!is_it && !is_then)) return NONE;
  atomic_fetch_add(&state->fired, 1);
  if (order.action == KILL_BEFORE) end();
  if (order.action == SIGNAL) {
    syscall(SYS_kill, getpid(), order.value);
    return NONE;
  }
  if (order.action != FAIL && order.action != FAIL_FROM) return order.action;
  errno = order.value;
  return FAIL;
}

static void after(enum Action action) {
  if (action == KILL_AFTER || action == KILL_SENT) end();
}

// --- Memory ----------------------------------------------------------------------------------

static int is_in(const struct Range* range, uintptr_t address) {
  return address >= range->first && address < range->last;
}

static int is_between(uintptr_t address) {
  for (int i = 0; i < between_count; ++i) {
    if (is_in(&between[i], address)) return 1;
  }
  return 0;
}

static _Unwind_Reason_Code find_asker(struct _Unwind_Context* context, void* found) {
  const uintptr_t address = _Unwind_GetIP(context);
  if (address == 0 || is_between(address)) return _URC_NO_REASON;
  *(uintptr_t*)found = address;
  return _URC_END_OF_STACK;
}

static int may_have(void* caller) {
  if (state == NULL || is_busy) return 1;
  if (!counts_memory) return 1;
  is_busy = 1;
  uintptr_t asker = (uintptr_t)caller;
  if (is_between(asker)) _Unwind_Backtrace(find_asker, &asker);
  const int is_own = is_in(&program, asker);
  enum Action action = begin(is_own ? OWN_MALLOC : LIBRARY_MALLOC);
  const int is_first_thread = syscall(SYS_gettid) == getpid();
  if (action == NONE && is_own && !is_first_thread) action = begin(THREAD_MALLOC);
  after(action);
  is_busy = 0;
  return action != FAIL;
}

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* old, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  return may_have(__builtin_return_address(0)) ? __libc_malloc(size) : NULL;
}

void* calloc(size_t count, size_t size) {
  return may_have(__builtin_return_address(0)) ? __libc_calloc(count, size) : NULL;
}

void* realloc(void* old, size_t size) {
  return may_have(__builtin_return_address(0)) ? __libc_realloc(old, size) : NULL;
}

void* memalign(size_t alignment, size_t size) {
  return may_have(__builtin_return_address(0)) ? __libc_memalign(alignment, size) : NULL;
}

void* aligned_alloc(size_t alignment, size_t size) {
  return may_have(__builtin_return_address(0)) ? __libc_memalign(alignment, size) : NULL;
}

int posix_memalign(void** result, size_t alignment, size_t size) {
  if (!may_have(__builtin_return_address(0))) return ENOMEM;
  *result = __libc_memalign(alignment, size);
  return *result == NULL ? ENOMEM : 0;
}

// --- Files and sockets -----------------------------------------------------------------------

static int is_socket(int file) {
  struct stat about;
  return fstat(file, &about) == 0 && S_ISSOCK(about.st_mode);
}

// A connection that was reset stays so, in both directions.
static enum Action begin_on(enum Call call, int socket) {
  const enum Action action = begin(call);
  if (action == FAIL && order.value == ECONNRESET) {
    shutdown(socket, SHUT_RDWR);
    errno = ECONNRESET;
  }
  return action;
}

static int is_path_meant(const char* path) {
  return below[0] == '\0' || strncmp(path, below, strlen(below)) == 0;
}

static int is_meant(int file) {
  if (file == STDOUT_FILENO || file == STDERR_FILENO) return 0;
  if (below[0] == '\0') return 1;
  char link[64], path[PATH_BYTES];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof(path) - 1);
  if (size < 0) return 0;
  path[size] = '\0';
  return is_path_meant(path);
}

// Of a file that would be `end` bytes long, if it is shorter now.
static enum Action begin_growth(int file, off_t size) {
  struct stat about;
  if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size >= size) return NONE;
  return begin(GROW);
}

static enum Action begin_write(int file, off_t size) {
  if (state == NULL || !is_meant(file)) return NONE;
  if (is_socket(file)) return below[0] == '\0' ? begin_on(SEND, file) : NONE;
  const enum Action action = begin(WRITE);
  return action == NONE ? begin_growth(file, size) : action;
}

#define DO_OR_FAIL(action, failure, call)   \
  do {                                      \
    const enum Action chosen = (action);    \
    if (chosen == FAIL) return (failure);   \
    const __typeof__(call) result = (call); \
    after(chosen);                          \
    return result;                          \
  } while (0)

ssize_t write(int file, const void* bytes, size_t count) {
  REAL(write);
  DO_OR_FAIL(begin_write(file, lseek(file, 0, SEEK_CUR) + (off_t)count), -1,
             real(file, bytes, count));
}

ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
  REAL(pwrite);
  DO_OR_FAIL(begin_write(file, offset + (off_t)count), -1, real(file, bytes, count, offset));
}

ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t offset) {
  REAL(pwrite64);
  DO_OR_FAIL(begin_write(file, offset + (off_t)count), -1, real(file, bytes, count, offset));
}

ssize_t read(int file, void* bytes, size_t count) {
  REAL(read);
  if (state == NULL || below[0] != '\0' || !is_socket(file)) return real(file, bytes, count);
  DO_OR_FAIL(begin_on(RECEIVE, file), -1, real(file, bytes, count));
}

static enum Action begin_sync(int file) { return is_meant(file) ? begin(FSYNC) : NONE; }

int fsync(int file) {
  REAL(fsync);
  DO_OR_FAIL(begin_sync(file), -1, real(file));
}

int fdatasync(int file) {
  REAL(fdatasync);
  DO_OR_FAIL(begin_sync(file), -1, real(file));
}

static enum Action begin_resize(int file, off_t size) {
  if (!is_meant(file)) return NONE;
  const enum Action action = begin(WRITE);
  return action == NONE ? begin_growth(file, size) : action;
}

int ftruncate(int file, off_t size) {
  REAL(ftruncate);
  DO_OR_FAIL(begin_resize(file, size), -1, real(file, size));
}

int ftruncate64(int file, off64_t size) {
  REAL(ftruncate64);
  DO_OR_FAIL(begin_resize(file, size), -1, real(file, size));
}

int fallocate(int file, int mode, off_t offset, off_t size) {
  REAL(fallocate);
  DO_OR_FAIL(begin_resize(file, offset + size), -1, real(file, mode, offset, size));
}

// A folder that has become read-only can still be read.
static enum Action begin_open(const char* path, int flags) {
  if (state == NULL || !is_path_meant(path)) return NONE;
  if (below[0] != '\0' && (flags & (O_WRONLY | O_RDWR)) == 0) return NONE;
  return begin(OPEN);
}

static mode_t mode_of(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

#define OPEN_FUNCTION(name)                                           \
  int name(const char* path, int flags, ...) {                        \
    REAL(name);                                                       \
    va_list more;                                                     \
    va_start(more, flags);                                            \
    const mode_t mode = mode_of(flags, more);                         \
    va_end(more);                                                     \
    DO_OR_FAIL(begin_open(path, flags), -1, real(path, flags, mode)); \
  }
OPEN_FUNCTION(open)
OPEN_FUNCTION(open64)

#define OPENAT_FUNCTION(name)                                                 \
  int name(int folder, const char* path, int flags, ...) {                    \
    REAL(name);                                                               \
    va_list more;                                                             \
    va_start(more, flags);                                                    \
    const mode_t mode = mode_of(flags, more);                                 \
    va_end(more);                                                             \
    DO_OR_FAIL(begin_open(path, flags), -1, real(folder, path, flags, mode)); \
  }
OPENAT_FUNCTION(openat)
OPENAT_FUNCTION(openat64)

static enum Action begin_remove(const char* path) {
  return state != NULL && is_path_meant(path) ? begin(REMOVE) : NONE;
}

int unlink(const char* path) {
  REAL(unlink);
  DO_OR_FAIL(begin_remove(path), -1, real(path));
}

int remove(const char* path) {
  REAL(remove);
  DO_OR_FAIL(begin_remove(path), -1, real(path));
}

int rename(const char* from, const char* to) {
  REAL(rename);
  DO_OR_FAIL(begin_remove(from), -1, real(from, to));
}

ssize_t send(int socket, const void* bytes, size_t count, int flags) {
  REAL(send);
  DO_OR_FAIL(begin_on(SEND, socket), -1, real(socket, bytes, count, flags));
}

ssize_t sendto(int socket, const void* bytes, size_t count, int flags,
               const struct sockaddr* address, socklen_t size) {
  REAL(sendto);
  DO_OR_FAIL(begin_on(SEND, socket), -1, real(socket, bytes, count, flags, address, size));
}

ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
  REAL(sendmsg);
  DO_OR_FAIL(begin_on(SEND, socket), -1, real(socket, message, flags));
}

ssize_t recv(int socket, void* bytes, size_t count, int flags) {
  REAL(recv);
  DO_OR_FAIL(begin_on(RECEIVE, socket), -1, real(socket, bytes, count, flags));
}

ssize_t recvfrom(int socket, void* bytes, size_t count, int flags, struct sockaddr* address,
                 socklen_t* size) {
  REAL(recvfrom);
  DO_OR_FAIL(begin_on(RECEIVE, socket), -1, real(socket, bytes, count, flags, address, size));
}

ssize_t recvmsg(int socket, struct msghdr* message, int flags) {
  REAL(recvmsg);
  DO_OR_FAIL(begin_on(RECEIVE, socket), -1, real(socket, message, flags));
}

// --- Statements, by the functions of libpq and DuckDB that the program calls ---------------------

static enum Action begin_statement(const char* text) {
  if (state == NULL) return NONE;
  const uint64_t place = atomic_load(&state->counts[STATEMENT]);
  if (place < STATEMENTS_MAX) {
    snprintf(state->statements[place], TEXT_BYTES, "%s", text == NULL ? "" : text);
  }
  return begin(STATEMENT);
}

// Statements are killed or signalled at, they do not fail: that is the servers' part.
#define STATEMENT_FUNCTION(type, name, parameters, arguments, text) \
  type name parameters {                                            \
    REAL(name);                                                     \
    const enum Action action = begin_statement(text);               \
    type const result = real arguments;                             \
    after(action);                                                  \
    return result;                                                  \
  }

STATEMENT_FUNCTION(void*, PQexec, (void* connection, const char* sql), (connection, sql), sql)
STATEMENT_FUNCTION(void*, PQexecParams,
                   (void* connection, const char* sql, int count, const unsigned* types,
                    const char* const* values, const int* lengths, const int* formats, int format),
                   (connection, sql, count, types, values, lengths, formats, format), sql)
STATEMENT_FUNCTION(int, duckdb_query, (void* connection, const char* sql, void* out),
                   (connection, sql, out), sql)
STATEMENT_FUNCTION(int, duckdb_execute_prepared, (void* statement, void* out), (statement, out),
                   prepared)

int duckdb_prepare(void* connection, const char* sql, void* out) {
  REAL(duckdb_prepare);
  snprintf(prepared, sizeof(prepared), "%s", sql);
  return real(connection, sql, out);
}

// `sent`: the statement is on its way; `after`: its answer has come, and nobody has seen it yet.
int PQsendQueryParams(void* connection, const char* sql, int count, const unsigned* types,
                      const char* const* values, const int* lengths, const int* formats,
                      int format) {
  REAL(PQsendQueryParams);
  const enum Action action = begin_statement(sql);
  const int result = real(connection, sql, count, types, values, lengths, formats, format);
  if (action == KILL_SENT) end();
  if (action == KILL_AFTER) atomic_store(&answer_is_awaited, 1);
  return result;
}

int PQputCopyEnd(void* connection, const char* message) {
  REAL(PQputCopyEnd);
  const enum Action action = begin_statement("end of copy");
  const int result = real(connection, message);
  if (action == KILL_SENT) end();
  if (action == KILL_AFTER) atomic_store(&answer_is_awaited, 1);
  return result;
}

void* PQgetResult(void* connection) {
  REAL(PQgetResult);
  void* const result = real(connection);
  if (atomic_load(&answer_is_awaited)) end();
  return result;
}
