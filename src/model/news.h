/* What changed while we watched: a few short diffs for each object, newest first, within a fixed
 * amount of memory.
 *
 * Objects are told apart by kind, namespace and name, so that one that was deleted and made again
 * has one past. EndpointSlices stand with their Service.
 *
 * Thread    UI.
 * Limits    OB_NEWS_OBJECT bytes of an object are compared (a longer one is said to have changed),
 *           OB_NEWS_EACH diffs an object, OB_NEWS_TEXT bytes a diff (the rest is cut and says so),
 *           OB_NEWS_BYTES in all: the object that has not changed for longest is forgotten first.
 */
#ifndef OB_MODEL_NEWS_H
#define OB_MODEL_NEWS_H

#include "base/map.h"
#include "outboard/cluster.h"

enum {
  OB_NEWS_OBJECT = 256 * 1024,
  OB_NEWS_EACH = 24,
  OB_NEWS_TEXT = 4096,
  OB_NEWS_BYTES = 4 * 1024 * 1024
};

typedef struct ob_news_shelf ob_news_shelf;
typedef struct ob_news_store {
  ob_map shelves;                 /* key -> ob_news_shelf */
  ob_news_shelf *newest, *oldest; /* by last change */
  size_t bytes;
} ob_news_store;

/* Before: NULL it came; after: NULL it went. Nothing is kept when no kept field differs. */
void ob_news_note(ob_news_store *n, const ob_object *before, const ob_object *after,
                  int64_t now_ms);
void ob_news_done(ob_news_store *n);

#endif
