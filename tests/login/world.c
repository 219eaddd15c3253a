/* See world.h. Watches last a second or two, so that what a new credential does is seen soon. */
#include "login/world.h"
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 30000, SEVERAL_WATCHES_MS = 3200 };

static const ob_timing quick = {
    .connect_ms = 5000,
    .request_ms = 10000,
    .list_stall_ms = 5000,
    .dead_peer_ms = 5000,
    .watch_min_s = 1,
    .watch_max_s = 2,
    .watch_grace_ms = 5000,
    .bookmark_ms = 60000,
    .backoff_first_ms = 50,
    .backoff_max_ms = 400,
    .backoff_reset_ms = 2000,
    .forbidden_first_ms = 100,
    .forbidden_ms = 300,
    .rediscover_ms = 60000,
    .relist_ms = 600000,
    .token_file_ms = 300,
    .rotate_ms = 300,
    .plugin_ms = 20000,
    .plugin_terminal_ms = 20000,
    .frame_ms = 1,
    .clock_tick_ms = 100,
};

/* --- files --- */

char *world_path(const world *w, const char *name) {
  return ob_asprintf("%s/%s", w->dir, name);
}

void world_write(const world *w, const char *name, const char *text) {
  OB_AUTOFREE char *path = world_path(w, name), *temp = ob_asprintf("%s.new", path);
  FILE *f = fopen(temp, "w");
  cr_assert(f, "%s", temp);
  fputs(text, f);
  cr_assert(fclose(f) == 0 && chmod(temp, 0600) == 0 && rename(temp, path) == 0, "%s", path);
}

char *world_read(const world *w, const char *name) {
  OB_AUTOFREE char *path = world_path(w, name);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_read_file(path, &b, NULL);
  return ob_buf_take(&b, NULL);
}

int world_lines(const world *w, const char *name) {
  OB_AUTOFREE char *text = world_read(w, name);
  int n = 0;
  for (const char *c = text; *c; c++) n += *c == '\n';
  return n;
}

void world_script(const world *w, const char *name, const char *text) {
  OB_AUTOFREE char *all = ob_asprintf("#!/bin/sh\nD=%s\n%s\n", w->dir, text);
  OB_AUTOFREE char *path = world_path(w, name);
  world_write(w, name, all);
  cr_assert_eq(chmod(path, 0700), 0);
}

/* --- servers --- */

static char *fixture(const char *name) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", getenv("OUTBOARD_CLUSTER"), name);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_err err;
  cr_assert_eq(ob_read_file(path, &b, &err), 0, "%s", err.msg);
  char *text = ob_buf_take(&b, NULL);
  text[strcspn(text, "\r\n")] = '\0';
  return text;
}

void world_open(world *w) {
  *w = (world){0};
  const char *folder = getenv("OUTBOARD_CLUSTER");
  w->real = folder && *folder;
  snprintf(w->dir, sizeof w->dir, "/tmp/outboard-login-XXXXXX");
  cr_assert(mkdtemp(w->dir));
  w->admin = ct_open(&(ob_sim_opts){.empty = true, .token = "the-first", .bookmark_ms = 500});
  if (w->real) {
    w->first = fixture("admin.token");
    w->next = fixture("admin-next.token");
    w->nobody = fixture("nobody.token");
  } else {
    w->first = ob_strdup("the-first");
    w->next = ob_strdup("the-next");
    w->nobody = ob_strdup("nobody-s");
  }
  int64_t port = 0;
  cr_assert(ob_parse_int(strrchr(w->admin->url, ':') + 1, 1, 65535, &port));
  w->wire = ob_wire_start((int)port);
  cr_assert(w->wire);
  w->server = ob_asprintf("https://127.0.0.1:%d", ob_wire_port(w->wire));
  world_write(w, "ca.crt", w->admin->ca);
}

void world_close(world *w) {
  ob_session_close(w->session);
  ob_wire_stop(w->wire);
  ct_close(w->admin);
  OB_AUTOFREE char *rm = ob_asprintf("rm -rf %s", w->dir);
  FILE *p = popen(rm, "r");
  if (p) pclose(p);
  char *all[] = {w->first, w->next, w->nobody, w->server};
  for (size_t i = 0; i < OB_LEN(all); i++) free(all[i]);
}

