/* A session that changes things on a server, and a plain client beside it that looks.
 *
 * The server is the embedded one, or that of OUTBOARD_CONTRACT_KUBECONFIG; a byte proxy stands
 * before it. The journal lies in a folder of the test's own.
 */
#ifndef TEST_CHANGE_RIG_H
#define TEST_CHANGE_RIG_H

#include "base/clock.h"
#include "contract/client.h"
#include "outboard/change.h"
#include "outboard/session.h"
#include "wire/proxy.h"

typedef struct rig {
  ct *server;
  ob_wire *wire;
  ob_session *session;
  char *journal; /* path */
  char *folder;
} rig;

/* Of the next session. */
extern ob_timing rig_timing;

/* fault: of the embedded server, NULL none. */
void rig_open(rig *r, const char *fault);
void rig_close(rig *r);
/* The session again, as after a restart of the program. */
void rig_reopen(rig *r);

/* The whole object as the session fetches it; NULL when it is not there. The caller frees. */
ob_json *rig_fetch(rig *r, ob_kind kind, const char *name);
/* The same past session and proxy. */
ob_json *rig_look(rig *r, ob_kind kind, const char *name);
/* Waits for the ending of what was asked; the caller frees. */
ob_apply_report *rig_wait(rig *r, uint32_t id);
/* Waits for a report of that phase; what it says, or "". The caller frees. */
char *rig_wait_told(rig *r, uint32_t id, ob_apply_phase phase);
ob_apply_report *rig_apply(rig *r, const ob_plan *p, uint64_t undo_of);
ob_apply_report *rig_dry(rig *r, const ob_plan *p);
/* Undo or redo the newest entry of the journal. NULL: nothing to undo, or refused (why filled). */
ob_apply_report *rig_undo(rig *r, bool redo, ob_buf *why);
/* What became of an entry of the journal; the caller frees. */
ob_broken *rig_entry_look(rig *r, const ob_entry *e);
/* How many requests of the edit the server has, told apart without the program's own words. */
size_t rig_truth(rig *r, const ob_edit *e);
/* As the session's own: the server behind the proxy. The caller frees. */
char *rig_kubeconfig(const rig *r);
/* Plan `p` (freed) is applied and must be done. */
void rig_must(rig *r, ob_plan *move_p, const char *what);

/* The session's writes that are no dry runs, from the nth (1: the first) on, `times` of them, are
 * answered with this status: instead of being sent, or after the server has done them (stored). 0:
 * as they come. How many writes there were since. */
typedef struct rig_answer {
  int nth, times, status;
  bool stored;
  void (*before)(rig *r); /* of the nth: runs first, while the test waits; NULL: nothing does */
  rig *r;
} rig_answer;
void rig_answers(rig_answer a);
int rig_writes(void);

/* Equal but for what the server alone owns; `ret` gets the first difference. */
bool rig_equal(const ob_json *a, const ob_json *b, ob_buf *ret);

#endif
