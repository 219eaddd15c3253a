/* See journal.h. Readers and writers meet under flock() on the file itself; a writer that finds the
 * file replaced since it opened it opens the new one. */
#include "sync/journal.h"

#include "base/clock.h"
#include "base/dirs.h"
#include "base/json.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const state_names[] = {"under way", "broken off", "done",    "failed",
                                          "partial",   "undone",     "finished"};

const char *ob_entry_state_name(ob_entry_state s) {
  return state_names[s];
}

struct ob_journal {
  char *path;
  int fd;
};

char *ob_journal_path(void) {
  OB_AUTOFREE char *dir = ob_dir_state();
  return dir ? ob_asprintf("%s/journal", dir) : NULL;
}

/* --- the file ------------------------------------------------------------------------------ */
static int make_folders(const char *path, ob_err *err) {
  OB_AUTOFREE char *copy = ob_strdup(path);
  for (char *at = copy + 1; (at = strchr(at, '/')); *at++ = '/') {
    *at = '\0';
    if (mkdir(copy, 0700) == 0 || errno == EEXIST) continue;
    return ob_fail(err, OB_EIO, "%s: %s", copy, strerror(errno));
  }
  return 0;
}

static int open_file(const char *path, ob_err *err) {
  int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) return fd;
  if (errno == ELOOP) {
    ob_fail(err, OB_EIO, "%s: a symbolic link; the journal is not written through one", path);
    return ob_hint(err, "remove the link");
  }
  return ob_fail(err, OB_EIO, "%s: %s", path, strerror(errno));
}

/* Locks the file that the path names now. */
static int lock(ob_journal *j, ob_err *err) {
  for (int tries = 0; tries < 8; tries++) {
    if (j->fd < 0) j->fd = open_file(j->path, err);
    if (j->fd < 0) return j->fd;
    while (flock(j->fd, LOCK_EX) < 0)
      if (errno != EINTR) return ob_fail(err, OB_EIO, "%s: %s", j->path, strerror(errno));
    struct stat here, there;
    if (fstat(j->fd, &here) == 0 && stat(j->path, &there) == 0 && here.st_ino == there.st_ino)
      return 0;
    close(j->fd);
    j->fd = -1;
  }
  return ob_fail(err, OB_EIO, "%s: it is replaced again and again", j->path);
}

static void unlock(ob_journal *j) {
  if (j->fd >= 0) (void)flock(j->fd, LOCK_UN);
}

int ob_journal_open(ob_journal **ret, const char *path, ob_err *err) {
  *ret = NULL;
  char *at = path ? ob_strdup(path) : ob_journal_path();
  if (!at) {
    ob_fail(err, OB_EIO, "no place for the journal: neither $XDG_STATE_HOME nor $HOME is set");
    return ob_hint(err, "set one of them");
  }
  ob_journal *j = ob_calloc(1, sizeof *j);
  *j = (ob_journal){.path = at, .fd = -1};
  int rc = make_folders(at, err);
  if (rc == 0 && (j->fd = open_file(at, err)) < 0) rc = j->fd;
  if (rc < 0) {
    ob_journal_close(j);
    return rc;
  }
  *ret = j;
  return 0;
}

void ob_journal_close(ob_journal *j) {
  if (!j) return;
  if (j->fd >= 0) close(j->fd);
  free(j->path);
  free(j);
}

static int write_all(int fd, const char *bytes, size_t n) {
  while (n) {
    ssize_t k = write(fd, bytes, n);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return -1;
    bytes += k;
    n -= (size_t)k;
  }
  return 0;
}

/* The newer half of the lines in a new file that takes the old one's place. The lock on the old one
 * is held; it goes with it. */
