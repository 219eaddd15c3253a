/* The journal's reading side on files that no outboard wrote, and its limits. */
#include "base/buf.h"
#include "base/str.h"
#include "outboard/change.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static ob_history *load(const ob_buf *text) {
  char path[] = "/tmp/outboard-journal-XXXXXX";
  int fd = mkstemp(path);
  cr_assert(fd >= 0 && write(fd, ob_buf_str(text), text->len) == (ssize_t)text->len);
  close(fd);
  ob_history *h = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_history_load(&h, path, &err), 0, "%s", err.msg);
  unlink(path);
  return h;
}

static void add(ob_buf *text, int id, int undo_of) {
  ob_buf_addf(
      text,
      "{\"id\":%d,\"op\":\"begin\",\"server\":\"s\",\"undoOf\":%d,\"plan\":{\"kind\":\"Plan\","
      "\"apiVersion\":\"outboard/v1\",\"title\":\"t\",\"edits\":[]}}\n"
      "{\"id\":%d,\"op\":\"end\",\"state\":\"done\"}\n",
      id, undo_of, id);
}

Test(journal, entries_that_take_each_other_back_end) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  add(&text, 1, 2);
  add(&text, 2, 1);
  add(&text, 3, 3);
  ob_history *h = load(&text);
  cr_assert_eq(h->n, 3);
  (void)ob_history_last(h, "s", false);
  (void)ob_history_last(h, "s", true);
  ob_history_free(h);
}

/* At the limit, one more, and a hundred times as many: the newest are kept. */
Test(journal, keeps_the_newest) {
  static const int numbers[] = {OB_JOURNAL_ENTRIES, OB_JOURNAL_ENTRIES + 1,
                                OB_JOURNAL_ENTRIES * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT((size_t)OB_JOURNAL_MAX * 4);
    for (int id = 1; id <= numbers[i]; id++) add(&text, id, 0);
    cr_assert_not(text.failed);
    ob_history *h = load(&text);
    cr_expect_eq(h->n, OB_JOURNAL_ENTRIES);
    cr_expect_eq(h->entries[0].id, (uint64_t)numbers[i]);
    cr_expect_eq(h->entries[h->n - 1].id, (uint64_t)(numbers[i] - OB_JOURNAL_ENTRIES + 1));
    ob_history_free(h);
  }
}
