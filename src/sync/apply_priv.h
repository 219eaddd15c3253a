/* A plan under way, for apply*.c. Thread WATCHER. */
#ifndef OB_SYNC_APPLY_PRIV_H
#define OB_SYNC_APPLY_PRIV_H

#include "sync/apply.h"
#include "sync/journal.h"

enum { WARNINGS_MAX = 32, SENT_MAX = 64 };

typedef enum ob_doing {
  WAITING, /* for another job */
  SENDING,
  ASKING,  /* whether a write arrived */
  LOOKING, /* who else was there */
  LEAVING, /* until what was deleted is gone */
  REVERTING,
  OVER
} ob_doing;

typedef struct ob_job {
  struct ob_job *next;
  ob_applier *all;
  uint32_t id;
  ob_plan *plan;
  bool dry;
  uint64_t undo_of, entry; /* of the journal */
  ob_doing doing;
  size_t edit, step, done;
  size_t already; /* of a dry run: edits whose object is so already */
  int tries;
  int64_t due_ms;   /* send or ask again then (monotonic); 0: an answer is awaited */
  ob_json **after;  /* of each edit: the object as the server gave it last */
  bool dry_step;    /* the dry run that comes just before a predicted step */
  bool probe;       /* the dry run of a creation whose name is still taken */
  ob_plan *back;    /* REVERTING */
  int waits;        /* for what the server does in its own time, and until when (monotonic) */
  int64_t until_ms; /* 0: it has not begun */
  char *let_go;     /* why the way back goes without its addresses; NULL: with them */
  ob_err met;       /* the answer that it looks for, */
  char *met_text;   /* whole, NULL: it is */
  ob_err failed;    /* why it turned back, or why it ends */
  char *said;       /* failed.msg whole, NULL: it is */
  ob_http_call *call;
  int64_t sent_mono_ms, sent_wall_ms;
  char *path;
  OB_VEC(char *) warnings;
  OB_VEC(ob_sent) sent;
} ob_job;

struct ob_applier {
  ob_applier_opts opts;
  ob_journal *journal;
  ob_job *jobs; /* in the order of starting */
};

/* What is being sent: of the plan, or of the way back. */
static inline ob_edit *ob_job_edit(const ob_job *j) {
  return j->back ? &j->back->edits[0] : &j->plan->edits[j->edit];
}
static inline const ob_plan_step *ob_job_step(const ob_job *j) {
  return &ob_job_edit(j)->steps[j->step + (j->probe ? 1 : 0)];
}
extern const char *const ob_plan_step_methods[]; /* by ob_plan_step_verb */

/* Requests (apply_send.c). */
void ob_job_send(ob_job *j);
void ob_job_look(ob_job *j, ob_doing why);
/* In wait_ms, or (below 0) later with each nth time. Returns in how many ms. */
int64_t ob_job_later(ob_job *j, int nth, int64_t wait_ms);
/* The object that the next request stands on, NULL: none; and an object's resourceVersion. */
const ob_json *ob_job_seen(const ob_job *j);
const char *ob_job_version(const ob_json *object);
void ob_job_written(void *arg, const ob_http_result *res);
void ob_job_looked(void *arg, const ob_http_result *res);

/* The order of things (apply.c). */
void ob_job_advance(ob_job *j);
void ob_job_step_done(ob_job *j, ob_json *move_object);
void ob_job_end(ob_job *j, ob_apply_phase phase, char *move_why);

/* What servers do in their own time, and the way back (apply_back.c). */
void ob_job_turn_back(ob_job *j);
void ob_job_back_done(ob_job *j);
/* text: whole, of the server. */
void ob_job_back_refused(ob_job *j, const char *text);
/* True: refused for now, and asked again. */
bool ob_job_patient(ob_job *j, const ob_http_result *res);
/* It was deleted; `now` is what is left of it, NULL nothing. */
void ob_job_left(ob_job *j, ob_json *move_now);

/* Reports (apply_report.c). */
ob_apply_report *ob_job_report_new(ob_job *j, ob_apply_phase phase); /* takes the command log */
void ob_job_report(ob_job *j, ob_apply_report *move_r);
void ob_job_progress(ob_job *j, ob_apply_phase phase);
/* The server takes its time: for what. */
void ob_job_waits(ob_job *j, char *move_why);
/* A request was answered, or not: its line for the command log, and the server's warnings. */
void ob_job_note(ob_job *j, const ob_http_result *res);
/* What the server says, whole, where an ob_err is too short for it; else NULL. The caller frees. */
char *ob_job_text(const ob_job *j, const ob_http_result *res);

#endif