static int shrink(ob_journal *j, ob_err *err) {
  OB_AUTO(ob_buf) all = OB_BUF_INIT((size_t)OB_JOURNAL_MAX * 4);
  int rc = ob_read_file(j->path, &all, err);
  if (rc) return rc;
  const char *keep = ob_buf_str(&all) + all.len / 2;
  const char *line = memchr(keep, '\n', all.len - all.len / 2);
  keep = line ? line + 1 : ob_buf_str(&all) + all.len;
  OB_AUTOFREE char *temp = ob_asprintf("%s.new", j->path);
  (void)unlink(temp);
  int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool ok = fd >= 0 && write_all(fd, keep, all.len - (size_t)(keep - ob_buf_str(&all))) == 0 &&
            fsync(fd) == 0;
  if (fd >= 0) close(fd);
  if (!ok || rename(temp, j->path) < 0) {
    ob_fail(err, OB_EIO, "%s: %s", temp, strerror(errno));
    (void)unlink(temp);
    return -(int)OB_EIO;
  }
  close(j->fd);
  j->fd = -1;
  return lock(j, err);
}

/* A line of its own even behind a record that was cut. */
static int append(ob_journal *j, const ob_json *record, ob_err *err) {
  OB_AUTO(ob_buf) line = OB_BUF_INIT((size_t)OB_PLAN_MAX * 4);
  ob_json_print(&line, record);
  ob_buf_addc(&line, '\n');
  if (line.failed) return ob_fail(err, OB_ELIMIT, "the journal's record is too large");
  int rc = lock(j, err);
  struct stat st;
  if (rc == 0 && fstat(j->fd, &st) == 0 && st.st_size > OB_JOURNAL_MAX) rc = shrink(j, err);
  if (rc == 0 && fstat(j->fd, &st) == 0 && st.st_size > 0) {
    char last = '\n';
    if (pread(j->fd, &last, 1, st.st_size - 1) == 1 && last != '\n') (void)!write(j->fd, "\n", 1);
  }
  if (rc == 0 && (write_all(j->fd, ob_buf_str(&line), line.len) < 0 || fsync(j->fd) < 0))
    rc = ob_fail(err, OB_EIO, "%s: %s", j->path, strerror(errno));
  unlock(j);
  return rc;
}

/* --- records --------------------------------------------------------------------------------- */
static ob_json *record(uint64_t id, const char *op) {
  ob_json *r = ob_json_new_object();
  ob_json_put_int(r, "id", (int64_t)id);
  ob_json_put_str(r, "op", op);
  return r;
}

/* When a process began, in ticks since the machine did: a number alone may be another process by
 * now. -1: there is none, 0: unknown (no /proc). */
static int64_t born(int64_t pid) {
  if (pid <= 0 || pid > INT32_MAX || (kill((pid_t)pid, 0) < 0 && errno != EPERM)) return -1;
  OB_AUTOFREE char *path = ob_asprintf("/proc/%lld/stat", (long long)pid);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  enum { FIELDS_BEHIND_NAME = 20 };
  if (ob_read_file(path, &text, NULL) < 0) return 0;
  const char *at = strrchr(ob_buf_str(&text), ')');
  for (int i = 0; at && i < FIELDS_BEHIND_NAME; i++) at = strchr(at + 1, ' ');
  int64_t ticks = 0;
  OB_AUTOFREE char *number = at ? ob_strndup(at + 1, strcspn(at + 1, " ")) : NULL;
  return number && ob_parse_int(number, 0, INT64_MAX, &ticks) ? ticks : 0;
}

uint64_t ob_journal_begin(ob_journal *j, const char *context, const char *server, const ob_plan *p,
                          uint64_t of, ob_err *err) {
  uint32_t noise;
  ob_random(&noise, sizeof noise);
  uint64_t id = (uint64_t)ob_wall_ms() * 1000 + noise % 1000;
  OB_AUTOPTR(ob_json) r = record(id, "begin");
  ob_json_put_int(r, "at", ob_wall_ms());
  ob_json_put_int(r, "pid", getpid());
  ob_json_put_int(r, "born", born(getpid()));
  ob_json_put_str(r, "context", context);
  ob_json_put_str(r, "server", server);
  if (of) ob_json_put_int(r, p->finishes ? "finishes" : "undoOf", (int64_t)of);
  ob_json_put(r, "plan", ob_plan_to_json(p));
  return append(j, r, err) < 0 ? 0 : id;
}

