/* What is typed after `:` or in a filter could become this.
 *
 * Commands are matched as fuzzy finders do: the letters in their order, better where they stand
 * together or begin a word. Offers are commands, namespaces, contexts and objects, each the line
 * that would be run, so that choosing one is typing it. A filter's word completes to the names of
 * columns, and behind their colon to the values that the rows in view have. */
#include "tui/screen.h"

#include "base/map.h"
#include "base/str.h"
#include "outboard/text.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum {
  OFFERS_MAX = 8,
  TOGETHER = 12,
  WORD_START = 10,
  VALUE_ROWS = 5000,
  VALUES_MAX = 200,
  SKIP_MAX = 6,
  AS_TYPED = 1000, /* more than letters in order can make */
  WHOLE_WORD = 100,
};

/* --- commands --------------------------------------------------------------------------------- */
static bool word_start(const char *text, const char *at) {
  return at == text || !isalnum((unsigned char)at[-1]);
}

/* The letters in their order from `at` on, the first that come; -1 when they do not. */
static int in_order(const char *typed, const char *text, const char *at) {
  int score = 0, skipped = 0;
  bool together = false;
  for (; *typed; typed++) {
    if (*typed == ' ') {
      together = false;
      continue;
    }
    while (*at && tolower((unsigned char)*at) != tolower((unsigned char)*typed)) {
      at++;
      skipped++;
      together = false;
    }
    if (!*at) return -1;
    score += 1 + (together ? TOGETHER : 0) + (word_start(text, at) ? WORD_START : 0);
    together = true;
    at++;
  }
  return score * 4 - (skipped < 4 * SKIP_MAX ? skipped : 4 * SKIP_MAX);
}

/* The best beginning counts; what stands there as it is typed counts more, a whole word most. */
static int fuzzy(const char *typed, const char *text) {
  size_t n = strlen(typed);
  int best = in_order(typed, text, text);
  if (best < 0) return -1;
  for (const char *at = text + 1; *at; at++) {
    int now = word_start(text, at) || tolower((unsigned char)*at) == tolower((unsigned char)*typed)
                  ? in_order(typed, text, at)
                  : -1;
    if (now > best) best = now;
  }
  for (const char *at = text; *at; at++) {
    if (strncasecmp(at, typed, n) != 0) continue;
    bool word = word_start(text, at) && !isalnum((unsigned char)at[n]);
    int now = AS_TYPED + (word ? WHOLE_WORD : 0) + (word && !at[n] ? WHOLE_WORD : 0);
    if (best < now) best = now;
  }
  return best;
}

static void offer(ob_tui *s, const char *text, const char *note, int bonus) {
  int score = fuzzy(s->line.text, text);
  if (score < 0) return;
  score += bonus;
  size_t n = s->offers.len, at = n;
  /* Of equals the shorter: there is less in it that was not typed. */
  while (at > 0 &&
         (s->offers.at[at - 1].score < score || (s->offers.at[at - 1].score == score &&
                                                 strlen(s->offers.at[at - 1].text) > strlen(text))))
    at--;
  if (at >= OFFERS_MAX) return;
  if (n == OFFERS_MAX) {
    free(s->offers.at[n - 1].text);
    free(s->offers.at[n - 1].note);
    s->offers.len--;
    n--;
  }
  ob_vec_reserve(&s->offers, n + 1);
  memmove(s->offers.at + at + 1, s->offers.at + at, (n - at) * sizeof *s->offers.at);
  s->offers.at[at] =
      (ob_offer){ob_strdup(text), ob_strdup(note), score, ob_contains_nocase(text, s->line.text)};
  s->offers.len++;
}

static void offer_named(ob_tui *s, const char *command, const char *name, const char *note) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_TEXT);
  ob_buf_addf(&b, "%s %s", command, name);
  offer(s, ob_buf_str(&b), note, 0);
}

static void offer_objects(ob_tui *s) {
  static const struct {
    ob_kind kind;
    const char *word;
  } kinds[] = {{OB_KIND_SERVICE, "service"}, {OB_KIND_INGRESS, "ingress"}};
  OB_AUTO(ob_buf) b = OB_BUF_INIT(2 * OB_LINE_TEXT);
  for (size_t k = 0; k < OB_LEN(kinds); k++) {
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(ob_tui_cluster(s), kinds[k].kind, &at));) {
      ob_buf_reset(&b);
      ob_buf_addf(&b, "go %s/%s/%s", kinds[k].word, o->ns, o->name);
      offer(s, ob_buf_str(&b), "", 0);
    }
  }
}

static void offer_contexts(ob_tui *s) {
  ob_contexts *all = NULL;
  ob_err err = {0};
  if (ob_contexts_load(&all, &s->session_opts, &err) < 0) return;
  for (size_t i = 0; i < ob_contexts_len(all); i++)
    offer_named(s, "context", ob_contexts_at(all, i).name, ob_contexts_at(all, i).server);
  ob_contexts_free(all);
}

static void offers_clear(ob_tui *s) {
  for (size_t i = 0; i < s->offers.len; i++) {
    free(s->offers.at[i].text);
    free(s->offers.at[i].note);
  }
  s->offers.len = 0;
  s->offer = SIZE_MAX;
}

