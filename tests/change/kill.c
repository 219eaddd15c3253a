/* Carries out a plan and is killed at the Nth named point on the way: what the program leaves
 * behind then. The points lie in the seams that a linker can wrap (see CMakeLists.txt), so that the
 * program under test has none of them in it.
 *
 *   change-kill KUBECONFIG NAMESPACE JOURNAL PLAN N     N 0: not at all
 *
 * Before, in the middle of and after each write to the journal, before and after each fsync, before
 * and after a request is handed to the transport, when its answer has come. */
#include "base/clock.h"
#include "base/str.h"
#include "kube/http.h"
#include "outboard/change.h"
#include "outboard/session.h"
#include "sync/apply_priv.h"
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int left = -1; /* points until the end; -1: not counting */

static bool is_next(void) {
  return atomic_load(&left) == 1;
}

static void point(const char *name) {
  if (atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1) != 1) return;
  (void)!syscall(SYS_write, STDOUT_FILENO, name, strlen(name));
  kill(getpid(), SIGKILL);
}

static bool is_file(int fd) {
  struct stat st;
  return atomic_load(&left) >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_fsync(int fd);
ob_http_call *__real_ob_http_start(ob_http *h, const ob_http_request *r);
void __real_ob_job_note(ob_job *j, const ob_http_result *res);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
ob_http_call *__wrap_ob_http_start(ob_http *h, const ob_http_request *r);
void __wrap_ob_job_note(ob_job *j, const ob_http_result *res);

ssize_t __wrap_write(int fd, const void *bytes, size_t n) {
  if (!is_file(fd)) return __real_write(fd, bytes, n);
  point("before a record");
  if (is_next()) (void)!__real_write(fd, bytes, n / 2);
  point("in a record");
  ssize_t done = __real_write(fd, bytes, n);
  point("after a record");
  return done;
}

int __wrap_fsync(int fd) {
  point("before the disk");
  int rc = __real_fsync(fd);
  point("after the disk");
  return rc;
}

ob_http_call *__wrap_ob_http_start(ob_http *h, const ob_http_request *r) {
  bool writes = r->method && strcmp(r->method, "GET") != 0 && !strstr(r->path, "subjectaccess");
  if (writes) point("before a request");
  ob_http_call *call = __real_ob_http_start(h, r);
  if (writes) point("after a request");
  return call;
}

void __wrap_ob_job_note(ob_job *j, const ob_http_result *res) {
  point("at an answer");
  __real_ob_job_note(j, res);
}

static int fail(const char *what, const ob_err *err) {
  fprintf(stderr, "change-kill: %s: %s\n", what, err->msg);
  return 2;
}

int main(int argc, char *argv[]) {
  if (argc != 6) return 2;
  ob_err err = {0};
  OB_AUTO(ob_buf) config = OB_BUF_INIT(1 << 20);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  ob_plan *p = NULL;
  ob_session *s = NULL;
  if (ob_read_file(argv[1], &config, &err) < 0 || ob_read_file(argv[4], &text, &err) < 0 ||
      ob_plan_read(&p, ob_buf_str(&text), text.len, argv[4], &err) < 0)
    return fail("reading", &err);
  const ob_session_opts opts = {.kubeconfig_text = ob_buf_str(&config),
                                .ns = argv[2],
                                .kinds = 1u << OB_KIND_SERVICE,
                                .journal = argv[3]};
  if (ob_session_open(&s, &opts, &err) < 0) return fail("opening", &err);
  atomic_store(&left, atoi(argv[5]));
  if (!atoi(argv[5])) atomic_store(&left, -1);
  uint32_t id = ob_session_apply(s, p, 0);
  for (bool over = false; !over;) {
    ob_session_pump(s, 0);
    for (ob_reply r; ob_session_next_reply(s, &r); ob_reply_done(&r))
      over |= r.id == id && r.report && ob_apply_ended(r.report->phase);
    struct pollfd fd = {.fd = ob_session_fd(s), .events = POLLIN};
    poll(&fd, 1, 50);
  }
  atomic_store(&left, -1);
  ob_session_close(s);
  ob_plan_free(p);
  return 0;
}
