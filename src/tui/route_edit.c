/* See route_edit.h. The last line holds the field that is being typed, with its cursor; the row
 * shows all of them. */
#include "tui/route_edit.h"

#include "base/str.h"
#include "outboard/text.h"
#include "tui/fields_form.h"
#include "tui/screen.h"
#include <stdio.h>

enum { OFFERS_MAX = 2000 };

/* Shares of a row's width. */
static const struct {
  const char *label;
  int share;
} fields[OB_ROUTE_FIELDS] = {
    [OB_ROUTE_HOST] = {"host", 26},      [OB_ROUTE_PATH] = {"path", 20},
    [OB_ROUTE_TYPE] = {"path type", 10}, [OB_ROUTE_SERVICE] = {"service", 20},
    [OB_ROUTE_PORT] = {"port", 10},      [OB_ROUTE_SECRET] = {"TLS secret", 14},
};

void ob_route_edit_done(ob_route_edit *e) {
  free(e->ns);
  free(e->name);
  ob_json_free(e->base);
  ob_rule_seen_done(&e->seen);
  *e = (ob_route_edit){0};
}

static const char *text(const ob_route_edit *e, ob_route_field f) {
  return e->fields[f].text;
}

bool ob_route_edit_changed(const ob_route_edit *e) {
  for (int f = 0; f < OB_ROUTE_FIELDS; f++)
    if (!ob_streq(e->fields[f].text, e->before[f].text)) return true;
  return false;
}

bool ob_route_edit_same(const ob_route_edit *a, const ob_route_edit *b) {
  return ob_streq(a->ns, b->ns) && ob_streq(a->name, b->name) &&
         ob_streq(a->seen.host, b->seen.host) && ob_streq(a->seen.at, b->seen.at) &&
         ob_streq(a->seen.type, b->seen.type);
}

static void set(ob_route_edit *e, ob_route_field f, const char *value) {
  ob_line_set(&e->fields[f], ob_or(value, ""));
  e->before[f] = e->fields[f];
}

static void to_field(ob_tui *s, ob_route_field f) {
  s->route.at = f;
  s->route.offer = SIZE_MAX;
  ob_tui_prompt_open(s, OB_PROMPT_ROUTE, text(&s->route, f));
}

static void keep_line(ob_tui *s) {
  s->route.fields[s->route.at] = s->line;
  s->route.left = false;
}

/* --- opening ------------------------------------------------------------------------------------
 */
static const char *secret_of(const ob_json *ingress, const char *host) {
  const ob_json *tls = ob_json_at(ingress, "spec", "tls", NULL);
  for (const ob_json *t = ob_json_first(tls); t; t = ob_json_next(t))
    for (const ob_json *h = ob_json_first(ob_json_get(t, "hosts")); h; h = ob_json_next(h))
      if (ob_streq(ob_json_str(h), host)) return ob_json_get_str(t, "secretName");
  return "";
}

static void set_backend(ob_route_edit *e, const ob_json *backend) {
  const ob_json *service = ob_json_get(backend, "service"), *port = ob_json_get(service, "port");
  char number[24] = "";
  int64_t n = ob_json_get_int(port, "number", 0);
  if (n) snprintf(number, sizeof number, "%lld", (long long)n);
  set(e, OB_ROUTE_SERVICE, ob_json_get_str(service, "name"));
  set(e, OB_ROUTE_PORT, n ? number : ob_json_get_str(port, "name"));
}

static void open_fields(ob_tui *s, const ob_json *ingress) {
  ob_route_edit *e = &s->route;
  ob_err err = {0};
  if (ob_rule_seen_find(&e->seen, ingress, &err) < 0) {
    ob_tui_say(s, true, "%s", err.msg);
    ob_route_edit_done(e);
    return;
  }
  const ob_json *spec = ob_json_get(ingress, "spec"), *meta = ob_json_get(ingress, "metadata");
  int rule = e->seen.rule;
  const ob_json *r = rule < 0 ? NULL : ob_json_index(ob_json_get(spec, "rules"), (size_t)rule);
  const ob_json *p =
      r ? ob_json_index(ob_json_at(r, "http", "paths", NULL), (size_t)e->seen.path) : NULL;
  if (!ob_form_has_room(s, 0, strlen(ob_or(e->seen.at, "")))) {
    ob_route_edit_done(e);
    return;
  }
  e->open = true;
  e->base = ob_json_dup(ingress);
  e->ns = ob_strdup(ob_or(ob_json_get_str(meta, "namespace"), ""));
  e->name = ob_strdup(ob_or(ob_json_get_str(meta, "name"), ""));
  set(e, OB_ROUTE_HOST, ob_json_get_str(r, "host"));
  set(e, OB_ROUTE_PATH, ob_json_get_str(p, "path"));
  set(e, OB_ROUTE_TYPE, ob_json_get_str(p, "pathType"));
  set_backend(e, rule < 0 ? ob_json_get(spec, "defaultBackend") : ob_json_get(p, "backend"));
  set(e, OB_ROUTE_SECRET, secret_of(ingress, text(e, OB_ROUTE_HOST)));
  if (ob_route_edit_bring(s))
    to_field(s, e->at);
  else
    to_field(s, rule < 0 ? OB_ROUTE_SERVICE : OB_ROUTE_HOST);
}

