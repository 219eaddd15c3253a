/* What the commands that change something share: the object, the plan shown, the answer, the doing.
 * Thread: the one of the process. Exit codes of these commands: OB_EXIT_… below and in cli.h. */
#ifndef OB_CLI_CHANGE_H
#define OB_CLI_CHANGE_H

#include "base/json.h"
#include "cli/cli.h"
#include "outboard/change.h"

enum {
  OB_EXIT_CONFLICT = 3, /* somebody else was faster: nothing is changed */
  OB_EXIT_DECLINED = 4, /* nobody said yes */
  OB_EXIT_NOT_YET = 5,  /* done, and it did not work within --wait */
  OB_EXIT_PARTLY = 6,   /* some of it is done, or nobody knows: the message says what */
};

typedef struct ob_change_run {
  const ob_args *args;
  ob_session *session;
  FILE *out, *err;
  int64_t wait_ms;  /* --request-timeout */
  int64_t works_ms; /* --wait; 0: not asked for */
} ob_change_run;

/* Checks the shared options and opens a session whose picture is complete. */
int ob_change_open(ob_change_run *r, const ob_session_opts *opts, ob_err *e);
/* -OB_EUSAGE for -A: one object is meant. */
int ob_change_one_ns(const ob_args *a, ob_err *e);
/* The namespace that an object without one is looked for in. */
const char *ob_change_ns(const ob_change_run *r);
/* "svc/web", "ing/web", or a bare name of `kind`: -OB_EUSAGE when it names another kind. */
int ob_change_name(const char *word, ob_kind kind, const char **ret, ob_err *e);
/* The fields of a Service's type, from the options that convert and expose share. */
int ob_change_fields(const ob_args *a, ob_convert *ret, ob_err *e);
/* The whole object; the caller owns it. -OB_ENOTFOUND when it is not there. */
int ob_change_fetch(ob_change_run *r, ob_kind kind, const char *ns, const char *name, ob_json **ret,
                    ob_err *e);
/* What the server has now of the plan's objects, in order, as ob_plan_merge() wants it. */
int ob_change_fetch_plan(ob_change_run *r, const ob_plan *p, ob_json ***ret, ob_err *e);
void ob_change_free_now(ob_json **now, const ob_plan *p);
/* Both changed one place: told, or decided by --mine or --theirs. c (may be NULL) is borrowed; *e
 * holds why, and stays when nothing was decided. */
int ob_change_settle(ob_change_run *r, ob_conflicts *c, ob_plan **ret, ob_err *e);
/* Lines of outside text, made safe. */
void ob_change_say(FILE *f, const char *indent, const char *lines);
/* --recreate: what goes by two steps is deleted and created anew instead. */
int ob_change_recreated(ob_change_run *r, ob_plan **io_p, ob_err *e);
/* Show it, ask, do it, say what came of it. Returns the exit code; frees the plan. */
int ob_change_carry_out(ob_change_run *r, ob_plan *move_p, uint64_t undo_of);

#endif