int ob_journal_send(ob_journal *j, uint64_t id, size_t sent, ob_err *err) {
  OB_AUTOPTR(ob_json) r = record(id, "send");
  ob_json_put_int(r, "sent", (int64_t)sent);
  return append(j, r, err);
}

int ob_journal_step(ob_journal *j, uint64_t id, size_t done, ob_err *err) {
  OB_AUTOPTR(ob_json) r = record(id, "step");
  ob_json_put_int(r, "done", (int64_t)done);
  return append(j, r, err);
}

int ob_journal_end(ob_journal *j, uint64_t id, ob_entry_state state, const ob_plan *p,
                   const char *note, ob_err *err) {
  OB_AUTOPTR(ob_json) r = record(id, "end");
  ob_json_put_str(r, "state", state_names[state]);
  if (note) ob_json_put_str(r, "note", note);
  if (p) ob_json_put(r, "plan", ob_plan_to_json(p));
  return append(j, r, err);
}

/* --- reading
 * --------------------------------------------------------------------------------------- */
static ob_entry *entry_of(ob_history *h, uint64_t id) {
  for (size_t i = h->n; i-- > 0;)
    if (h->entries[i].id == id) return &h->entries[i];
  return NULL;
}

static void entry_done(ob_entry *e) {
  free(e->context);
  free(e->server);
  free(e->note);
  ob_plan_free(e->plan);
}

static bool lives(const ob_json *begin) {
  int64_t then = ob_json_get_int(begin, "born", 0), now = born(ob_json_get_int(begin, "pid", 0));
  return now >= 0 && (!then || !now || then == now);
}

/* Only the newest count, however many somebody wrote. */
static void drop_oldest(ob_history *h) {
  size_t drop = h->n > OB_JOURNAL_ENTRIES ? h->n - OB_JOURNAL_ENTRIES : 0;
  for (size_t i = 0; i < drop; i++) entry_done(&h->entries[i]);
  h->n -= drop;
  memmove(h->entries, h->entries + drop, h->n * sizeof *h->entries);
}

static void take_begin(ob_history *h, uint64_t id, const ob_json *r) {
  ob_plan *plan = NULL;
  if (entry_of(h, id) || ob_plan_from_json(&plan, ob_json_get(r, "plan"), NULL) < 0) return;
  if (h->n == (size_t)2 * OB_JOURNAL_ENTRIES) drop_oldest(h);
  h->entries = ob_reallocarray(h->entries, h->n + 1, sizeof *h->entries);
  h->entries[h->n++] = (ob_entry){
      .id = id,
      .undo_of = (uint64_t)ob_json_get_int(r, "undoOf", 0),
      .finishes = (uint64_t)ob_json_get_int(r, "finishes", 0),
      .at_ms = ob_json_get_int(r, "at", 0),
      .state = lives(r) ? OB_ENTRY_UNDER_WAY : OB_ENTRY_BROKEN_OFF,
      .context = ob_strdup(ob_or(ob_json_get_str(r, "context"), "")),
      .server = ob_strdup(ob_or(ob_json_get_str(r, "server"), "")),
      .plan = plan};
}

static void take_end(ob_history *h, ob_entry *e, const ob_json *r) {
  const char *state = ob_json_get_str(r, "state");
  for (size_t i = OB_ENTRY_BROKEN_OFF; i < OB_LEN(state_names); i++)
    if (ob_streq(state, state_names[i])) e->state = (ob_entry_state)i;
  free(e->note);
  e->note = ob_strdup_opt(ob_json_get_str(r, "note"));
  ob_plan *plan = NULL;
  if (ob_json_get(r, "plan") && ob_plan_from_json(&plan, ob_json_get(r, "plan"), NULL) == 0) {
    ob_plan_free(e->plan);
    e->plan = plan;
  }
  if (e->state != OB_ENTRY_DONE) return;
  ob_entry *of = entry_of(h, e->undo_of ? e->undo_of : e->finishes);
  if (of) of->state = e->undo_of ? OB_ENTRY_UNDONE : OB_ENTRY_FINISHED;
}