void ob_route_edit_again(ob_tui *s) {
  if (s->route.open) to_field(s, s->route.at);
}

/* --- moving along
 * ---------------------------------------------------------------------------------- */
static bool has_field(const ob_route_edit *e, ob_route_field f) {
  return e->seen.rule >= 0 || f == OB_ROUTE_SERVICE || f == OB_ROUTE_PORT;
}

void ob_route_edit_next(ob_tui *s) {
  keep_line(s);
  int f = (int)s->route.at;
  do f = (f + 1) % OB_ROUTE_FIELDS;
  while (!has_field(&s->route, (ob_route_field)f));
  to_field(s, (ob_route_field)f);
}

void ob_route_edit_cancel(ob_tui *s) {
  ob_route_edit *e = &s->route;
  if (!ob_streq(s->line.text, e->before[e->at].text)) {
    ob_line_set(&s->line, e->before[e->at].text);
    keep_line(s);
    return;
  }
  if (ob_route_edit_changed(e) && !e->left) {
    e->left = true;
    return;
  }
  s->prompt = OB_PROMPT_NONE;
  ob_route_edit_done(e);
}

/* --- what the cluster has
 * ----------------------------------------------------------------------------- */
typedef struct offers {
  const char *all[OFFERS_MAX];
  size_t n;
} offers;

static void offer(offers *o, const char *value) {
  if (!*value || o->n >= OFFERS_MAX) return;
  for (size_t i = 0; i < o->n; i++)
    if (ob_streq(o->all[i], value)) return;
  o->all[o->n++] = value;
}

static void offer_of_ingress(offers *o, const ob_ingress *ing, ob_route_field f) {
  for (size_t i = 0; f == OB_ROUTE_HOST && i < ing->nrules; i++) offer(o, ing->rules[i].host);
  for (size_t i = 0; f == OB_ROUTE_SECRET && i < ing->ntls; i++) offer(o, ing->tls[i].secret);
}

static void make_offers(const ob_tui *s, offers *o) {
  const ob_route_edit *e = &s->route;
  const ob_cluster *c = ob_tui_cluster(s);
  size_t at = 0;
  if (e->at == OB_ROUTE_TYPE) {
    offer(o, "Prefix");
    offer(o, "Exact");
    offer(o, "ImplementationSpecific");
  } else if (e->at == OB_ROUTE_SERVICE) {
    for (const ob_object *x; (x = ob_cluster_next(c, OB_KIND_SERVICE, &at));)
      if (ob_streq(x->ns, e->ns)) offer(o, x->name);
  } else if (e->at == OB_ROUTE_PORT) {
    const ob_object *x = ob_cluster_find(c, OB_KIND_SERVICE, e->ns, text(e, OB_ROUTE_SERVICE));
    for (size_t i = 0; x && i < OB_AS(ob_service, x)->nports; i++)
      offer(o, OB_AS(ob_service, x)->ports[i].name);
  } else if (e->at != OB_ROUTE_PATH) {
    for (const ob_object *x; (x = ob_cluster_next(c, OB_KIND_INGRESS, &at));)
      if (ob_streq(x->ns, e->ns)) offer_of_ingress(o, OB_AS(ob_ingress, x), e->at);
  }
}

static int by_name(const void *a, const void *b) {
  return ob_strnatcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those that begin with what was typed, else all. */
void ob_route_edit_offer(ob_tui *s, int by) {
  ob_route_edit *e = &s->route;
  offers *o = ob_calloc(1, sizeof *o);
  make_offers(s, o);
  if (o->n) qsort(o->all, o->n, sizeof *o->all, by_name);
  size_t n = 0;
  for (size_t i = 0; e->offer == SIZE_MAX && i < o->n; i++)
    if (ob_starts(o->all[i], s->line.text)) o->all[n++] = o->all[i];
  if (e->offer != SIZE_MAX || n == 0) n = o->n;
  if (n == 0) {
    ob_tui_say(s, false, "the cluster has nothing to offer here");
  } else {
    size_t next = e->offer == SIZE_MAX ? (by > 0 ? 0 : n - 1) : e->offer + n + (size_t)by;
    for (size_t i = 0; i < o->n; i++)
      if (e->offer != SIZE_MAX && ob_streq(o->all[i], s->line.text)) next = i + n + (size_t)by;
    e->offer = next % n;
    ob_line_set(&s->line, o->all[e->offer]);
    keep_line(s);
  }
  free(o);
}

/* --- the plan
 * -------------------------------------------------------------------------------------------- */
static const char *changed(const ob_route_edit *e, ob_route_field f) {
  return !ob_streq(text(e, f), e->before[f].text) ? text(e, f) : NULL;
}

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  (void)objects, (void)why;
  const ob_route_edit *e = &s->route;
  bool other = !ob_streq(text(e, OB_ROUTE_SERVICE), e->before[OB_ROUTE_SERVICE].text);
  ob_route r = {.host = changed(e, OB_ROUTE_HOST),
                .path = changed(e, OB_ROUTE_PATH),
                .path_type = changed(e, OB_ROUTE_TYPE),
                .service = changed(e, OB_ROUTE_SERVICE),
                .port = other ? text(e, OB_ROUTE_PORT) : changed(e, OB_ROUTE_PORT),
                .tls_secret = changed(e, OB_ROUTE_SECRET)};
  if (r.port && !*r.port) r.port = NULL;
  return ob_plan_route_edit(ret, ob_tui_cluster(s), e->base, e->seen.rule, e->seen.path, &r, err);
}

