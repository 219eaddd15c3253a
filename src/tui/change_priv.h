/* What the parts of changing things share; change*.c only.
 *
 *   change.c        a wish: objects, plans, dry runs, the person's word
 *   change_run.c    plans that were confirmed: one after another, and watched
 *   change_keys.c   the wishes that need no form
 *   change_menu.c   what can be changed about the row
 *   change_both.c   what two changed at once: the person chooses
 *   change_broken.c what was left in the middle
 *   change_pages.c  the plan, the history, the log
 */
#ifndef OB_TUI_CHANGE_PRIV_H
#define OB_TUI_CHANGE_PRIV_H

#include "tui/screen.h"

/* One plan of a wish. */
typedef struct ob_change_part {
  ob_plan *plan;          /* NULL: there is none to be made */
  ob_apply_report *tried; /* READY: the server would do it */
  uint32_t dry;           /* under way, 0 none */
  char *why;              /* lines that say what stands in the way */
  ob_err err;             /* code OB_OK: nothing is wrong */
  char *said;             /* err.msg whole, NULL: it is */
} ob_change_part;

/* Plans that were confirmed together. */
typedef struct ob_change_run {
  ob_plan **plans;
  size_t n, at;
  bool stop; /* at the first that fails */
  uint32_t id;
  uint64_t undo_of;
  uint64_t when; /* of the person's word: what is opened later is of another wish */
  size_t done;
  ob_buf failed; /* names and reasons */
  const ob_change_flow *flow;
} ob_change_run;

typedef struct ob_change_watched {
  ob_plan *plan;
  uint64_t *versions; /* that the server gave its objects, 0 unknown: what is seen may be older */
  bool waited;        /* the person was told that it does not work yet */
  int64_t until_ms;   /* monotonic */
} ob_change_watched;

/* YAML of one object. */
typedef struct ob_change_yaml {
  char *whom, *text; /* text NULL: nothing was typed */
  uint64_t at;       /* when it was opened */
} ob_change_yaml;

struct ob_changing {
  const ob_change_flow *flow; /* NULL: no wish */
  struct {
    ob_kind kind;
    char *ns, *name;
  } about[OB_CHANGE_OBJECTS];
  uint32_t fetch;                      /* under way, 0 none */
  ob_json *objects[OB_CHANGE_OBJECTS]; /* as far as they have come */
  size_t nobjects, wanted;
  ob_change_part *parts;
  size_t nparts;
  bool again;              /* the parts are shown as they are, and tried when the person says so */
  ob_change_answer answer; /* that waits for the context's name */

  OB_VEC(ob_change_yaml) yaml; /* what the editor left and was not made; the last is in view */
  ob_json *edited;
  ob_rule_seen rule;   /* that is deleted or reordered */
  ob_history *history; /* undo, redo: whom `entry` lies in */
  const ob_entry *entry;
  bool redo;
  uint64_t undo_of;    /* the entry that is taken back, 0 none */
  ob_plan *both; /* what two changed at once: mine */
  struct {
    ob_history *history; /* whom `entry` lies in: the newest that broke off; NULL none */
    const ob_entry *entry;
    uint32_t fetch; /* under way, 0 none */
    bool wanted;    /* the server's name has not come yet */
    char *text;     /* what the server has of it */
  } left;

  OB_VEC(ob_change_run) runs;
  OB_VEC(ob_change_watched) watched;
  char *lacks; /* what the watched ones lack */
  OB_VEC(ob_sent) log;
};

ob_changing *ob_changing_of(ob_tui *s);
/* Answers that a plan stands on are on their way. */
bool ob_change_asking(const ob_changing *c);
/* The wish and its parts; what goes on beside stays. */
void ob_change_forget(ob_changing *c);
/* Dry runs of all parts. */
void ob_change_try(ob_tui *s);
/* One part that is this plan, shown before it is tried. */
void ob_change_show(ob_tui *s, ob_plan *move_plan, const char *why);
/* Both changed one place: fetch what there is now and let the person choose. */
void ob_change_both(ob_tui *s, const ob_plan *mine);
void ob_change_part_done(ob_change_part *p);

void ob_change_yaml_forget(ob_changing *c, size_t i);

/* What was left in the middle. */
void ob_change_broken_free(ob_changing *c);
bool ob_change_broken_reply(ob_tui *s, ob_reply *r); /* false: another's; r stays the caller's */
void ob_change_broken_write(const ob_tui *s, const ob_entry *e, ob_doc *d);
bool ob_change_broke_off(const ob_entry *e);
/* What undo (redo) is about: the newest that is done, taken back, or broke off. NULL none. */
const ob_entry *ob_change_back_entry(const ob_history *h, const char *server, bool redo);
int ob_change_broken_plan(const ob_entry *e, bool finish, const ob_json *const *objects,
                          ob_plan **ret, ob_buf *why, ob_err *err);

/* Begin with the parts that can be done; they move out of the wish. */
void ob_change_run_start(ob_tui *s, bool stop);
/* A report of a run; false: of another's. */
bool ob_change_run_report(ob_tui *s, uint32_t id, ob_apply_report *r);
void ob_change_runs_free(ob_changing *c);

/* Hostile text of an error, with its hint. Caller frees. */
char *ob_change_err_text(const ob_err *err, const char *said);

extern const ob_change_flow ob_flow_both;

#endif