void world_revoke_first(world *w) {
  if (w->real) return;
  ob_sim_token_set(w->admin->sim, w->next);
  free(w->admin->token);
  w->admin->token = ob_strdup(w->next);
}

/* --- the session --- */

bool world_live(const world *w) {
  const ob_cluster *c = ob_session_cluster(w->session);
  return ob_session_status_get(w->session)->conn == OB_CONN_LIVE &&
         ob_cluster_kind(c, OB_KIND_SERVICE)->phase == OB_LIVE;
}

bool world_until(world *w, bool (*fn)(const world *w), int ms) {
  for (int64_t end = ob_mono_ms() + ms; ob_mono_ms() < end;) {
    ob_session_pump(w->session, 0);
    if (fn(w)) return true;
    struct pollfd p = {.fd = ob_session_fd(w->session), .events = POLLIN};
    poll(&p, 1, 50);
  }
  return false;
}

static const ob_err *why(const world *w) {
  const ob_kind_state *k = ob_cluster_kind(ob_session_cluster(w->session), OB_KIND_SERVICE);
  return k->err.code ? &k->err : &ob_session_status_get(w->session)->err;
}

void world_open_session(world *w, ob_session_opts opts) {
  ob_err err = {0};
  opts.scope = OB_SCOPE_ALL;
  opts.kinds = 1u << OB_KIND_SERVICE;
  opts.timing = &quick;
  cr_assert_eq(ob_session_open(&w->session, &opts, &err), 0, "%s", err.msg);
  cr_assert(world_until(w, world_live, WAIT_MS), "not live: %s (%s)", why(w)->msg, why(w)->hint);
}

void world_login(world *w, const char *user, const char *cluster) {
  OB_AUTOFREE char *usual = ob_asprintf("server: '%s', certificate-authority: ca.crt", w->server);
  OB_AUTOFREE char *text = ob_asprintf(
      "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: k\n  cluster: {%s}\n"
      "users:\n- name: u\n  user: {%s}\ncontexts:\n- name: c\n  context: {cluster: k, user: u}\n",
      cluster ? cluster : usual, user);
  world_write(w, "kubeconfig", text);
  OB_AUTOFREE char *path = world_path(w, "kubeconfig");
  world_open_session(w, (ob_session_opts){.kubeconfig = path});
}

static bool sees(const world *w) {
  OB_AUTOFREE char *name = ob_asprintf("made-%d", w->seen);
  return ob_cluster_find(ob_session_cluster(w->session), OB_KIND_SERVICE, w->admin->ns, name) !=
         NULL;
}

void world_works(world *w, const char *when) {
  OB_AUTOFREE char *name = ob_asprintf("made-%d", ++w->seen);
  ct_service(w->admin, name, "'ports':[{'port':80}]");
  cr_assert(world_until(w, sees, WAIT_MS), "%s: %s is not seen: %s", when, name, why(w)->msg);
  cr_assert(world_until(w, world_live, WAIT_MS), "%s: not live: %s", when, why(w)->msg);
}

static bool never(const world *w) {
  (void)w;
  return false;
}

void world_goes_on(world *w, const char *when) {
  world_works(w, when);
  world_until(w, never, SEVERAL_WATCHES_MS);
  world_works(w, when);
}

static bool says_one_of(const world *w) {
  if (world_live(w)) return false;
  for (const char *word = w->words; *word;) {
    OB_AUTOFREE char *part = ob_strndup(word, strcspn(word, "|"));
    if (strstr(why(w)->msg, part)) return true;
    word += strlen(part);
    word += *word == '|';
  }
  return false;
}

void world_stops(world *w, const char *when, const char *words) {
  w->words = words;
  cr_assert(world_until(w, says_one_of, WAIT_MS), "%s: %s, and says \"%s\", none of %s", when,
            world_live(w) ? "still live" : "not live", why(w)->msg, words);
}
