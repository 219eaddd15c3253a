/* The state of the dashboard, and what its parts call of one another.
 *
 *   run.c       waits, pumps the session, decides when to draw
 *   actions.c   keys          commands.c  `:` commands       mouse.c  the mouse
 *   draw.c      the frame     table.c     the list           panel.c  the side panel
 *   menu.c      choices       pager.c     texts              prompt.c the line being typed
 *
 * Thread UI. Rows (`ob_row`) are valid until the next ob_tui_refresh() or pump, so every part
 * asks for the row when it needs it and none keeps one.
 */
#ifndef OB_TUI_SCREEN_H
#define OB_TUI_SCREEN_H

#include "base/clock.h"
#include "outboard/compare.h"
#include "outboard/explain.h"
#include "outboard/session.h"
#include "outboard/view.h"
#include "tui/change.h"
#include "tui/keymap.h"
#include "tui/copy.h"
#include "tui/form.h"
#include "tui/layout.h"
#include "tui/line.h"
#include "tui/look.h"
#include "tui/menu.h"
#include "tui/plugins.h"
#include "tui/pager.h"
#include "tui/pages.h"
#include "tui/route_edit.h"
#include "tui/term.h"
#include "tui/theme.h"
#include "tui/tui.h"
#include "tui/works.h"

enum {
  OB_MESSAGES_MAX = 200, /* kept for :messages */
  OB_HISTORY_MAX = 50,   /* commands that `up` brings back */
  OB_FETCH_DELAY_MS = 150, /* the cursor must rest so long before something is fetched for it */
  OB_TOUR_SCREENS = 3,
  OB_COLUMNS_MAX = 32,
  OB_MARKS_MAX = 10000, /* rows that may be marked at once */
  OB_LOOK_MS = 5,       /* the share that a filter's search gets between two keys */
};

typedef struct ob_tab {
  ob_list *list;
  size_t cursor, top;
  uint64_t key; /* the row under the cursor, 0 none yet */
  char filter[OB_LINE_TEXT];
  ob_err filter_err; /* code OB_OK when the filter is good */
  int sort;          /* column, -1 the view's own */
  bool reverse;
  int then; /* 1 + the column that orders equal ones, 0 none */
  bool then_reverse;
  OB_VEC(uint64_t) marks; /* list keys, sorted */
  ob_group group;         /* NONE: no tree */
  bool on_head, top_head; /* the cursor, the first line stands on the head of the row's group */
  char *head_name;        /* of the head under the cursor, owned; NULL on a row */
  bool fold_all;
  OB_VEC(uint64_t) folds; /* groups (hash of the name) that are not as fold_all says */
  size_t total; /* rows before the filter, for the tabs' counts */
} ob_tab;

typedef enum ob_full {
  OB_FULL_NONE,
  OB_FULL_PAGE,
  OB_FULL_HELP,
  OB_FULL_MESSAGES,
  OB_FULL_TOUR,
  OB_FULL_EXPLAIN,
  OB_FULL_PLAN,
  OB_FULL_HISTORY,
  OB_FULL_LOG
} ob_full;
typedef enum ob_prompt_kind {
  OB_PROMPT_NONE,
  OB_PROMPT_FILTER,
  OB_PROMPT_COMMAND,
  OB_PROMPT_SEARCH,
  OB_PROMPT_CONTEXT, /* its name, to confirm a change in a protected one */
  OB_PROMPT_FILE,    /* where the plan in view is written */
  OB_PROMPT_ROUTE /* a field of a rule */
} ob_prompt_kind;

/* What a command could be meant to be. */
typedef struct ob_offer {
  char *text, *note; /* "go service/shop/cart", "" */
  int score;
  bool close; /* what was typed stands in it as it is */
} ob_offer;

typedef struct ob_message {
  int64_t at_ms;
  bool bad;
  char *text;
} ob_message;

/* What a fetch for the panel is at. */
typedef struct ob_wanted {
  ob_page_id page;
  ob_uid uid; /* none: nobody is asked about */
  char rv[64];
  uint32_t id;      /* under way, 0 none */
  int64_t since_ms; /* monotonic: when the cursor came here */
  bool have;        /* reply is filled */
  ob_reply reply;
} ob_wanted;