void ob_offers_make(ob_tui *s) {
  offers_clear(s);
  s->values[0] = '\0';
  if (s->prompt != OB_PROMPT_COMMAND || s->line.len == 0) return;
  enum { COMMAND_FIRST = 20 };
  for (size_t i = 0; i < ob_tui_ncommands; i++)
    offer(s, ob_tui_commands[i].name, ob_tui_commands[i].help, COMMAND_FIRST);
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(ob_tui_cluster(s), OB_KIND_NAMESPACE, &at));)
    offer_named(s, "namespace", o->name, "");
  offer_contexts(s);
  offer_objects(s);
}

void ob_offers_done(ob_tui *s) {
  offers_clear(s);
  ob_vec_done(&s->offers);
  s->values[0] = '\0';
}

void ob_offers_move(ob_tui *s, int by) {
  size_t n = s->offers.len;
  if (n == 0) return;
  if (s->offer == SIZE_MAX)
    s->offer = by > 0 ? 0 : n - 1;
  else
    s->offer = (s->offer + n + (by > 0 ? 1 : n - 1)) % n;
}

void ob_offers_take(ob_tui *s) {
  if (!s->offers.len) return;
  bool known = ob_tui_command_find(s->line.text, strcspn(s->line.text, " ")) != NULL;
  if (s->offer == SIZE_MAX && (known || !s->offers.at[0].close)) return;
  OB_AUTOFREE char *text = ob_strdup(s->offers.at[s->offer == SIZE_MAX ? 0 : s->offer].text);
  ob_line_set(&s->line, text);
}

/* From the last line upwards, best lowest: nearest to what is typed. */
void ob_tui_draw_offers(ob_tui *s) {
  ob_rect r = s->layout.footer;
  int n = (int)s->offers.len < r.y - 2 ? (int)s->offers.len : r.y - 2, w = 0;
  for (int i = 0; i < n; i++) {
    const ob_offer *o = &s->offers.at[i];
    int k = ob_text_width(o->text, strlen(o->text)) + 3 + ob_text_width(o->note, strlen(o->note));
    if (k > w) w = k;
  }
  w = w + 2 > r.w - 2 ? r.w - 2 : w + 2;
  for (int i = 0; i < n; i++) {
    const ob_offer *o = &s->offers.at[i];
    ob_role back = (size_t)i == s->offer ? OB_ROLE_MENU_CURSOR : OB_ROLE_MENU;
    int y = r.y - 1 - i, x = r.x + 1;
    ob_tui_fill(s, x, y, w, (size_t)i == s->offer ? "▸" : "", ob_tui_style(s, back));
    x += 2;
    x += ob_tui_text(s, x, y, r.x + 1 + w - x, o->text, ob_tui_style(s, back)) + 2;
    ob_tui_text(s, x, y, r.x + 1 + w - x, o->note,
                ob_tui_style_over(s, (size_t)i == s->offer ? OB_ROLE_TEXT : OB_ROLE_DIM, back));
  }
}

bool ob_tui_go(ob_tui *s, const char *what) {
  const char *slash = strchr(what, '/'), *second = slash ? strchr(slash + 1, '/') : NULL;
  if (!slash) return false;
  ob_kind kinds[] = {OB_KIND_SERVICE, OB_KIND_INGRESS};
  size_t from = 0, to = OB_LEN(kinds);
  if (second) {
    from = ob_starts(what, "ing") ? 1 : 0;
    to = from + 1;
    what = slash + 1;
    slash = second;
  }
  OB_AUTOFREE char *ns = ob_strndup(what, (size_t)(slash - what));
  const ob_object *o = NULL;
  for (size_t i = from; !o && i < to; i++)
    o = ob_cluster_find(ob_tui_cluster(s), kinds[i], ns, slash + 1);
  if (!o) return false;
  ob_view_id view = o->kind == OB_KIND_INGRESS ? OB_VIEW_INGRESS : OB_VIEW_SERVICES;
  ob_tui_open_tab(s, view);
  for (int pass = 0; pass < 2; pass++) {
    const ob_tab *t = ob_tui_tab(s);
    for (size_t i = 0; i < ob_list_len(t->list); i++)
      if (ob_list_at(t->list, i)->owner == o) {
        ob_tui_move_to(s, i);
        return true;
      }
    /* A filter or another namespace hides it. */
    ob_tui_tab(s)->filter[0] = '\0';
    if (*ob_or(s->ns, "") && strcmp(s->ns, o->ns) != 0)
      ob_tui_set_ns(s, "");
    else
      ob_tui_apply(s, view);
  }
  return false;
}

/* --- completing ------------------------------------------------------------------------------- */
typedef struct gather {
  char *common; /* what all have in common, NULL none yet */
  size_t n, hits;
  ob_buf all;
  ob_map seen;
  OB_VEC(char *) kept;
} gather;

