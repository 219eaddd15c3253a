/* Parsers for lists and watches that take bytes in any pieces and hold one item at most.
 *
 * They follow strings, escapes and brackets only. An item is handed out as bytes, for a
 * decoder to parse; that it is well-formed inside is the decoder's business, that nothing is
 * missing at its end and at the list's end is theirs.
 *
 * Ownership What a callback gets is borrowed until it returns.
 * Thread    One owner at a time. No I/O.
 * Limits    OB_ITEM_MAX bytes an item or event, OB_SCAN_META bytes of metadata, OB_SCAN_DEPTH
 * levels.
 */
#ifndef OB_KUBE_SCAN_H
#define OB_KUBE_SCAN_H

#include "base/buf.h"
#include "outboard/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OB_ITEM_MAX = 16 * 1024 * 1024, OB_SCAN_META = 64 * 1024, OB_SCAN_DEPTH = 512 };

/* Non-zero stops the scan: feed returns -OB_ECANCELED. */
typedef int (*ob_scan_fn)(void *arg, const char *bytes, size_t n);

/* Strings, escapes and brackets of one JSON value, over pieces (private). */
typedef struct ob_nest {
  unsigned depth;
  bool in_string, escaped;
  uint64_t arrays[OB_SCAN_DEPTH / 64]; /* bit: the level is an array */
} ob_nest;

/* --- lists ------------------------------------------------------------------------ */
typedef struct ob_list_scan {
  /* results, whole after ob_list_scan_finish() returned 0 */
  char resource_version[64]; /* "" absent */
  char *cont;                /* the continue token; "" when this was the last page */
  int64_t remaining;         /* remainingItemCount, -1 absent */
  char kind[64];             /* "ServiceList" */
  size_t items;              /* handed out so far */

  /* the machine (private) */
  ob_scan_fn on_item;
  void *arg;
  size_t max_item;
  ob_buf item, capture, metadata, kind_text;
  ob_nest nest;
  uint8_t state, key;
  bool seen_items;
  int failed; /* what feed returned first */
} ob_list_scan;

/* max_item 0: OB_ITEM_MAX. */
void ob_list_scan_init(ob_list_scan *s, size_t max_item, ob_scan_fn on_item, void *arg);
void ob_list_scan_done(ob_list_scan *s);
OB_AUTO_DEFINE(ob_list_scan, ob_list_scan_done)
/* Ready for the next page or another try; results are forgotten. */
void ob_list_scan_reset(ob_list_scan *s);
/* Returns 0, -OB_EPROTO, -OB_ELIMIT or -OB_ECANCELED; after an error only reset helps. */
int ob_list_scan_feed(ob_list_scan *s, const char *bytes, size_t n, ob_err *err);
/* The body has ended. Fails when it was cut, was no list (no items), or had failed before. */
int ob_list_scan_finish(ob_list_scan *s, ob_err *err);

/* --- watches ------------------------------------------------------------------------ */
typedef struct ob_watch_scan {
  ob_scan_fn on_event;
  void *arg;
  size_t max_event;
  ob_buf line; /* the part of a line that has come */
  size_t events;
} ob_watch_scan;

void ob_watch_scan_init(ob_watch_scan *s, size_t max_event, ob_scan_fn on_event, void *arg);
void ob_watch_scan_done(ob_watch_scan *s);
OB_AUTO_DEFINE(ob_watch_scan, ob_watch_scan_done)
/* Drops the partial line: the watch broke, a new one begins. */
void ob_watch_scan_reset(ob_watch_scan *s);
bool ob_watch_scan_partial(const ob_watch_scan *s); /* some of a line is there */
/* on_event gets each whole line without its newline; empty lines are skipped. */
int ob_watch_scan_feed(ob_watch_scan *s, const char *bytes, size_t n, ob_err *err);

typedef enum ob_watch_type {
  OB_WATCH_ADDED,
  OB_WATCH_MODIFIED,
  OB_WATCH_DELETED,
  OB_WATCH_BOOKMARK,
  OB_WATCH_ERROR,
  OB_WATCH_UNKNOWN /* newer than this program: type_text has it */
} ob_watch_type;

typedef struct ob_watch_event {
  ob_watch_type type;
  char type_text[32];
  const char *object; /* span inside the line; NULL when absent */
  size_t object_len;
} ob_watch_event;

/* One line. -OB_EPROTO when it is no event (cut, not an object, no type). */
int ob_watch_event_parse(ob_watch_event *ret, const char *line, size_t n, ob_err *err);

/* A BOOKMARK's object: metadata.resourceVersion, and whether it ends the initial events
 * (k8s.io/initial-events-end: "true"). */
int ob_watch_bookmark(const ob_watch_event *e, char ret_rv[64], bool *ret_initial_end, ob_err *err);

/* An ERROR's object as ob_err (always non-zero): too old is OB_EGONE. */
int ob_watch_error(const ob_watch_event *e, ob_err *ret_err);

#endif