typedef struct ob_tui {
  const ob_tui_opts *opts;
  ob_session_opts session_opts; /* with the context that is open now */
  char *context;                /* owned, NULL: as opts say */
  ob_session *session;
  ob_term *term;
  ob_keymap *keymap;
  ob_plugins plugins;
  const ob_plugin *asking; /* the plugin whose run is to be confirmed; NULL none */
  ob_words asked;          /* its words, owned */
  uint32_t copying;        /* the fetch whose YAML goes to the clipboard; 0 none */
  int flash_ms, message_for_ms; /* settings */
  ob_timing timing;             /* with the settings put in */
  ob_look look;
  bool k9s; /* look into k9s' folders too */
  ob_depth depth;

  ob_tab tabs[OB_VIEW_COUNT];
  ob_view_id tab;
  char *ns;          /* shown namespace, "" all */
  int64_t counts_due_ms; /* monotonic: when the other tabs' lists follow, while all comes in */
  bool stale_rows;   /* the session was pumped since the last refresh */
  bool stale_counts; /* … and the other tabs' lists do not know yet */
  bool flashing;     /* a row on the screen has just changed */
  bool several_ns;   /* the NAMESPACE column says something */

  bool panel_focus;
  ob_full full;
  ob_request request; /* of the explain page */
  struct ob_prices *prices;
  ob_mode help_mode; /* where the keys went when `?` was pressed, and why not, by row */
  const char *help_why[OB_KEY_ROWS_MAX];
  ob_page_id page;
  int way; /* the column of Compare that is chosen, an ob_way; -1 none */
  ob_pager pager; /* of the panel and of full pages */
  bool unfold;
  bool page_stale;   /* the doc must be written again */
  ob_uid page_uid; /* whom the doc is about */
  ob_wanted wanted;
  int panel_percent[2]; /* beside, below; 0 default */

  ob_changing *changing; /* a plan in view, and the log of writes; NULL none yet */
  ob_route_edit route;   /* the rule whose fields are open */
  ob_form form;
  struct { /* what was typed, and made way for something else */
    OB_VEC(ob_form_kept) forms;
    OB_VEC(ob_route_kept) routes;
  } kept;
  uint64_t opened; /* forms, fields and editors so far: a clock of what is typed */

  ob_menu menu;
  ob_prompt_kind prompt;
  ob_line line;
  char before[OB_LINE_TEXT]; /* the filter or search before the prompt */
  OB_VEC(ob_offer) offers; /* for what is typed as a command, best first */
  size_t offer;            /* the one chosen, SIZE_MAX none */
  char values[256];        /* what a filter's word could become */
  OB_VEC(char *) history;
  size_t history_at;

  OB_VEC(ob_message) messages;
  int64_t message_ms; /* monotonic: when the last came */

  ob_layout layout;
  struct { /* where the mouse may press, from the last drawing */
    ob_rect tabs[OB_VIEW_COUNT];
    ob_rect pages[OB_PAGE_COUNT];
    ob_rect plan[3]; /* the buttons of a plan in view: apply, write, cancel */
    struct {
      int x, w, column;
    } heads[OB_COLUMNS_MAX];
    size_t nheads;
    int rows_y, rows; /* first row's line, how many are shown */
  } hit;
  struct {
    uint64_t on;    /* the row that is probed again and again, 0 none */
    int64_t due_ms; /* monotonic: when it is next */
    uint64_t word;  /* the row that was told to need the person's word */
    uint64_t url;   /* the typed URL whose answer is to be said */
  } probe;
  struct {           /* remember.c */
    int64_t due_ms; /* monotonic: when to look whether something is to be saved; 0 not */
    char *kept;     /* what was saved last, owned; NULL nothing yet */
  } keep;
  int64_t next_age_ms; /* Unix ms: when an age on the screen changes; INT64_MAX never */
  bool dragging; /* the divider */
  int tour;      /* the screen of the tour */
  bool quit, draw_now;
  int exit_code;
} ob_tui;

