/* The views: what the tabs of the dashboard and `outboard get` show, row by row.
 *
 * A view is one row of ob_views: a name, aliases, a generator of rows, and a table of
 * columns. A column is one row of that table: its JSON key, its title, how it gives way
 * on narrow screens, and one function that makes its cell. Both front ends draw from
 * these tables alone, so a new column appears in the dashboard, in every output format
 * and in the schema at once.
 *
 * An ob_list is a live, filtered, sorted selection of a view's rows. It follows the
 * cluster: ob_list_refresh() touches the rows of what changed, not the rest.
 *
 * Ownership A list owns its rows; a row and its pointers are valid until the next
 *           ob_list_refresh() or ob_session_pump().
 * Thread    UI.
 * Text      Cells are the objects' own text, NOT terminal-safe: a front end passes what it shows
 *           through ob_text_safe(), and writes what programs read as it is.
 */
#ifndef OUTBOARD_VIEW_H
#define OUTBOARD_VIEW_H

#include "outboard/cluster.h"
#include "outboard/text.h"

typedef enum ob_view_id {
  OB_VIEW_EXPOSURE,
  OB_VIEW_SERVICES,
  OB_VIEW_NODE_PORTS,
  OB_VIEW_LOAD_BALANCERS,
  OB_VIEW_INGRESS,
  OB_VIEW_COUNT
} ob_view_id;

/* How a row of Exposure lets the world in. */
typedef enum ob_row_way {
  OB_ROW_SERVICE,      /* Services view: the service itself */
  OB_ROW_NODE_PORT,    /* service, port */
  OB_ROW_LB,           /* service, port, sub = index of the address (-1: pending) */
  OB_ROW_EXTERNAL_IP,  /* service, port, sub = index of the external IP */
  OB_ROW_RULE,         /* ingress, rule, path */
  OB_ROW_DEFAULT,      /* ingress's default backend */
} ob_row_way;

typedef struct ob_row {
  const ob_object *owner;    /* Service or Ingress */
  const ob_service *service; /* the service it leads to; NULL when missing or unknown */
  const ob_ingress *ingress; /* NULL unless RULE or DEFAULT */
  ob_row_way way;
  int port;                  /* index into service ports, -1 none */
  int rule, path, sub;       /* -1 none */
} ob_row;

enum { OB_CELL_NODES = 64 }; /* addresses of nodes that a cell lists; the others are counted */

typedef struct ob_cell {
  struct ob_buf *text; /* the function appends the shown text here */
  ob_tone tone;        /* PLAIN unless it says so */
  char mark;           /* 0, or a mark that does not depend on colour: '!' bad, '~' pending, '+' ok */
  int64_t num;         /* sort value and JSON number */
  bool has_num;
  bool link;           /* the text is a URL that may be opened */
  bool unknown;        /* what it would say is not known: JSON null */
  bool none;           /* the text ("<none>", "<pending>:80") stands for no value: JSON null, [] */
  uint16_t items;      /* of a list, put so far */
} ob_cell;

enum {
  OB_COL_WIDE = 1 << 0,   /* tables: only with -o wide and on wide screens */
  OB_COL_KEY = 1 << 1,    /* never falls away (the address, the port) */
  OB_COL_NUMBER = 1 << 2, /* right aligned; JSON number */
  OB_COL_LIST = 1 << 3,   /* JSON array: items are separated by "," in the text */
  OB_COL_HIDDEN = 1 << 4, /* JSON, YAML, CSV and filter only */
  OB_COL_NS = 1 << 5,     /* the namespace: tables show it only over several namespaces */
  OB_COL_AGE = 1 << 6,    /* ticks */
  OB_COL_BOOL = 1 << 7,   /* JSON boolean from num */
  OB_COL_PROBE = 1 << 8,  /* the dashboard's alone, and only once something was probed */
  OB_COL_HEARD = 1 << 9,  /* says more once ob_session_hear() was called for the row's service */
};

typedef struct ob_column {
  const char *key;   /* JSON key and sort name: "host" */
  const char *title; /* "HOST" */
  const char *help;  /* one line: schema and help */
  uint16_t flags;
  uint8_t priority;  /* 0 falls away last … 9 first */
  uint8_t min_width, max_width; /* columns on a screen */
  void (*cell)(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_cell *ret);
} ob_column;

typedef struct ob_view {
  ob_view_id id;
  const char *name;       /* "exposure": CLI and `:` */
  const char *aliases;    /* "exp,exposures" */
  const char *title;      /* "Exposure" */
  const char *help;
  const char *empty;      /* what to do when there are no rows */
  const ob_column *columns;
  size_t ncolumns;
  int default_sort;       /* column index, -1: the view's own order */
} ob_view;
extern const ob_view ob_views[OB_VIEW_COUNT];
/* By name or alias; NULL when none. */
const ob_view *ob_view_find(const char *name);

