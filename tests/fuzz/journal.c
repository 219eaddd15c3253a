/* The journal as somebody left it: entries in order, states that exist, and the next change is
 * written behind whatever stands there. */
#include "sync/journal.h"
#include "base/str.h"
#include "fuzz.h"
#include <fcntl.h>
#include <unistd.h>

static void look(const ob_history *h) {
  for (size_t i = 0; i < h->n; i++) {
    const ob_entry *e = &h->entries[i];
    FUZZ_HOLDS(e->id && e->plan && e->context && e->server && e->state <= OB_ENTRY_FINISHED);
    fuzz_show(e->context, strlen(e->context));
    for (int redo = 0; redo < 2; redo++) {
      const ob_entry *last = ob_history_last(h, e->server, redo);
      FUZZ_HOLDS(!last || last->state == OB_ENTRY_DONE);
    }
  }
}

static size_t load(const char *path) {
  ob_history *h = NULL;
  ob_err err = {0};
  if (ob_history_load(&h, path, &err) < 0) {
    fuzz_told(&err);
    return 0;
  }
  FUZZ_HOLDS(h->n <= OB_JOURNAL_ENTRIES);
  look(h);
  size_t n = h->n;
  ob_history_free(h);
  return n;
}

static void append(const char *path) {
  ob_err err = {0};
  ob_journal *j = NULL;
  ob_plan *plan = ob_plan_new("a change");
  FUZZ_HOLDS(ob_journal_open(&j, path, &err) == 0);
  uint64_t id = ob_journal_begin(j, "c", "https://s:443", plan, 0, &err);
  FUZZ_HOLDS(id && ob_journal_end(j, id, OB_ENTRY_DONE, plan, NULL, &err) == 0);
  ob_journal_close(j);
  ob_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static char path[64]; /* one file a process: making one costs more than reading it */
  if (!*path) snprintf(path, sizeof path, "/dev/shm/outboard-fuzz-%d", (int)getpid());
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FUZZ_HOLDS(fd >= 0 && write(fd, data, n) == (ssize_t)n);
  close(fd);
  size_t before = load(path);
  if (n && data[0] % 8 == 0) {
    append(path);
    FUZZ_HOLDS(load(path) == (before < OB_JOURNAL_ENTRIES ? before + 1 : before));
  }
  unlink(path);
  return 0;
}