static void take_line(ob_history *h, const char *line, size_t n) {
  OB_AUTOPTR(ob_json) r = ob_json_parse(line, n, OB_JSON_LENIENT, NULL);
  const char *op = ob_json_get_str(r, "op");
  uint64_t id = (uint64_t)ob_json_get_int(r, "id", 0);
  if (!op || !id) return;
  ob_entry *e = entry_of(h, id);
  if (ob_streq(op, "begin"))
    take_begin(h, id, r);
  else if (e && ob_streq(op, "send"))
    e->steps_sent = (size_t)ob_json_get_int(r, "sent", 0);
  else if (e && ob_streq(op, "step"))
    e->steps_done = (size_t)ob_json_get_int(r, "done", 0);
  else if (e && ob_streq(op, "end"))
    take_end(h, e, r);
}

static void newest_first(ob_history *h) {
  drop_oldest(h);
  for (size_t i = 0; i < h->n / 2; i++) {
    ob_entry swap = h->entries[i];
    h->entries[i] = h->entries[h->n - 1 - i];
    h->entries[h->n - 1 - i] = swap;
  }
}

int ob_history_load(ob_history **ret, const char *path, ob_err *err) {
  *ret = NULL;
  char *at = path ? ob_strdup(path) : ob_journal_path();
  ob_history *h = ob_calloc(1, sizeof *h);
  h->path = at ? at : ob_strdup("");
  OB_AUTO(ob_buf) all = OB_BUF_INIT((size_t)OB_JOURNAL_MAX * 4);
  struct stat st;
  bool there = at && stat(at, &st) == 0;
  int rc = there ? ob_read_file(at, &all, err) : 0;
  if (rc) {
    ob_history_free(h);
    return rc;
  }
  for (const char *p = ob_buf_str(&all), *end = p + all.len, *nl; p < end; p = nl + 1) {
    nl = memchr(p, '\n', (size_t)(end - p));
    if (!nl) break; /* cut */
    take_line(h, p, (size_t)(nl - p));
  }
  if (h->n) newest_first(h);
  *ret = h;
  return 0;
}

void ob_history_free(ob_history *h) {
  if (!h) return;
  for (size_t i = 0; i < h->n; i++) entry_done(&h->entries[i]);
  free(h->entries);
  free(h->path);
  free(h);
}

/* An undoing takes a change back; what takes an undoing back is a change again. What an entry takes
 * back is older: entries that name each other lead no further. */
static bool undoing(const ob_history *h, const ob_entry *e) {
  bool is = false;
  for (const ob_entry *end = h->entries + h->n; e->undo_of;) {
    const ob_entry *older = e + 1;
    while (older < end && older->id != e->undo_of) older++;
    is = !is;
    if (older == end) break;
    e = older;
  }
  return is;
}

const ob_entry *ob_history_last(const ob_history *h, const char *server, bool redo) {
  for (size_t i = 0; i < h->n; i++) {
    const ob_entry *e = &h->entries[i];
    if (e->state != OB_ENTRY_DONE || !ob_streq(e->server, server)) continue;
    if (redo == undoing(h, e)) return e;
    if (redo && !e->undo_of) return NULL; /* a new change since: nothing is there to do again */
  }
  return NULL;
}

const ob_entry *ob_history_broken(const ob_history *h, const char *server) {
  for (size_t i = 0; i < h->n; i++) {
    const ob_entry *e = &h->entries[i];
    bool broken = e->state == OB_ENTRY_BROKEN_OFF || e->state == OB_ENTRY_PARTIAL;
    if (broken && ob_streq(e->server, server)) return e;
  }
  return NULL;
}
