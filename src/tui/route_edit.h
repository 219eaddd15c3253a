/* A rule of an Ingress, edited in its row: each cell is a field, tab moves along, esc gives the old
 * value back.
 *
 * What is typed stands on the Ingress as it was when the fields opened: if somebody changes it
 * meanwhile, that is a conflict like any other, and the fields stay open with what was typed.
 *
 * Thread UI.
 */
#ifndef OB_TUI_ROUTE_EDIT_H
#define OB_TUI_ROUTE_EDIT_H

#include "base/json.h"
#include "outboard/plan.h"
#include "tui/layout.h"
#include "tui/line.h"

struct ob_tui;

typedef enum ob_route_field {
  OB_ROUTE_HOST,
  OB_ROUTE_PATH,
  OB_ROUTE_TYPE,
  OB_ROUTE_SERVICE,
  OB_ROUTE_PORT,
  OB_ROUTE_SECRET,
  OB_ROUTE_FIELDS
} ob_route_field;

typedef struct ob_route_edit {
  bool open;
  uint64_t opened; /* when, by ob_tui.opened; 0 never */
  char *ns, *name;
  ob_json *base; /* the Ingress as it was when the fields opened */
  ob_rule_seen seen; /* of the row; then its place in `base` */
  ob_line fields[OB_ROUTE_FIELDS], before[OB_ROUTE_FIELDS];
  ob_route_field at;
  size_t offer; /* the candidate shown last */
  bool left;    /* esc was pressed over what would be lost */
} ob_route_edit;
void ob_route_edit_done(ob_route_edit *e);
bool ob_route_edit_changed(const ob_route_edit *e);
/* They are of the same rule. */
bool ob_route_edit_same(const ob_route_edit *a, const ob_route_edit *b);

/* Fields that were left for others, as an ob_form_kept. */
typedef struct ob_route_kept {
  ob_route_edit edit;
  uint64_t when;
} ob_route_kept;
/* What is typed waits when something was, else it goes. */
void ob_route_edit_make_way(struct ob_tui *s);
/* What was typed into the same rule before takes the place of what is open; false: nothing was. */
bool ob_route_edit_bring(struct ob_tui *s);

/* They go with the change that was made of them: not those that were opened after `when`. */
void ob_route_edit_close(struct ob_tui *s, uint64_t when);
/* The fields again, as they were left. */
void ob_route_edit_again(struct ob_tui *s);
/* The line of the field under the cursor was accepted, given back, left by tab. */
void ob_route_edit_accept(struct ob_tui *s);
void ob_route_edit_cancel(struct ob_tui *s);
void ob_route_edit_next(struct ob_tui *s);
/* The next (1) or former (-1) of what the cluster has for this field. */
void ob_route_edit_offer(struct ob_tui *s, int by);

const char *ob_route_edit_label(const struct ob_tui *s);
/* What is said beside the line. */
void ob_route_edit_aside(const struct ob_tui *s, struct ob_buf *out);
void ob_route_edit_draw(struct ob_tui *s, ob_rect box, int y);

#endif