/* --- state ------------------------------------------------------------------------------ */
ob_mode ob_tui_mode(const ob_tui *s);
static inline const ob_cluster *ob_tui_cluster(const ob_tui *s) {
  return ob_session_cluster(s->session);
}
static inline ob_tab *ob_tui_tab(ob_tui *s) {
  return &s->tabs[s->tab];
}

/* Take up what the session changed: rows, counts, the cursor's place. */
void ob_tui_refresh(ob_tui *s);
/* The row under the cursor; NULL when the list is empty. Refreshes first. */
const ob_row *ob_tui_row(ob_tui *s);
/* Lines down, or up when negative, as far as there are any. */
void ob_tui_move_by(ob_tui *s, long by);
/* Put the cursor on a row (clamped) and remember which it is. */
void ob_tui_move_to(ob_tui *s, size_t row);
void ob_tui_open_tab(ob_tui *s, ob_view_id tab);
/* Give a tab's list its filter, sort and namespace. An error is kept in the tab. */
void ob_tui_apply(ob_tui *s, ob_view_id tab);
/* Give the tab in view the filter that is being typed: its rows come as they are found, as many as
 * so many ms give; ob_tui_look() goes on. */
void ob_tui_filter(ob_tui *s, int for_ms);
void ob_tui_look(ob_tui *s, int for_ms);
void ob_tui_set_ns(ob_tui *s, const char *ns);

