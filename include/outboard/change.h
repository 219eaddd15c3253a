/* Making changes: what the server would do, doing it, and the journal of what was done.
 *
 *   plan ─ ob_session_dry_run() ─▶ OB_APPLY_READY with the objects as the server would have them
 *        ─ ob_session_apply()   ─▶ OB_APPLY_SENDING … then one of the endings
 *
 * Every answer is an ob_reply (what: OB_FETCH_PLAN) with a report. Plans that touch one object wait
 * for each other. The journal is written, and on the disk, before the first request of a plan
 * leaves and after each answer, so that what was under way is known after a crash.
 *
 * What an ending means is always what the server has: when the connection breaks in the middle of a
 * write the object is asked for until the server tells whether the write arrived.
 *
 * Thread    UI.
 * Limits    OB_APPLY_TRIES attempts of one step (429, 5xx, broken connections); OB_APPLY_SAID_MAX
 *           bytes of what a server says when it refuses, in reports and in the journal;
 *           OB_JOURNAL_ENTRIES entries of OB_JOURNAL_MAX bytes together.
 * Source    Kubernetes API concepts: dry run, field validation, resourceVersion.
 */
#ifndef OUTBOARD_CHANGE_H
#define OUTBOARD_CHANGE_H

#include "outboard/plan.h"

struct ob_session;

enum {
  OB_APPLY_TRIES = 5,
  OB_APPLY_SAID_MAX = 64 * 1024,
  OB_JOURNAL_ENTRIES = 500,
  OB_JOURNAL_MAX = 8 * 1024 * 1024,
};

typedef enum ob_apply_phase {
  OB_APPLY_QUEUED,    /* another plan holds one of its objects */
  OB_APPLY_SENDING,   /* the request of `edit`, `step` is on its way */
  OB_APPLY_ASKING,    /* the connection broke: the server is asked whether the write arrived */
  OB_APPLY_WAITING,   /* for what the server does in its own time: `why` says for what */
  OB_APPLY_READY,     /* ending of a dry run: the server would do it */
  OB_APPLY_DONE,      /* ending: done, and the server has what was meant */
  OB_APPLY_OTHERWISE, /* ending: done, but the server made something else of it (`why`: where) */
  OB_APPLY_REFUSED,   /* ending: the server refused; nothing is changed */
  OB_APPLY_CONFLICT,  /* ending: somebody was faster; nothing is changed. `plan` is the same on what
                         the server has now, NULL when both changed one place (`why`,
                         `conflicts`) or the name of what was to be created is taken */
  OB_APPLY_REVERTED,  /* ending: a later step was refused and the earlier ones are undone; what was
                         deleted is created again (`why`) */
  OB_APPLY_PARTIAL,   /* ending: a later step failed and the earlier ones stand (`why`) */
  OB_APPLY_UNKNOWN,   /* ending: the server cannot be asked what came of the last request */
} ob_apply_phase;
const char *ob_apply_phase_name(ob_apply_phase p); /* "done", "refused", … */
static inline bool ob_apply_ended(ob_apply_phase p) {
  return p >= OB_APPLY_READY;
}

/* One write, for the command log. */
typedef struct ob_sent {
  char *method, *path, *kubectl;
  int status; /* 0: no answer */
  int64_t at_ms;
  int took_ms;
} ob_sent;
void ob_sent_done(ob_sent *s);
/* What will be sent for a step, "PATCH /api/v1/…?fieldValidation=Strict". */
void ob_plan_step_request(const ob_edit *e, const ob_plan_step *s, struct ob_buf *out);

typedef struct ob_apply_report {
  ob_apply_phase phase;
  bool dry;
  bool already; /* READY: the objects are so already, and nothing would be sent */
  size_t edit, step;
  ob_err err;
  char *said;              /* err.msg whole, when it is longer than that; NULL: it is whole. Hostile */
  char *why;               /* lines for a person, NULL none; hold outside text */
  ob_conflicts *conflicts; /* CONFLICT: for ob_conflicts_resolve(); NULL none */
  ob_plan *plan;           /* at the endings; DONE, OTHERWISE: `wanted` is what the server has */
  struct ob_json **after;  /* of each edit, NULL: deleted, or not answered */
  size_t nafter;
  char **warnings; /* of the server (Warning headers), hostile */
  size_t nwarnings;
  ob_sent *sent; /* since the last report */
  size_t nsent;
} ob_apply_report;
void ob_apply_report_free(ob_apply_report *r);