static void again(ob_tui *s, const char *said) {
  (void)said;
  ob_route_edit_again(s);
}

void ob_route_edit_close(ob_tui *s, uint64_t when) {
  if (s->prompt != OB_PROMPT_ROUTE && s->route.opened <= when) ob_route_edit_done(&s->route);
}

void ob_route_edit_accept(ob_tui *s) {
  static const ob_change_flow flow = {.plan = plan, .again = again, .done = ob_route_edit_close};
  keep_line(s);
  const ob_route_edit *e = &s->route;
  s->prompt = OB_PROMPT_NONE;
  ob_change_with(s, &flow, e->base);
}

/* The fields stand on the whole Ingress as the server has it now. */
static void have(ob_tui *s, const ob_json *const *objects) {
  open_fields(s, objects[0]);
}

void ob_act_edit(ob_tui *s) {
  static const ob_change_flow fetch = {.have = have};
  const ob_row *row = ob_tui_row(s);
  if (!row || !row->ingress || !ob_change_may(s, "patch", row->owner)) return;
  ob_route_edit_make_way(s);
  s->route.opened = ++s->opened;
  ob_rule_seen_set(&s->route.seen, row->ingress, row->way == OB_ROW_DEFAULT ? -1 : row->rule,
                   row->path);
  const ob_change_about about = {OB_KIND_INGRESS, row->owner->ns, row->owner->name};
  ob_change_begin(s, &fetch, &about, 1);
}

/* --- showing
 * ---------------------------------------------------------------------------------------------- */
const char *ob_route_edit_label(const ob_tui *s) {
  return fields[s->route.at].label;
}

void ob_route_edit_aside(const ob_tui *s, ob_buf *out) {
  const ob_route_edit *e = &s->route;
  if (e->left && ob_streq(s->line.text, e->before[e->at].text)) {
    ob_buf_adds(out, "esc again forgets what was typed in the other fields");
    return;
  }
  if (e->seen.rule < 0) {
    ob_buf_adds(out, "what no rule matches comes here");
    return;
  }
  ob_route_edit now = *e;
  now.fields[e->at] = s->line;
  const ob_route was = {.host = e->before[OB_ROUTE_HOST].text,
                        .path = e->before[OB_ROUTE_PATH].text,
                        .path_type = e->before[OB_ROUTE_TYPE].text};
  const ob_route r = {.host = text(&now, OB_ROUTE_HOST),
                      .path = ob_or(text(&now, OB_ROUTE_PATH), "/"),
                      .path_type = ob_or(text(&now, OB_ROUTE_TYPE), "Prefix"),
                      .edited = &was};
  ob_route_preview(ob_tui_cluster(s), e->ns, e->name, &r, out);
}

void ob_route_edit_draw(ob_tui *s, ob_rect box, int y) {
  const ob_route_edit *e = &s->route;
  int all = 0, x = box.x + 2, room = box.w - 2;
  for (int f = 0; f < OB_ROUTE_FIELDS; f++)
    if (has_field(e, (ob_route_field)f)) all += fields[f].share;
  for (int f = 0; f < OB_ROUTE_FIELDS; f++) {
    if (!has_field(e, (ob_route_field)f)) continue;
    int w = room * fields[f].share / all - 1;
    if (w < 1) continue;
    bool here = (ob_route_field)f == e->at;
    const char *value = here ? s->line.text : text(e, (ob_route_field)f);
    OB_AUTO(ob_buf) shown = OB_BUF_INIT(OB_LINE_MAX);
    if (*value)
      ob_buf_adds(&shown, value);
    else
      ob_buf_addf(&shown, "(%s)", fields[f].label);
    ob_tui_fill(s, x, y, w, ob_buf_str(&shown),
                ob_tui_style(s, here ? OB_ROLE_MENU_CURSOR : OB_ROLE_MENU));
    x += w + 1;
  }
}
