/* The journal's writing side: one line of JSON a record, appended under a lock and on the disk
 * before the call returns.
 *
 *   {"id":…,"op":"begin","at":…,"pid":…,"born":…,"context":…,"server":…,"undoOf":…|"finishes":…,"plan":{…}}
 *   {"id":…,"op":"send","sent":N}           the Nth request is about to leave
 *   {"id":…,"op":"step","done":N}           N requests were answered well
 *   {"id":…,"op":"end","state":"done","note":…,"plan":{… as the server has it}}
 *
 * A record that a crash cut is followed by the next one on a line of its own and ignored by
 * readers. Several programs may write to one file.
 *
 * Thread    WATCHER. Files 0600 in a folder 0700; a symbolic link is refused.
 * Limits    OB_JOURNAL_MAX bytes: past them the older half is dropped (written anew, renamed).
 */
#ifndef OB_SYNC_JOURNAL_H
#define OB_SYNC_JOURNAL_H

#include "outboard/change.h"

typedef struct ob_journal ob_journal;

/* path NULL: the default place, made when absent. */
int ob_journal_open(ob_journal **ret, const char *path, ob_err *err);
void ob_journal_close(ob_journal *j);

/* of: the entry that the plan undoes or (plan->finishes) finishes, 0 none.
 * Returns the entry's id, 0 with err when nothing could be written: then nothing may be sent. */
uint64_t ob_journal_begin(ob_journal *j, const char *context, const char *server, const ob_plan *p,
                          uint64_t of, ob_err *err);
int ob_journal_send(ob_journal *j, uint64_t id, size_t sent, ob_err *err);
int ob_journal_step(ob_journal *j, uint64_t id, size_t done, ob_err *err);
int ob_journal_end(ob_journal *j, uint64_t id, ob_entry_state state, const ob_plan *p,
                   const char *note, ob_err *err);

/* $XDG_STATE_HOME/outboard/journal, or ~/.local/state/outboard/journal. The caller frees; NULL when
 * there is neither variable. */
char *ob_journal_path(void);

#endif
