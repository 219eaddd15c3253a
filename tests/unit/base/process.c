/* Programs run beside us: what they get, what is collected, and that nothing of them stays. */
#include "base/process.h"
#include "base/clock.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static ob_process *start(const char *script, size_t out_max) {
  const char *argv[] = {"/bin/sh", "-c", script, NULL};
  ob_process *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_process_start(
                   &p, &(ob_process_opts){.argv = argv, .out_max = out_max, .err_max = 64}, &err),
               0, "%s", err.msg);
  return p;
}

static bool run(ob_process *p, int ms) {
  for (int64_t end = ob_mono_ms() + ms; ob_mono_ms() < end;) {
    if (ob_process_work(p)) return true;
    int fds[OB_PROCESS_FDS];
    struct pollfd polls[OB_PROCESS_FDS];
    size_t n = ob_process_fds(p, fds);
    for (size_t i = 0; i < n; i++) polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    poll(polls, (nfds_t)n, 50);
  }
  return false;
}

static void expect(const char *script, int code, const char *out, const char *err) {
  OB_AUTOPTR(ob_process) p = start(script, 100000);
  cr_assert(run(p, 20000), "%s: does not end", script);
  cr_expect_eq(ob_process_exit(p), code, "%s: exit %d", script, ob_process_exit(p));
  cr_expect_str_eq(ob_buf_str(ob_process_out(p)), out, "%s", script);
  cr_expect_str_eq(ob_buf_str(ob_process_err(p)), err, "%s", script);
}

Test(process, output_and_exit) {
  expect("echo out; echo err >&2; exit 3", 3, "out\n", "err\n");
  expect("kill -9 $$", 128 + 9, "", "");
  expect("cat; echo end", 0, "end\n", "");                       /* stdin is at its end */
  expect("sleep 60 & echo left-behind", 0, "left-behind\n", ""); /* its pipe stays open */
  expect("(echo x) 2>/dev/null </dev/tty || echo no terminal", 0, "no terminal\n", "");
}

Test(process, limits) {
  OB_AUTOPTR(ob_process) p = start("while :; do echo 0123456789; done", 5000);
  cr_assert(run(p, 20000));
  cr_expect(ob_process_overflowed(p));
  cr_expect_leq(ob_process_out(p)->len, 5000);
  OB_AUTOPTR(ob_process)
  q = start("i=0; while [ $i -lt 999 ]; do echo line $i >&2; i=$((i+1)); done", 10);
  cr_assert(run(q, 20000));
  const ob_buf *err = ob_process_err(q);
  cr_expect_leq(err->len, 129);
  cr_expect(ob_ends(ob_buf_str(err), "line 998\n"), "the last lines are kept: %s", ob_buf_str(err));
}

/* Only 0, 1 and 2 are open, whatever we have; signals are as a shell expects them. */
Test(process, inherits_nothing) {
  int ours[3] = {open("/dev/null", O_RDONLY), open("/dev/null", O_RDONLY), -1};
  ours[2] = fcntl(ours[0], F_DUPFD, 57);
  signal(SIGPIPE, SIG_IGN);
  sigset_t block;
  sigfillset(&block);
  sigprocmask(SIG_BLOCK, &block, NULL);
  /* readlink and not ls: a tool opens descriptors of its own. */
  expect("for f in 3 4 5 6 7 8 9 10 11 12 13 57; do [ -e /proc/$$/fd/$f ] && echo open $f; done; "
         "grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -d '\\t'",
         0, "SigBlk:0000000000000000\nSigIgn:0000000000000000\n", "");
}

static pid_t pid_said(ob_process *p) {
  int64_t pid = 0;
  for (int64_t end = ob_mono_ms() + 10000; !pid && ob_mono_ms() < end; usleep(10000)) {
    ob_process_work(p);
    OB_AUTOFREE char *text = ob_strdup(ob_buf_str(ob_process_out(p)));
    text[strcspn(text, "\n")] = '\0';
    ob_parse_int(text, 1, INT32_MAX, &pid);
  }
  cr_assert_gt(pid, 0);
  return (pid_t)pid;
}

static bool gone(pid_t pid) {
  for (int i = 0; i < 200; i++) {
    if (kill(pid, 0) < 0 && errno == ESRCH) return true;
    usleep(10000);
  }
  return false;
}

Test(process, freed_is_ended_and_reaped_with_all_it_started) {
  ob_process *p = start("trap '' TERM; sleep 100 & echo $!; wait; wait; sleep 100", 1000);
  pid_t grandchild = pid_said(p);
  ob_process_free(p);
  cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "a zombie is left");
  cr_expect_eq(errno, ECHILD);
  /* init may reap it late: a zombie of somebody else's counts as gone. */
  if (!gone(grandchild)) {
    OB_AUTOFREE char *path = ob_asprintf("/proc/%d/stat", grandchild);
    OB_AUTO(ob_buf) stat = OB_BUF_INIT(4096);
    cr_expect(ob_read_file(path, &stat, NULL) != 0 || strstr(ob_buf_str(&stat), ") Z "),
              "%d still runs: %s", grandchild, ob_buf_str(&stat));
  }
}

Test(process, what_cannot_be_run) {
  static const struct {
    const char *name;
    ob_code code;
  } rows[] = {{"no-such-program-anywhere", OB_ENOTFOUND},
              {"/no/such/program", OB_ENOTFOUND},
              {"/etc/passwd", OB_EIO},
              {"/tmp", OB_EIO},
              {"", OB_ENOTFOUND}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    const char *argv[] = {rows[i].name, NULL};
    ob_process *p = NULL;
    ob_err err = {0};
    int rc =
        ob_process_start(&p, &(ob_process_opts){.argv = argv, .out_max = 10, .err_max = 10}, &err);
    cr_expect_eq(rc, -(int)rows[i].code, "%s: %d %s", rows[i].name, rc, err.msg);
    cr_expect_null(p);
  }
}

/* A program in the working directory is not run because PATH has an empty or relative folder. */
Test(process, path_is_absolute) {
  char dir[] = "/tmp/outboard-path-XXXXXX";
  cr_assert(mkdtemp(dir));
  cr_assert_eq(chdir(dir), 0);
  FILE *f = fopen("here", "w");
  fputs("#!/bin/sh\necho found\n", f);
  fclose(f);
  cr_assert_eq(chmod("here", 0755), 0);
  const char *argv[] = {"here", NULL};
  ob_process_opts o = {.argv = argv, .out_max = 100, .err_max = 10};
  ob_process *p = NULL;
  setenv("PATH", ":.:/usr/bin", 1);
  cr_expect_eq(ob_process_start(&p, &o, NULL), -(int)OB_ENOTFOUND);
  OB_AUTOFREE char *path = ob_asprintf("/usr/bin:%s", dir);
  setenv("PATH", path, 1);
  cr_assert_eq(ob_process_start(&p, &o, NULL), 0);
  cr_expect(run(p, 10000));
  cr_expect_str_eq(ob_buf_str(ob_process_out(p)), "found\n");
  ob_process_free(p);
  remove("here");
  rmdir(dir);
}