/* --- groups: what the tree puts together ------------------------------------------------- */
typedef enum ob_group {
  OB_GROUP_NONE,
  OB_GROUP_HOST,
  OB_GROUP_NAMESPACE,
  OB_GROUP_NODE, /* a row stands under every node that holds a ready endpoint of it */
  OB_GROUP_BALANCER,
  OB_GROUP_CLASS,
  OB_GROUP_COUNT
} ob_group;
extern const char *const ob_group_names[OB_GROUP_COUNT]; /* "load balancer" */

/* The way of a request to the row's pods, hop by hop from the client inwards:
 * client, LB 203.0.113.7:443, ingress shop/web, service web:http, 3/3 pods. The text is valid
 * during the call. */
typedef void (*ob_hop_fn)(void *arg, const char *text, ob_tone tone);
void ob_row_chain(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_hop_fn fn, void *arg);

/* --- a live selection ---------------------------------------------------------------- */
typedef struct ob_list ob_list;

typedef struct ob_list_opts {
  const char *ns;       /* only this namespace; NULL or "" all */
  const char *name;     /* only this owner name; NULL all (CLI operand) */
  const char *filter;   /* the filter language, see ob_filter_help; NULL or "" all */
  const char *selector; /* label selector of the owner; NULL all */
  int sort;             /* column index, -1 the view's own order */
  bool reverse;
  int then;             /* 1 + index of the column that orders equal ones; 0 none */
  bool then_reverse;
  ob_group group;       /* rows of one group stand together, groups in natural order */
} ob_list_opts;

ob_list *ob_list_new(const ob_cluster *c, ob_view_id view);
void ob_list_free(ob_list *l);
/* Copies what it needs; errors name the bad part of a filter or selector and leave the
 * list as it was. */
int ob_list_set(ob_list *l, const ob_list_opts *opts, int64_t now_ms, ob_err *err);
/* Another filter, for somebody who is typing it: nothing is shown until ob_list_work() has looked
 * through the rows, from the first on. What changes meanwhile is taken up as ever. */
int ob_list_filter(ob_list *l, const char *filter, int64_t now_ms, ob_err *err);
/* Look through about so many rows more; false when none is left. */
bool ob_list_work(ob_list *l, size_t rows);
bool ob_list_working(const ob_list *l); /* some are left */
/* Take up what changed since the last call; true when any row may look different. */
bool ob_list_refresh(ob_list *l, int64_t now_ms);
/* A list that nobody looks at may rest: it has no rows (ob_list_len() is 0) and keeps nothing but how
 * many there would be, ob_list_total(). Everything else goes on, ob_list_refresh() included. What
 * wakes up is a list as if it had just been set: no row counts as changed. */
void ob_list_rest(ob_list *l);
void ob_list_wake(ob_list *l, int64_t now_ms);
/* Rows; by node one for each group that a row stands under. */
size_t ob_list_len(const ob_list *l);
/* The same, each row once. */
size_t ob_list_shown(const ob_list *l);
/* Rows before the filter, within ns, name and selector. */
size_t ob_list_total(const ob_list *l);
const ob_row *ob_list_at(const ob_list *l, size_t i);
/* A row's identity, equal for "the same row" over refreshes (owner uid, way, indices by
 * name where names exist). Cursor, marks and --watch follow it. */
uint64_t ob_row_key(const ob_row *r);
/* Where in a cell's text, from byte `from` on, something stands that the list's filter looks
 * for; SIZE_MAX: nowhere. Column SIZE_MAX: a text made of several, numbers are not looked for. */
size_t ob_list_stretch(const ob_list *l, size_t column, const char *text, size_t from,
                       size_t *ret_len);
/* The column that the filter language calls so ("type", "ns"); -1 none. */
int ob_filter_column(const ob_view *v, const char *name, size_t n);
/* The i-th of those names; NULL behind the last. The same column may come by several. */
const char *ob_filter_name(const ob_view *v, size_t i);
/* The key of the row at i: ob_row_key(), and the group where rows stand in several. */
uint64_t ob_list_key(const ob_list *l, size_t i);
/* The group of the row at i: rows first … end-1. Costs O(log n). */
typedef struct ob_group_run {
  const char *name;
  size_t first, end;
} ob_group_run;
ob_group_run ob_list_group(const ob_list *l, size_t i);
/* Index of the first row of the group of that name, or SIZE_MAX. O(log n). */
size_t ob_list_find_group(const ob_list *l, const char *name);
/* Index of the row with that list key, or SIZE_MAX. near: where to look first. */
size_t ob_list_find(const ob_list *l, uint64_t key, size_t near);
/* Row changed within the last `flash_ms` (not: has just been loaded). */
bool ob_list_changed(const ob_list *l, size_t i, int64_t now_ms, int flash_ms);

/* Worst finding of a row: -1 none, else ob_severity. */
int ob_row_severity(const ob_cluster *c, const ob_row *r, int64_t now_ms);

/* The worst verified finding that concerns the row; false when there is none. */
bool ob_row_finding(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_finding *ret);

extern const char ob_filter_help[];

#endif