static void take_value(gather *g, const char *prefix, const char *text, size_t len) {
  size_t k = strlen(prefix);
  if (len == 0 || len < k || strncasecmp(text, prefix, k) != 0 || g->hits == VALUES_MAX) return;
  if (ob_map_get(&g->seen, text, len)) return;
  char *copy = ob_strndup(text, len);
  ob_map_put(&g->seen, copy, len, copy);
  ob_vec_push(&g->kept, copy);
  ob_buf_addf(&g->all, "%s%s", g->hits++ ? "  " : "", copy);
  if (!g->common) {
    g->common = copy;
    g->n = len;
  }
  size_t same = 0;
  while (same < g->n && same < len && copy[same] == g->common[same]) same++;
  g->n = same;
}

static void gather_done(gather *g) {
  for (size_t i = 0; i < g->kept.len; i++) free(g->kept.at[i]);
  ob_vec_done(&g->kept);
  ob_map_done(&g->seen);
  ob_buf_done(&g->all);
}

/* The line with its last word from `at` on replaced; what else there is stands beside it. */
static void put_back(ob_tui *s, size_t at, const gather *g, const char *behind) {
  size_t shown = g->hits > 1 ? g->all.len : 0, n = g->n;
  bool open = s->line.text[at] == '"', one = g->hits == 1;
  snprintf(s->values, sizeof s->values, "%.*s", (int)(shown < 250 ? shown : 250),
           ob_buf_str(&g->all));
  if (!g->common || n + open < s->line.len - at) return;
  bool quote = open || memchr(g->common, ' ', n) != NULL; /* a blank would end the word */
  OB_AUTOFREE char *text =
      ob_asprintf("%.*s%s%.*s%s%s", (int)at, s->line.text, quote ? "\"" : "", (int)n, g->common,
                  quote && one ? "\"" : "", one ? behind : "");
  if (strlen(text) >= OB_LINE_TEXT) return;
  OB_AUTOFREE char *values = ob_strdup(s->values);
  ob_line_set(&s->line, text);
  ob_tui_prompt_changed(s);
  snprintf(s->values, sizeof s->values, "%s", values);
}

static void complete_value(ob_tui *s, size_t at, int column, gather *g) {
  const ob_column *col = &ob_views[s->tab].columns[column];
  const ob_tab *t = ob_tui_tab(s);
  const char *typed = s->line.text + at + (s->line.text[at] == '"');
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < ob_list_len(t->list) && i < VALUE_ROWS; i++) {
    ob_buf_reset(&b);
    ob_cell cell = {.text = &b};
    col->cell(ob_tui_cluster(s), ob_list_at(t->list, i), ob_session_now(s->session), &cell);
    if (cell.none || cell.unknown) continue;
    for (const char *v = ob_buf_str(&b); *v;) {
      size_t n = col->flags & OB_COL_LIST ? strcspn(v, ",") : strlen(v);
      take_value(g, typed, v, n);
      v += n + (v[n] == ',');
    }
  }
  put_back(s, at, g, " ");
}

/* Where the last word begins; quotes hold blanks together. */
static size_t last_word(const char *line) {
  size_t at = 0;
  bool quoted = false;
  for (size_t i = 0; line[i]; i++) {
    if (line[i] == '"') quoted = !quoted;
    if (line[i] == ' ' && !quoted) at = i + 1;
  }
  return at;
}

static void complete_filter(ob_tui *s) {
  size_t at = last_word(s->line.text);
  if (s->line.text[at] == '!') at++;
  const char *word = s->line.text + at, *colon = strchr(word, ':');
  gather g = {.all = OB_BUF_INIT(OB_LINE_MAX)};
  if (colon) {
    int column = ob_filter_column(&ob_views[s->tab], word, (size_t)(colon - word));
    if (column >= 0) complete_value(s, (size_t)(colon + 1 - s->line.text), column, &g);
  } else {
    const char *name;
    for (size_t i = 0; (name = ob_filter_name(&ob_views[s->tab], i)); i++)
      take_value(&g, word, name, strlen(name));
    put_back(s, at, &g, ":");
  }
  gather_done(&g);
}

/* A command's name as far as all that begin so agree; else the chosen or the best offer. */
static void complete_command(ob_tui *s) {
  gather g = {.all = OB_BUF_INIT(OB_LINE_MAX)};
  for (size_t i = 0; i < ob_tui_ncommands; i++)
    take_value(&g, s->line.text, ob_tui_commands[i].name, strlen(ob_tui_commands[i].name));
  if (s->offer == SIZE_MAX && g.common && (g.n > s->line.len || g.hits == 1)) {
    put_back(s, 0, &g, " ");
  } else if (s->offers.len) {
    OB_AUTOFREE char *text = ob_strdup(s->offers.at[s->offer == SIZE_MAX ? 0 : s->offer].text);
    ob_line_set(&s->line, text);
    ob_tui_prompt_changed(s);
  }
  gather_done(&g);
}

void ob_act_complete(ob_tui *s) {
  if (s->line.at != s->line.len) return;
  if (s->prompt == OB_PROMPT_COMMAND) complete_command(s);
  if (s->prompt == OB_PROMPT_FILTER) complete_filter(s);
  if (s->prompt == OB_PROMPT_ROUTE) ob_route_edit_next(s);
}
