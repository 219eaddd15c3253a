/* A plan under way, for apply*.c. Thread WATCHER. */
#ifndef OB_SYNC_APPLY_PRIV_H
#define OB_SYNC_APPLY_PRIV_H

#include "sync/apply.h"
#include "sync/journal.h"

enum { WARNINGS_MAX = 32, SENT_MAX = 64 };

typedef enum ob_doing { WAITING, SENDING, ASKING, LOOKING, REVERTING, OVER } ob_doing;

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
  int64_t due_ms;  /* send or ask again then (monotonic); 0: an answer is awaited */
  ob_json **after; /* of each edit: the object as the server gave it last */
  bool dry_step;   /* the dry run that comes just before a predicted step */
  ob_plan *back;   /* REVERTING */
  ob_err failed;   /* why it turned back, or why it ends */
  char *said;      /* failed.msg whole, NULL: it is */
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
extern const char *const ob_plan_step_methods[]; /* by ob_plan_step_verb */

/* Reports (apply_report.c). */
ob_apply_report *ob_job_report_new(ob_job *j, ob_apply_phase phase); /* takes the command log */
void ob_job_report(ob_job *j, ob_apply_report *move_r);
void ob_job_progress(ob_job *j, ob_apply_phase phase);
/* A request was answered, or not: its line for the command log, and the server's warnings. */
void ob_job_note(ob_job *j, const ob_http_result *res);
/* What the server says, where an ob_err is too short for it. */
void ob_job_said(ob_job *j, const ob_http_result *res);

#endif
