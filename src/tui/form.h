/* A form: a table of fields over the screen, filled in by keys or the mouse.
 *
 *   ╭ Convert shop/cart ───────────────────────────────╮
 *   │ type          ‹ NodePort ›    a port on every node│   label, value, note
 *   │ node port     30080           free                │
 *   │ …                                                 │   as many as fit; the rest scrolls
 *   │ help of the field, what the cluster has for it    │
 *   │ what would come of it                             │   the live line, wrapped
 *   │ [ Preview ]  [ Cancel ]                           │
 *   ╰───────────────────────────────────────────────────╯
 *
 * One const ob_form_kind is one form. Enter accepts it as it stands, wherever the cursor is. What
 * was typed stays until its change was made: the form is hidden while a plan of it is in view,
 * and comes back when that is dropped or refused; left for another, when it is opened again. Esc
 * closes one in which nothing was changed, and asks for a second esc in one where something was.
 *
 * Ownership The form owns its values; `data` is the kind's, freed by its `done`.
 * Thread    UI.
 * Limits    OB_FORM_VALUES values, OB_FORM_OFFERS of what the cluster has are looked at,
 *           OB_FORMS_KEPT that were left wait, newest first.
 */
#ifndef OB_TUI_FORM_H
#define OB_TUI_FORM_H

#include "base/buf.h"
#include "base/mem.h"
#include "tui/layout.h"
#include "tui/line.h"
#include "tui/theme.h"

struct ob_tui;
struct ob_form;
struct ob_reply;

enum { OB_FORM_VALUES = 256, OB_FORM_OFFERS = 5000, OB_FORM_HITS = 24, OB_FORMS_KEPT = 16 };

typedef enum ob_field_type {
  OB_FIELD_TEXT,   /* typed; what the cluster has completes it */
  OB_FIELD_LIST,   /* the same, as often as one likes: an empty one follows the last */
  OB_FIELD_CHOICE, /* one of what is offered */
  OB_FIELD_TOGGLE  /* "yes" or "" */
} ob_field_type;

/* What a field may be. The texts are borrowed, and valid until the next pump. */
typedef struct ob_form_offers {
  OB_VEC(const char *) all;
} ob_form_offers;
void ob_form_offer(ob_form_offers *o,
                   const char *text); /* "" and what is past the limit: ignored */

typedef struct ob_form_field {
  const char *label;
  ob_field_type type;
  const char *empty; /* stands where nothing is typed: "automatic" */
  const char *help;
  void (*offer)(const struct ob_tui *s, const struct ob_form *f,
                ob_form_offers *o); /* NULL: nothing */
  /* Beside the value: what it means, or what is wrong with it. Returns how it looks. NULL: nothing
   */
  ob_role (*note)(const struct ob_tui *s, const struct ob_form *f, const char *value, ob_buf *out);
  bool (*shown)(const struct ob_tui *s, const struct ob_form *f); /* NULL: always */
} ob_form_field;

typedef struct ob_form_kind {
  const ob_form_field *fields;
  int nfields;
  /* The live line; returns how it looks. NULL: none. */
  ob_role (*say)(const struct ob_tui *s, const struct ob_form *f, ob_buf *out);
  void (*accept)(struct ob_tui *s, struct ob_form *f);
  void (*done)(void *data); /* NULL: nothing to free */
  /* Before each drawing: what its fields offer may be asked for. NULL: nothing is. */
  void (*look)(struct ob_tui *s, struct ob_form *f);
  /* An answer to that; false: it is another's. */
  bool (*reply)(struct ob_form *f, struct ob_reply *r);
} ob_form_kind;

typedef struct ob_form_value {
  int field;
  char *label; /* in place of the field's, owned; NULL: the field's */
  ob_line line, before;
} ob_form_value;

