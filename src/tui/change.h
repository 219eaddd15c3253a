/* Changing things from the dashboard: a wish becomes plans, the server's dry run shows what would
 * come of them, the person confirms, and the last line tells how it goes.
 *
 *   a key, a form ─▶ the whole objects ─▶ plans ─▶ dry runs ─▶ page ─▶ enter ─▶ applied ─▶ watched
 *
 * What differs from one wish to another is a const ob_change_flow. Wishes are looked at one at a
 * time; what was confirmed goes on beside them.
 *
 * Thread UI. Limits: OB_CHANGE_LOG writes are kept for :log; OB_CHANGE_OBJECTS objects of one wish;
 * OB_CHANGE_WATCHED changes are watched at once, each for OB_CHANGE_WATCH_MS at most.
 */
#ifndef OB_TUI_CHANGE_H
#define OB_TUI_CHANGE_H

#include "base/json.h"
#include "outboard/access.h"
#include "outboard/change.h"
#include "outboard/session.h"
#include "tui/doc.h"
#include "tui/layout.h"

struct ob_tui;

enum {
  OB_CHANGE_LOG = 200,
  OB_CHANGE_OBJECTS = 100,
  OB_CHANGE_WATCHED = 16,
  OB_CHANGE_WATCH_MS = 10 * 60 * 1000,
};

typedef struct ob_changing ob_changing;
void ob_changing_free(ob_changing *c);

/* --- for whoever has a wish ---------------------------------------------------------------------
 */
typedef struct ob_change_about {
  ob_kind kind;
  const char *ns, *name;
} ob_change_about;

typedef struct ob_change_flow {
  bool each;   /* every object has a plan of its own; else all of them have one */
  bool absent; /* an object may be missing: objects[i] is NULL then */
  bool whole;  /* again() has room for an answer of any length */
  /* The objects have come; NULL: plan() at once. */
  void (*have)(struct ob_tui *s, const ob_json *const *objects);
  /* `why` gets lines that say what stands in the way. */
  int (*plan)(struct ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
              ob_err *err);
  /* Not done: dropped (said NULL), or refused. Back to where it was typed. NULL: nowhere. */
  void (*again)(struct ob_tui *s, const char *said);
  /* It was done: what was typed can go, but nothing that was opened after `when` (ob_tui.opened).
   * NULL: nothing was. */
  void (*done)(struct ob_tui *s, uint64_t when);
} ob_change_flow;

/* Fetch the objects, then go on with the flow. What was in view before is forgotten. */
void ob_change_begin(struct ob_tui *s, const ob_change_flow *flow, const ob_change_about *about,
                     size_t n);
/* The same with an object that is here already: what was typed stands on it. */
void ob_change_with(struct ob_tui *s, const ob_change_flow *flow, const ob_json *object);
/* The rule that a wish is about, while its objects are fetched. */
ob_rule_seen *ob_change_rule(struct ob_tui *s);
/* The right to do it: false says what is missing. */
bool ob_change_may(struct ob_tui *s, const char *verb, const ob_object *about);

/* --- the plan in view ----------------------------------------------------------------------------
 */
typedef enum ob_change_answer { OB_CHANGE_NO, OB_CHANGE_STOP, OB_CHANGE_GO_ON } ob_change_answer;
void ob_change_confirm(struct ob_tui *s);
/* Of the menu. STOP and GO_ON: what happens with the rest when one of several fails. */
void ob_change_confirmed(struct ob_tui *s, ob_change_answer answer);
/* A protected context's name was typed. */
void ob_change_context_typed(struct ob_tui *s, const char *text);
void ob_change_file_typed(struct ob_tui *s, const char *path);
void ob_change_drop(struct ob_tui *s);
/* A wish whose answers are still on their way is dropped: true when there was one. */
bool ob_change_cancel(struct ob_tui *s);
/* The wish that waits for an answer ends without a word: whoever typed it types something else. Not
 * one whose objects are being handed over. */
void ob_change_abandon(struct ob_tui *s);
/* When the last change that is under way was confirmed, by ob_tui.opened; 0 none is. */
uint64_t ob_change_confirmed_when(const struct ob_tui *s);
/* The menu of what can be changed was answered. */
void ob_change_wished(struct ob_tui *s, int row);
/* An answer of the session; false when it is another's. Owned when true. */
bool ob_change_reply(struct ob_tui *s, ob_reply *move_r);
/* Ask the server what it has of a change that broke off: a message, and a line of the history. */
void ob_change_broken_ask(struct ob_tui *s);
void ob_change_broken_status(struct ob_tui *s); /* the session's status is another */
/* Why keys that change something do nothing here; NULL: they do. */
const char *ob_change_why_not(struct ob_tui *s, bool convert);

/* The same of undo and redo. Reads the journal. */
const char *ob_change_why_not_back(struct ob_tui *s, bool redo);
/* None of what could be changed about the row may be: `why` names the right that the first lacks. */
bool ob_change_refused(struct ob_tui *s, char why[OB_RIGHT_TEXT]);
/* What undo (redo) is about may not be taken back (done again). Reads the journal. */
bool ob_change_back_refused(struct ob_tui *s, bool redo, char why[OB_RIGHT_TEXT]);

/* --- what goes on beside
 * -------------------------------------------------------------------------- */
/* Changes that have not ended, those that wait for their turn too. */
size_t ob_change_running(const struct ob_tui *s);
/* Look whether what was done works by now. In how many ms to come again; -1: nothing is watched. */
int ob_change_watch(struct ob_tui *s);
/* "shop/cart has no load balancer address yet"; false: nothing is watched. */
bool ob_change_progress(const struct ob_tui *s, ob_buf *out);
/* True when something was watched. */
bool ob_change_stop_watching(struct ob_tui *s);

/* --- the pages
 * ------------------------------------------------------------------------------------ */
/* In the lower edge of the plan's frame; a press on one does what its key does. */
void ob_change_draw_buttons(struct ob_tui *s, ob_rect frame);
bool ob_change_press(struct ob_tui *s, int x, int y);
void ob_change_write(struct ob_tui *s, ob_doc *d);
void ob_change_write_history(struct ob_tui *s, ob_doc *d);
void ob_change_write_log(struct ob_tui *s, ob_doc *d);

#endif
