/* Changing things from the dashboard: a wish becomes a plan, the server's dry run shows what would
 * come of it, the person confirms, and the last line tells how it goes.
 *
 *   c, ctrl-d, u, ctrl-r ─▶ the whole objects ─▶ plan ─▶ dry run ─▶ page ─▶ enter ─▶ applied
 *
 * One plan is looked at at a time; those that were confirmed go on beside it.
 *
 * Thread UI. Limits: OB_CHANGE_LOG writes are kept for :log.
 */
#ifndef OB_TUI_CHANGE_H
#define OB_TUI_CHANGE_H

#include "base/json.h"
#include "outboard/change.h"
#include "outboard/session.h"
#include "tui/doc.h"

struct ob_tui;

enum { OB_CHANGE_LOG = 200 };

typedef struct ob_changing ob_changing;
void ob_changing_free(ob_changing *c);

/* The menu of types was answered; `text` of the prompt for a host name. */
void ob_change_type_chosen(struct ob_tui *s, int type);
void ob_change_host_typed(struct ob_tui *s, const char *text);
/* The fields of a rule were accepted. `base` NULL: a new rule, the Ingress is asked for first. */
void ob_change_route(struct ob_tui *s, const char *ns, const char *ingress, const ob_json *base);
/* The plan in view was confirmed or dropped. */
void ob_change_confirm(struct ob_tui *s);
void ob_change_confirmed(struct ob_tui *s, bool yes);
void ob_change_drop(struct ob_tui *s);
/* An answer of the session; false when it is another's. Owned when true. */
bool ob_change_reply(struct ob_tui *s, ob_reply *move_r);
/* Why keys that change something do nothing here; NULL: they do. */
const char *ob_change_why_not(struct ob_tui *s, bool convert);

/* The pages. */
void ob_change_write(struct ob_tui *s, ob_doc *d);
void ob_change_write_history(struct ob_tui *s, ob_doc *d);
void ob_change_write_log(struct ob_tui *s, ob_doc *d);

#endif