typedef struct ob_form {
  const ob_form_kind *kind; /* NULL: there is none */
  bool hidden;              /* its plan is in view, or on its way */
  uint64_t opened;          /* when, by ob_tui.opened */
  struct ob_form *below;    /* another that waits, owned; NULL none */
  char *title, *said;       /* owned; said: what the server answered, NULL nothing */
  void *data;
  const char *accept; /* what its button says; NULL: Preview */
  OB_VEC(ob_form_value) values;
  size_t at, top;
  char typed[32]; /* into a choice */
  bool keeps;     /* what is typed into it waits when it makes way */
  char *whom;     /* it is of, where its title does not say it; owned */
  bool left;      /* esc was pressed over what would be lost */
  struct {
    ob_rect box, rows, ok, cancel;
    size_t shown[OB_FORM_VALUES]; /* values by line of `rows`, from its first */
    size_t nshown;
    struct {
      ob_rect r;
      char text[256];
    } offers[OB_FORM_HITS];
    size_t noffers;
  } hit; /* of the last drawing */
} ob_form;

/* One that was left for another: gone when its change is done, else brought back by opening the same
 * form again. */
typedef struct ob_form_kept {
  ob_form form;
  uint64_t when; /* of the person's word for its change, by ob_tui.opened; 0: none is under way */
  bool refused;
} ob_form_kept;

/* --- for whoever has a form ------------------------------------------------------------------- */
/* Opens it with empty values, the cursor on the first field. A former one is forgotten. */
ob_form *ob_form_open(struct ob_tui *s, const ob_form_kind *kind, char *move_title,
                      void *move_data);
/* The same, and the one that is open comes back when this one goes. */
ob_form *ob_form_open_over(struct ob_tui *s, const ob_form_kind *kind, char *move_title,
                           void *move_data);
/* All values are set: from now on what is typed is kept when the form makes way. One that was kept, of
 * the same kind, title and `whom` (NULL: the title says it), takes its place. */
void ob_form_keep(struct ob_tui *s, const char *whom);
/* All that are open go, or wait. */
void ob_forms_make_way(struct ob_tui *s);
/* How the change of `when` ended. Returns whether something was kept for it that can be had again. */
bool ob_form_kept_end(struct ob_tui *s, uint64_t when, bool done);
/* Forgets all of them, the kept ones and the fields of rows, too. */
void ob_forms_done(struct ob_tui *s);
/* Forget it; the one below takes its place, hidden or not as it was left. */
void ob_form_done(ob_form *f);
static inline bool ob_form_in_view(const ob_form *f) {
  return f->kind && !f->hidden;
}
/* The value as it is when the form opens. LIST: one more. */
void ob_form_set(ob_form *f, int field, const char *text);
/* The same as typed by the person: it counts as a change. */
void ob_form_change(ob_form *f, int field, const char *text);
/* A value more of a field, with a label of its own. */
void ob_form_add(ob_form *f, int field, const char *label, const char *text);
/* Put the cursor there. */
void ob_form_go(struct ob_tui *s, ob_form *f, int field);
/* The first value of a field. */
const char *ob_form_get(const ob_form *f, int field);
bool ob_form_changed(const ob_form *f, int field);
bool ob_form_any_changed(const ob_form *f);
/* The values of a LIST that are not empty: the first has i 0; NULL behind the last. */
const char *ob_form_nth(const ob_form *f, int field, size_t i);
/* The form again, as it was left, with what was answered (NULL: nothing). */
void ob_form_again(struct ob_tui *s, const char *said);
void ob_form_hide(ob_form *f);

/* --- keys, mouse, drawing --------------------------------------------------------------------- */
/* The line that the keys edit; NULL on a choice. */
ob_line *ob_form_line(struct ob_tui *s);
void ob_form_type(struct ob_tui *s, uint32_t cp);
/* What stands in the line was changed. */
void ob_form_edited(struct ob_tui *s);
void ob_form_press(struct ob_tui *s, int x, int y);
void ob_form_wheel(struct ob_tui *s, int by);
void ob_form_draw(struct ob_tui *s);
/* An answer of the session; false when it is another's. Owned when true. */
bool ob_form_reply(struct ob_tui *s, struct ob_reply *move_r);
/* What the cluster has for the field under the cursor and what was typed there; false: nothing. */
bool ob_form_offers_now(const struct ob_tui *s, ob_form_offers *ret);
/* What the best offer adds to what was typed; "" nothing. */
const char *ob_form_ghost(const struct ob_tui *s, const ob_form_offers *o);

#endif
