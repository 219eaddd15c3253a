/* The sizes at which the screen changes its shape are named here and nowhere else. */
#include "tui/layout.h"

enum {
  LIST_ENOUGH = 116, /* addresses, services and problems in full; the rest is the panel's */
  BESIDE_LEAST = 44,
  BESIDE_ENOUGH = 76, /* what three columns of comparison need */
  BESIDE_WIDTH = 160, /* from here the panel stands beside the list */
  BELOW_HEIGHT = 22,  /* else below it, from here */
  BELOW_PERCENT = 48,
  LIST_MIN_WIDTH = 36,
  PANEL_MIN_WIDTH = 30,
  LIST_MIN_HEIGHT = 6,
  PANEL_MIN_HEIGHT = 5,
};

static int clamp(int v, int low, int high) {
  return v < low ? low : v > high ? high : v;
}

ob_layout ob_layout_make(const ob_layout_ask *ask) {
  ob_layout l = {.w = ask->w, .h = ask->h};
  int w = ask->w, h = ask->h, y = 2;
  if (w < OB_MIN_WIDTH || h < OB_MIN_HEIGHT) {
    l.too_small = true;
    return l;
  }
  l.header = (ob_rect){0, 0, w, 1};
  l.tabs = (ob_rect){0, 1, w, 1};
  if (ask->alert) l.alert = (ob_rect){0, y++, w, 1};
  l.footer = (ob_rect){0, h - 1, w, 1};
  ob_rect body = {0, y, w, h - 1 - y};
  l.place = w >= BESIDE_WIDTH ? OB_BESIDE : h >= BELOW_HEIGHT ? OB_BELOW : OB_ALONE;
  if (ask->full || (l.place == OB_ALONE && ask->panel_alone)) {
    l.panel = body;
  } else if (l.place == OB_ALONE) {
    l.list = body;
  } else if (l.place == OB_BESIDE) {
    int panel = ask->panel_percent
                    ? clamp(w * ask->panel_percent / 100, PANEL_MIN_WIDTH, w - LIST_MIN_WIDTH)
                    : clamp(w - LIST_ENOUGH, BESIDE_LEAST, BESIDE_ENOUGH);
    l.list = (ob_rect){0, y, w - panel, body.h};
    l.panel = (ob_rect){w - panel, y, panel, body.h};
  } else {
    int percent = ask->panel_percent ? ask->panel_percent : BELOW_PERCENT;
    int panel = clamp(body.h * percent / 100, PANEL_MIN_HEIGHT, body.h - LIST_MIN_HEIGHT);
    l.list = (ob_rect){0, y, w, body.h - panel};
    l.panel = (ob_rect){0, y + body.h - panel, w, panel};
  }
  return l;
}

bool ob_rect_has(ob_rect r, int x, int y) {
  return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

ob_rect ob_rect_inner(ob_rect r) {
  if (r.w < 2 || r.h < 2) return (ob_rect){r.x, r.y, 0, 0};
  return (ob_rect){r.x + 1, r.y + 1, r.w - 2, r.h - 2};
}

/* --- columns ------------------------------------------------------------------------------ */
/* Floors: where a column reads well, where it still says something, its least; a name keeps what
 * reads well until nothing else has letters to give. At each, what can be spared at that price
 * falls away first; then whatever stands gives letters, the widest column first. */
typedef enum level { FULL, WELL, FAIR, NAMES, LEAST, LEVELS } level;

static int floor_of(const ob_fit_column *c, level at) {
  int well = c->good > c->min ? c->good : c->min, floor = c->min;
  bool name = !c->key && c->priority <= OB_FIT_NAME;
  if (at == FULL) return c->want;
  if (at == WELL || (name && at < LEAST))
    floor = well;
  else if (at == FAIR)
    floor = (well + c->min) / 2;
  return floor < c->want ? floor : c->want;
}

/* What all columns that still stand need. */
static int needed(const ob_fit_column *c, size_t n, int gap, level at) {
  int sum = 0, standing = 0;
  for (size_t i = 0; i < n; i++) {
    if (c[i].width == 0) continue;
    sum += floor_of(&c[i], at);
    standing++;
  }
  return sum + (standing > 1 ? gap * (standing - 1) : 0);
}

/* The column that falls away next, n when only keys are left. */
static size_t weakest(const ob_fit_column *c, size_t n) {
  size_t w = n;
  for (size_t i = 0; i < n; i++)
    if (c[i].width > 0 && !c[i].key && (w == n || c[i].priority >= c[w].priority)) w = i;
  return w;
}

/* The widest column that is above its floor, the less important of equals; n: none is. */
static size_t widest(const ob_fit_column *c, size_t n, level at) {
  size_t w = n;
  for (size_t i = 0; i < n; i++)
    if (c[i].width > (at == LEVELS ? 1 : floor_of(&c[i], at)) &&
        (w == n || c[i].width > c[w].width ||
         (c[i].width == c[w].width && !c[i].key && c[i].priority >= c[w].priority)))
      w = i;
  return w;
}

void ob_fit_columns(ob_fit_column *c, size_t n, int width, int gap) {
  for (size_t i = 0; i < n; i++) {
    if (c[i].want < 1) c[i].want = 1;
    c[i].width = c[i].want;
  }
  static const int falls[LEVELS] = {OB_FIT_EXTRA, OB_FIT_SPARE, OB_FIT_NAME + 1, OB_FIT_NAME, 0};
  for (level at = FULL; at < LEVELS; at++)
    while (needed(c, n, gap, at) > width) {
      size_t w = weakest(c, n);
      if (w == n || c[w].priority < falls[at]) break;
      c[w].width = 0;
    }
  int over = -width, standing = 0;
  for (size_t i = 0; i < n; i++)
    if (c[i].width > 0) over += c[i].width, standing++;
  over += standing > 1 ? gap * (standing - 1) : 0;
  for (level at = WELL; at <= LEVELS; at++)
    for (size_t w; over > 0 && (w = widest(c, n, at)) < n; over--) c[w].width--;
}