/* Copies the plan. Returns the request's id. */
uint32_t ob_session_dry_run(struct ob_session *s, const ob_plan *p);
/* undo_of: the journal entry that this plan undoes or finishes, 0 none. */
uint32_t ob_session_apply(struct ob_session *s, const ob_plan *p, uint64_t undo_of);
/* Plans that have not ended. */
unsigned ob_session_applying(const struct ob_session *s);

/* --- does it work by now? ----------------------------------------------------------------------
 */
typedef enum ob_works { OB_WORKS_YES, OB_WORKS_NOT_YET, OB_WORKS_UNKNOWN } ob_works;
/* What the plan brought about gives traffic a way: a load balancer has its address, endpoints are
 * ready, an Ingress was admitted. Appends what is still missing, a line each. */
ob_works ob_plan_works(const ob_cluster *c, const ob_plan *applied, struct ob_buf *out);

/* --- the journal
 * ---------------------------------------------------------------------------------- */
typedef enum ob_entry_state {
  OB_ENTRY_UNDER_WAY,  /* by a program that runs */
  OB_ENTRY_BROKEN_OFF, /* by one that ended in the middle */
  OB_ENTRY_DONE,
  OB_ENTRY_FAILED, /* nothing is changed */
  OB_ENTRY_PARTIAL,
  OB_ENTRY_UNDONE,   /* by a later entry */
  OB_ENTRY_FINISHED, /* it broke off, and a later entry did the rest */
} ob_entry_state;
const char *ob_entry_state_name(ob_entry_state s);

typedef struct ob_entry {
  uint64_t id, undo_of, finishes;
  int64_t at_ms;
  ob_entry_state state;
  char *context, *server, *note;
  size_t steps_sent, steps_done; /* requests that were about to leave, that were answered well */
  ob_plan *plan;                 /* DONE: as the server had it afterwards */
} ob_entry;

typedef struct ob_history {
  ob_entry *entries; /* newest first */
  size_t n;
  char *path;
} ob_history;
/* path NULL: $XDG_STATE_HOME/outboard/journal. A journal that does not exist is empty; lines that a
 * crash left unfinished are passed over. */
int ob_history_load(ob_history **ret, const char *path, ob_err *err);
void ob_history_free(ob_history *h);
/* The newest entry of this server that can be undone (redo: whose undoing can), NULL none. */
const ob_entry *ob_history_last(const ob_history *h, const char *server, bool redo);

/* --- what broke off ----------------------------------------------------------------------------
 * A plan whose program ended, or whose server was lost, in the middle; or that was done in part:
 *
 *   ob_history_broken() ─▶ ob_session_fetch_plan(s, entry->plan) ─▶ ob_entry_look() ─▶ what is
 *   true, and two plans: ob_session_apply(s, broken->finish or broken->undo, entry->id)
 */
/* The newest entry of this server that is BROKEN_OFF or PARTIAL, NULL none. */
const ob_entry *ob_history_broken(const ob_history *h, const char *server);
/* What the server has now of each object of the plan: reply.now, in the order of the edits, NULL:
 * gone. reply.what is OB_FETCH_PLAN_NOW. Also what ob_plan_merge() wants. */
uint32_t ob_session_fetch_plan(struct ob_session *s, const ob_plan *p);

typedef struct ob_broken {
  size_t done, of; /* of its requests the server has so many */
  char *text;      /* a line for each object: done, not sent, sent and not there, between two steps;
                      and why it cannot be finished or undone. Outside text */
  ob_plan *finish; /* what is left; NULL: nothing, or somebody else took the place */
  ob_plan *undo;   /* the way back, likewise */
} ob_broken;
int ob_entry_look(ob_broken **ret, const ob_entry *e, const struct ob_json *const *now);
void ob_broken_free(ob_broken *b);

#endif
