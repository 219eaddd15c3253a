/* Forwards, with a kubectl of our own on PATH: restarts, words, and that none outlives us. */
#include "base/str.h"
#include "sync/forward.h"
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct world {
  char dir[64];
  ob_timing timing;
  int poll_fd;
  ob_forwards *f;
} world;

static void put_file(const world *w, const char *name, const char *text, int mode) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", w->dir, name);
  FILE *out = fopen(path, "w");
  cr_assert(out, "%s", path);
  fputs(text, out);
  fclose(out);
  chmod(path, (mode_t)mode);
}

static char *get_file(const world *w, const char *name) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", w->dir, name);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_err err = {0};
  ob_read_file(path, &text, &err);
  return ob_buf_take(&text, NULL);
}

static void setup(world *w, bool kubectl) {
  *w = (world){.timing = ob_timing_default, .dir = "/tmp/outboard-forward-XXXXXX"};
  cr_assert(mkdtemp(w->dir));
  w->timing.backoff_first_ms = 20;
  w->timing.backoff_max_ms = 40;
  if (kubectl) {
    OB_AUTOFREE char *script =
        ob_asprintf("#!/bin/sh\necho $$ >%s/pid\necho \"$*\" >>%s/args\n"
                    "if [ -f %s/refuse ]; then echo 'error: forbidden' >&2; exit 1; fi\n"
                    "echo 'Forwarding from 127.0.0.1:45678 -> 80'\nexec sleep 1000\n",
                    w->dir, w->dir, w->dir);
    put_file(w, "kubectl", script, 0755);
  }
  OB_AUTOFREE char *path = kubectl ? ob_asprintf("%s:/usr/bin:/bin", w->dir) : ob_strdup(w->dir);
  setenv("PATH", path, 1);
  w->poll_fd = epoll_create1(EPOLL_CLOEXEC);
  w->f = ob_forwards_new(&(ob_session_opts){.kubeconfig = "/k"}, "prod", &w->timing, w->poll_fd);
}

static void teardown(world *w) {
  static const char *const files[] = {"kubectl", "pid", "args", "refuse"};
  ob_forwards_free(w->f);
  close(w->poll_fd);
  for (size_t i = 0; i < OB_LEN(files); i++) {
    OB_AUTOFREE char *path = ob_asprintf("%s/%s", w->dir, files[i]);
    unlink(path);
  }
  rmdir(w->dir);
}

static const ob_service_port ports[] = {{.name = "", .protocol = "TCP", .port = 80},
                                        {.name = "d", .protocol = "UDP", .port = 53}};
static const ob_service web = {
    .o = {.kind = OB_KIND_SERVICE, .ns = "shop", .name = "web"}, .ports = ports, .nports = 2};

static void until(world *w, ob_forward_state state, uint32_t restarts) {
  int64_t end = ob_mono_ms() + 8000;
  for (;;) {
    ob_forwards_work(w->f);
    ob_forward f = ob_forwards_at(w->f, 0);
    if (f.state == state && f.restarts >= restarts) return;
    cr_assert_lt(ob_mono_ms(), end, "still %s: %s", ob_forward_states[f.state], f.why);
    struct pollfd p = {.fd = w->poll_fd, .events = POLLIN};
    poll(&p, 1, 1000);
  }
}

/* Gone, or dead and not yet buried by whoever inherited it. */
static bool is_gone(pid_t pid) {
  for (int i = 0; i < 500; i++) {
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "r");
    if (!in) return true;
    if (fscanf(in, "%*d (%*[^)]) %c", &state) != 1) state = 'Z';
    fclose(in);
    if (state == 'Z') return true;
    usleep(10000);
  }
  return false;
}

static pid_t child_pid(const world *w) {
  OB_AUTOFREE char *text = get_file(w, "pid");
  return (pid_t)strtol(text, NULL, 10);
}

Test(forward, up_and_started_again_on_the_same_port) {
  world w;
  ob_err err = {0};
  uint32_t id, again;
  setup(&w, true);
  cr_assert_eq(ob_forwards_start(w.f, &web, 0, &id, &err), 0, "%s", err.msg);
  until(&w, OB_FORWARD_UP, 0);
  cr_expect_eq(ob_forwards_at(w.f, 0).local, 45678);
  cr_expect_eq(ob_forwards_start(w.f, &web, 0, &again, &err), 0);
  cr_expect_eq(again, id, "the one that is there");
  pid_t first = child_pid(&w);
  kill(first, SIGTERM);
  until(&w, OB_FORWARD_UP, 1);
  OB_AUTOFREE char *args = get_file(&w, "args");
  cr_expect_str_eq(args,
                   "--kubeconfig /k --context prod --namespace shop port-forward svc/web :80\n"
                   "--kubeconfig /k --context prod --namespace shop port-forward svc/web "
                   "45678:80\n");
  pid_t second = child_pid(&w);
  cr_expect_neq(first, second);
  ob_forwards_stop(w.f, id);
  cr_expect(is_gone(second));
  cr_expect_eq(ob_forwards_len(w.f), 0);
  teardown(&w);
}

Test(forward, what_never_comes_up_is_given_up) {
  world w;
  ob_err err = {0};
  uint32_t id;
  setup(&w, true);
  put_file(&w, "refuse", "", 0644);
  cr_assert_eq(ob_forwards_start(w.f, &web, 0, &id, &err), 0, "%s", err.msg);
  until(&w, OB_FORWARD_FAILED, OB_FORWARD_TRIES - 1);
  cr_expect_str_eq(ob_forwards_at(w.f, 0).why, "forbidden");
  cr_expect_eq(ob_forwards_start(w.f, &web, 1, &id, &err), -OB_EUNSUPPORTED, "UDP");
  teardown(&w);
}

Test(forward, without_kubectl_the_line_is_told) {
  world w;
  ob_err err = {0};
  uint32_t id;
  setup(&w, false);
  cr_expect_eq(ob_forwards_start(w.f, &web, 0, &id, &err), -OB_ENOTFOUND);
  cr_expect_str_eq(err.hint,
                   "kubectl --kubeconfig /k --context prod -n shop port-forward svc/web :80");
  cr_expect_eq(ob_forwards_len(w.f), 0);
  teardown(&w);
}

/* The program is killed in a way that it cannot notice. */
Test(forward, none_outlives_the_program) {
  world w;
  setup(&w, true);
  pid_t program = fork();
  if (program == 0) {
    ob_err err = {0};
    uint32_t id;
    ob_forwards_start(w.f, &web, 0, &id, &err);
    for (;;) {
      ob_forwards_work(w.f);
      usleep(10000);
    }
  }
  pid_t pid = 0;
  for (int i = 0; i < 500 && pid == 0; i++) {
    usleep(10000);
    OB_AUTOFREE char *path = ob_asprintf("%s/pid", w.dir);
    if (access(path, R_OK) == 0) pid = child_pid(&w);
  }
  cr_assert_gt(pid, 1);
  cr_expect_eq(kill(pid, 0), 0);
  kill(program, SIGKILL);
  waitpid(program, NULL, 0);
  cr_expect(is_gone(pid), "kubectl %d lives on", (int)pid);
  teardown(&w);
}