/* One line for the person, kept in :messages. */
void ob_tui_say(ob_tui *s, bool bad, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* What begins so is no longer so: it leaves the last line, and stays in :messages. */
void ob_tui_unsay(ob_tui *s, const char *begin);

/* Open the session of session_opts. */
int ob_tui_open_session(ob_tui *s, ob_err *err);
void ob_tui_close_session(ob_tui *s);
/* Open a context of the kubeconfig instead; an error is said and the old one stays. */
void ob_tui_switch_context(ob_tui *s, const char *name);

/* --- drawing ----------------------------------------------------------------------------- */
ob_style ob_tui_style(const ob_tui *s, ob_role role);
ob_style ob_tui_style_over(const ob_tui *s, ob_role front, ob_role back);
/* Safe or unsafe text, cut at `width` with an ellipsis; returns the columns it took. */
int ob_tui_text(const ob_tui *s, int x, int y, int width, const char *text, ob_style style);
/* The same, padded to the width. */
void ob_tui_fill(const ob_tui *s, int x, int y, int width, const char *text, ob_style style);
/* A frame with a title in its upper edge and, when not NULL, a note in its lower one. */
void ob_tui_frame(const ob_tui *s, ob_rect r, bool focus, const char *title, const char *note);
void ob_tui_draw(ob_tui *s);
void ob_tui_draw_table(ob_tui *s);
/* What a row of the list stands on, and the columns left of its text. */
ob_role ob_tui_row_back(ob_tui *s, const ob_tab *t, size_t i, bool cursor, bool head, int64_t now);
void ob_tui_draw_gutter(ob_tui *s, ob_rect box, int y, const ob_row *row, size_t i, bool cursor,
                        ob_role back);
/* What the filter found, drawn once more over text that stands at x, y in w columns. Column SIZE_MAX:
 * a text made of several. `skip`: bytes before what the filter looks at. */
void ob_tui_draw_found(ob_tui *s, size_t column, const char *text, size_t skip, int x, int y, int w,
                       bool right);
void ob_tui_draw_tree(ob_tui *s, ob_rect box);
void ob_tui_draw_panel(ob_tui *s);
void ob_tui_draw_footer(ob_tui *s);
/* What the list says in place of rows; several lines. */
void ob_tui_draw_empty(ob_tui *s, ob_rect r);
/* The trouble that the alert line tells; false when all is well. */
bool ob_tui_trouble(const ob_tui *s, struct ob_buf *ret);
/* An object of this age is on the screen. */
void ob_tui_note_age(ob_tui *s, int64_t created_ms);

/* --- the tree and marks (tree.c, marks.c) ------------------------------------------------ */
typedef struct ob_spot { /* a line of the tree: a row, or the head of its group */
  size_t at;
  bool head;
} ob_spot;
bool ob_tree_on(const ob_tab *t);
void ob_tree_group(ob_tui *s, ob_group by);
void ob_tree_move(ob_tui *s, long by);
/* On a head: fold or unfold it and say true. */
bool ob_tree_open(ob_tui *s);
/* Put the cursor on the line-th line in view; true when it stood there already. */
bool ob_tree_press(ob_tui *s, size_t line);
/* The rows that the cursor means: one, or all of the head's group. */
ob_group_run ob_tree_under_cursor(const ob_tab *t);
/* What the panel says of the head under the cursor. */
void ob_tree_write_head(ob_tui *s, ob_doc *d);
bool ob_tui_marked(const ob_tab *t, uint64_t key);
/* The services of marked rows, each once, in the list's order. */
size_t ob_tui_marked_services(ob_tui *s, const ob_service **ret, size_t max);
/* Forget marks whose rows are gone. */
void ob_tui_prune_marks(ob_tab *t);

/* --- the panel ----------------------------------------------------------------------------- */
void ob_tui_set_page(ob_tui *s, ob_page_id page);
/* Ask the session for what the page in view needs; drop what nobody looks at. Returns in how
 * many ms to come again, -1 when there is nothing to wait for. */
int ob_tui_fetch(ob_tui *s);
void ob_tui_take_reply(ob_tui *s, ob_reply *move_r);
void ob_tui_drop_fetch(ob_tui *s);
void ob_tui_write_help(ob_tui *s, ob_doc *d);
void ob_tui_write_tour(ob_tui *s, ob_doc *d);
void ob_tui_write_messages(ob_tui *s, ob_doc *d);
void ob_tui_write_explain(ob_tui *s, ob_doc *d);
void ob_tui_open_full(ob_tui *s, ob_full full);
void ob_tui_close_full(ob_tui *s);

/* Ask again what is switched on and due; in how many ms to come back, -1 never. */
int ob_tui_probe_due(ob_tui *s);
void ob_tui_probe_answered(ob_tui *s);
void ob_tui_forward_chosen(ob_tui *s, int port);
void ob_tui_forward_stopped(ob_tui *s, int id);
void ob_tui_forwards_changed(ob_tui *s);
/* The menu of forwards, while it is open, says what is; ms until it is due again, -1 it is not open. */
int ob_tui_forwards_due(ob_tui *s);

/* --- input ----------------------------------------------------------------------------------- */
void ob_tui_input(ob_tui *s, const ob_input *in);
/* Quit; asks first while a change is under way. */
void ob_tui_leave(ob_tui *s);
void ob_tui_press(ob_tui *s, int x, int y);
/* The button moves while it is down; `end`: it was let go. Drags the divider. */
void ob_tui_drag(ob_tui *s, int x, int y, bool end);
void ob_tui_wheel(ob_tui *s, int x, int y, int by);
typedef struct ob_mouse_row { /* of mouse.def */
  const char *place, *help;
} ob_mouse_row;
extern const ob_mouse_row ob_mouse_rows[];
extern const size_t ob_nmouse_rows;
void ob_tui_prompt_open(ob_tui *s, ob_prompt_kind kind, const char *text);
/* Offers for what is typed as a command, over the last line (offers.c). */
void ob_offers_make(ob_tui *s);
void ob_offers_move(ob_tui *s, int by);
/* The chosen offer becomes the line; so does the best one when the line is no command. */
void ob_offers_take(ob_tui *s);
void ob_offers_done(ob_tui *s);
void ob_tui_draw_offers(ob_tui *s);
/* Put the cursor on a Service or an Ingress: "shop/cart", "ingress/shop/web". False: none. */
bool ob_tui_go(ob_tui *s, const char *what);
/* What was typed changed: filters and searches follow at once. */
void ob_tui_prompt_changed(ob_tui *s);
void ob_tui_command(ob_tui *s, const char *line);
void ob_tui_menu_namespaces(ob_tui *s);
void ob_tui_menu_contexts(ob_tui *s);
void ob_tui_menu_sort(ob_tui *s);
void ob_tui_menu_group(ob_tui *s);
void ob_tui_menu_take(ob_tui *s);
void ob_tui_sort_by(ob_tui *s, int column);

#endif
