/* What changed while we watched: of the row's owner, and of the service that it leads to with its
 * endpoints, newest first. */
#include "tui/pages.h"

#include "base/str.h"

#include <time.h>

enum { NEWS_MAX = 64 };

static int newest_first(const void *a, const void *b) {
  const ob_news *x = a, *y = b;
  return x->at_ms > y->at_ms ? -1 : x->at_ms < y->at_ms;
}

static void put_diff(ob_doc *d, const char *text) {
  while (*text) {
    size_t n = strcspn(text, "\n");
    OB_AUTOFREE char *line = ob_strndup(text, n);
    ob_doc_put(d, OB_ROLE_TEXT, "  ");
    if (*line == '+' || *line == '-') {
      ob_doc_putn(d, *line == '+' ? OB_ROLE_OK : OB_ROLE_BAD, line, 2);
      ob_doc_wrap(d, *line == '+' ? OB_ROLE_OK : OB_ROLE_BAD, n > 2 ? line + 2 : "");
    } else {
      ob_doc_put(d, OB_ROLE_DIM, line);
    }
    ob_doc_nl(d);
    text += n + (text[n] == '\n');
  }
}

void ob_page_write_CHANGES(ob_doc *d, const ob_subject *s) {
  ob_news news[NEWS_MAX];
  size_t n = ob_object_news(s->cluster, s->row->owner, news, NEWS_MAX);
  if (n > NEWS_MAX) n = NEWS_MAX;
  if (s->row->service && &s->row->service->o != s->row->owner) {
    size_t more = ob_object_news(s->cluster, &s->row->service->o, news + n, NEWS_MAX - n);
    n += more < NEWS_MAX - n ? more : NEWS_MAX - n;
  }
  if (n == 0) {
    ob_doc_wrap(d, OB_ROLE_DIM,
                "Nothing has changed since outboard began to watch it. What changes is shown here "
                "as it comes.");
    ob_doc_nl(d);
    return;
  }
  qsort(news, n, sizeof *news, newest_first);
  for (size_t i = 0; i < n; i++) {
    char at[16];
    time_t t = (time_t)(news[i].at_ms / 1000);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(at, sizeof at, "%H:%M:%S", &tm);
    if (i) ob_doc_nl(d);
    ob_doc_put(d, OB_ROLE_HEADING, at);
    ob_doc_putf(d, OB_ROLE_ACCENT, "  %s %s", ob_kinds[news[i].kind].kind, news[i].name);
    ob_doc_nl(d);
    put_diff(d, news[i].text);
  }
}
