/* The whole way from bytes to a screen's line, in one process: objects of a small world come as
 * lists and watch events through the scanners and the decoders into the cluster; a list follows
 * with its filter, order and groups, changed while it runs. In the end
 *
 *   - the joins equal those made from scratch,
 *   - the list that followed everything equals one made now,
 *   - every cell, finding and line of it is safe when it is drawn.
 *
 * An input is a program: a byte chooses what is done, the following ones with what. */
#include "base/str.h"
#include "fuzz.h"
#include "kube/scan.h"
#include "model/cluster.h"
#include "outboard/explain.h"
#include "outboard/view.h"

enum { STEPS = 96, START_MS = 1700000000, NAMES = 4 };

typedef struct world {
  ob_cluster *c;
  ob_list *list;
  ob_view_id view;
  ob_list_opts opts;
  char filter[64];
  ob_kind kind; /* of what is being scanned */
  int64_t now;
} world;

/* --- objects ---------------------------------------------------------------------------------- */
static const char *name_of(fuzz_in *in) {
  static const char *const names[NAMES] = {"web", "api", "x-10", "x-9"};
  return names[fuzz_below(in, NAMES)];
}

/* Hostile text in the places where a server takes any: escapes, bidi, marks, long words. */
static const char *word_of(fuzz_in *in) {
  static const char *const words[] = {"",
                                      "http",
                                      "a.example",
                                      "*.example",
                                      "\\u001b[31m",
                                      "\\u202e",
                                      "\\u0000",
                                      "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
                                      "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
                                      "\xe6\xbc\xa2",
                                      "10.0.0.1",
                                      "2001:db8::1",
                                      "443",
                                      "Local",
                                      "false"};
  return words[fuzz_below(in, OB_LEN(words))];
}

static void add_service(ob_buf *out, fuzz_in *in) {
  static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName",
                                      "New"};
  ob_buf_addf(out, "\"spec\":{\"type\":\"%s\",\"clusterIP\":\"%s\",\"externalName\":\"%s\",",
              types[fuzz_below(in, OB_LEN(types))], fuzz_below(in, 4) ? "10.0.0.1" : "None",
              word_of(in));
  ob_buf_addf(
      out,
      "\"externalTrafficPolicy\":\"%s\",\"selector\":{\"app\":\"%s\"},\"externalIPs\":[\"%s\"],",
      word_of(in), word_of(in), word_of(in));
  ob_buf_adds(out, "\"ports\":[");
  for (unsigned i = fuzz_below(in, 3); i > 0; i--)
    ob_buf_addf(out, "{\"name\":\"%s\",\"port\":%u,\"nodePort\":%u,\"targetPort\":\"%s\"}%s",
                word_of(in), fuzz_byte(in) * 300, fuzz_below(in, 2) * (30000 + fuzz_byte(in)),
                word_of(in), i > 1 ? "," : "");
  ob_buf_addf(
      out, "]},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"%s\",\"hostname\":\"%s\"}]}}",
      word_of(in), word_of(in));
}

static void add_slice(ob_buf *out, fuzz_in *in) {
  ob_buf_addf(out,
              "\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"%s\",\"port\":%u}],\"endpoints\":[",
              word_of(in), fuzz_byte(in));
  for (unsigned i = fuzz_below(in, 4); i > 0; i--)
    ob_buf_addf(out,
                "{\"addresses\":[\"10.0.0.%u\"],\"nodeName\":\"%s\",\"zone\":\"%s\",\"conditions\":"
                "{\"ready\":%s,"
                "\"serving\":%s,\"terminating\":%s}}%s",
                fuzz_byte(in), name_of(in), word_of(in), fuzz_below(in, 2) ? "true" : "null",
                fuzz_below(in, 2) ? "true" : "false", fuzz_below(in, 3) ? "false" : "true",
                i > 1 ? "," : "");
  ob_buf_addc(out, ']');
}

static void add_ingress(ob_buf *out, fuzz_in *in) {
  static const char *const types[] = {"Prefix", "Exact", "ImplementationSpecific", "New"};
  ob_buf_addf(out,
              "\"spec\":{\"ingressClassName\":\"%s\",\"tls\":[{\"hosts\":[\"%s\"],\"secretName\":"
              "\"%s\"}],\"rules\":[",
              name_of(in), word_of(in), word_of(in));
  for (unsigned i = fuzz_below(in, 3); i > 0; i--)
    ob_buf_addf(
        out,
        "{\"host\":\"%s\",\"http\":{\"paths\":[{\"path\":\"/%s\",\"pathType\":\"%s\",\"backend\":{"
        "\"service\":{\"name\":\"%s\",\"port\":{\"%s\":%u}}}}]}}%s",
        word_of(in), word_of(in), types[fuzz_below(in, OB_LEN(types))], name_of(in),
        fuzz_below(in, 2) ? "number" : "name", fuzz_byte(in) * 300, i > 1 ? "," : "");
  ob_buf_adds(out, "]}");
}

static void add_route(ob_buf *out, fuzz_in *in) {
  ob_buf_addf(out,
              "\"spec\":{\"parentRefs\":[{\"name\":\"%s\",\"namespace\":\"%s\"}],\"hostnames\":[\"%"
              "s\"],\"rules\":[{"
              "\"backendRefs\":[{\"name\":\"%s\",\"port\":%u}]}]}",
              name_of(in), name_of(in), word_of(in), name_of(in), fuzz_byte(in) * 300);
}

static void add_rest(ob_buf *out, fuzz_in *in, ob_kind kind) {
  switch (kind) {
  case OB_KIND_SERVICE: add_service(out, in); break;
  case OB_KIND_SLICE: add_slice(out, in); break;
  case OB_KIND_INGRESS: add_ingress(out, in); break;
  case OB_KIND_HTTP_ROUTE:
  case OB_KIND_GRPC_ROUTE: add_route(out, in); break;
  case OB_KIND_INGRESS_CLASS:
    ob_buf_addf(out, "\"spec\":{\"controller\":\"%s\"}", word_of(in));
    break;
  case OB_KIND_GATEWAY:
    ob_buf_addf(out,
                "\"spec\":{\"gatewayClassName\":\"%s\",\"listeners\":[{\"name\":\"s\",\"port\":%u,"
                "\"protocol\":"
                "\"HTTP\",\"hostname\":\"%s\"}]},\"status\":{\"addresses\":[{\"value\":\"%s\"}]}",
                name_of(in), fuzz_byte(in), word_of(in), word_of(in));
    break;
  default:
    ob_buf_addf(
        out,
        "\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"%s\"}],\"conditions\":[{"
        "\"type\":\"Ready\",\"status\":\"%s\"}]}",
        word_of(in), fuzz_below(in, 2) ? "True" : "False");
  }
}

static void add_object(ob_buf *out, fuzz_in *in, ob_kind kind) {
  const char *ns = !ob_kinds[kind].namespaced ? "" : fuzz_below(in, 3) ? "web" : "api";
  const char *name = name_of(in);
  ob_buf_addf(out,
              "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s-%s-%u\","
              "\"resourceVersion\":\"%u\","
              "\"creationTimestamp\":\"2023-11-1%uT22:13:20Z\",\"labels\":{\"app\":\"%s\","
              "\"kubernetes.io/service-name\":\"%s\"},\"annotations\":{"
              "\"ingressclass.kubernetes.io/is-default-class\":\"%s\"}},",
              name, ns, ns, name, fuzz_below(in, 8) ? 0 : 1, fuzz_byte(in), fuzz_below(in, 6),
              word_of(in), name_of(in), word_of(in));
  add_rest(out, in, kind);
  ob_buf_addc(out, '}');
}

/* --- how they come ------------------------------------------------------------------------------
 */
static ob_object *decoded(const world *w, const char *bytes, size_t n) {
  OB_AUTOPTR(ob_json) json = ob_json_parse(bytes, n, OB_JSON_LENIENT, NULL);
  FUZZ_HOLDS(json);
  ob_object *o = ob_decode(w->kind, json, NULL);
  FUZZ_HOLDS(o);
  return o;
}

static int on_item(void *arg, const char *bytes, size_t n) {
  world *w = arg;
  ob_cluster_put(w->c, decoded(w, bytes, n));
  return 0;
}

static int on_event(void *arg, const char *line, size_t n) {
  world *w = arg;
  ob_watch_event e;
  FUZZ_HOLDS(ob_watch_event_parse(&e, line, n, NULL) == 0 && e.object);
  ob_object *o = decoded(w, e.object, e.object_len);
  if (e.type != OB_WATCH_DELETED) {
    ob_cluster_put(w->c, o);
    return 0;
  }
  ob_cluster_delete(w->c, w->kind, o->uid);
  ob_object_free(o);
  return 0;
}

static ob_kind kind_of(fuzz_in *in) {
  static const ob_kind kinds[] = {OB_KIND_SERVICE,    OB_KIND_SERVICE,       OB_KIND_SLICE,
                                  OB_KIND_SLICE,      OB_KIND_INGRESS,       OB_KIND_INGRESS,
                                  OB_KIND_NODE,       OB_KIND_INGRESS_CLASS, OB_KIND_GATEWAY,
                                  OB_KIND_HTTP_ROUTE, OB_KIND_GRPC_ROUTE};
  return kinds[fuzz_below(in, OB_LEN(kinds))];
}

static void list_comes(world *w, fuzz_in *in) {
  w->kind = kind_of(in);
  OB_AUTO(ob_buf) body = OB_BUF_INIT(OB_ITEM_MAX);
  ob_buf_addf(&body, "{\"kind\":\"%sList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[",
              ob_kinds[w->kind].kind);
  for (unsigned n = fuzz_below(in, 4); n > 0; n--) {
    add_object(&body, in, w->kind);
    if (n > 1) ob_buf_addc(&body, ',');
  }
  ob_buf_adds(&body, "]}\n");
  OB_AUTO(ob_list_scan) scan = {0};
  ob_list_scan_init(&scan, 0, on_item, w);
  size_t piece = 1 + fuzz_byte(in);
  for (size_t i = 0; i < body.len; i += piece)
    FUZZ_HOLDS(ob_list_scan_feed(&scan, body.ptr + i, body.len - i < piece ? body.len - i : piece,
                                 NULL) == 0);
  FUZZ_HOLDS(ob_list_scan_finish(&scan, NULL) == 0);
}

static void event_comes(world *w, fuzz_in *in) {
  w->kind = kind_of(in);
  static const char *const types[] = {"ADDED", "MODIFIED", "MODIFIED", "DELETED"};
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_ITEM_MAX);
  ob_buf_addf(&line, "{\"type\":\"%s\",\"object\":", types[fuzz_below(in, OB_LEN(types))]);
  add_object(&line, in, w->kind);
  ob_buf_adds(&line, "}\n");
  OB_AUTO(ob_watch_scan) scan = {0};
  ob_watch_scan_init(&scan, 0, on_event, w);
  FUZZ_HOLDS(ob_watch_scan_feed(&scan, line.ptr, line.len, NULL) == 0 && scan.events == 1);
}

/* --- what the person does ------------------------------------------------------------------------
 */
static void set_list(world *w, fuzz_in *in) {
  const world was = *w;
  static const char *const filters[] = {"",           "web",         "!web",    "ready:0",
                                        "port:>=300", "/^x-[0-9]+/", "age:<1h", "host:*.example",
                                        "type:lb",    "-l app=http", "\"a b\"", "name:x*"};
  int columns = (int)ob_views[w->view].ncolumns;
  switch (fuzz_below(in, 5)) {
  case 0:
    snprintf(w->filter, sizeof w->filter, "%s", filters[fuzz_below(in, OB_LEN(filters))]);
    break;
  case 1: w->opts.sort = (int)fuzz_below(in, (unsigned)columns + 1) - 1; break;
  case 2: w->opts.reverse = !w->opts.reverse; break;
  case 3: w->opts.group = (ob_group)fuzz_below(in, OB_GROUP_COUNT); break;
  default: w->opts.ns = fuzz_below(in, 2) ? NULL : "web"; break;
  }
  w->opts.filter = w->filter;
  ob_err err = {0};
  if (ob_list_set(w->list, &w->opts, w->now, &err) == 0) return;
  fuzz_told(&err); /* not every view has every column: the list stays as it was */
  w->opts = was.opts;
  memcpy(w->filter, was.filter, sizeof was.filter);
}

static void phase_changes(world *w, fuzz_in *in) {
  static const ob_phase phases[] = {OB_LIVE,      OB_LIVE,    OB_STALE,
                                    OB_FORBIDDEN, OB_LOADING, OB_NOT_INSTALLED};
  ob_kind_state state = {
      .phase = phases[fuzz_below(in, OB_LEN(phases))], .since_ms = w->now, .remaining = -1};
  ob_kind kind = kind_of(in);
  if (state.phase == OB_FORBIDDEN || state.phase == OB_NOT_INSTALLED) ob_cluster_clear(w->c, kind);
  ob_cluster_kind_set(w->c, kind, &state);
}

static void draw(const world *w, const ob_row *row) {
  const ob_view *v = &ob_views[w->view];
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) fit = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t k = 0; k < v->ncolumns; k++) {
    ob_buf_reset(&text);
    ob_buf_reset(&fit);
    ob_cell cell = {.text = &text};
    v->columns[k].cell(w->c, row, w->now, &cell);
    FUZZ_HOLDS(ob_utf8_valid(ob_buf_str(&text), text.len) && cell.tone < OB_TONE_COUNT);
    int width = v->columns[k].max_width;
    ob_text_fit(&fit, ob_buf_str(&text), text.len, width, OB_LEFT, false);
    fuzz_is_safe(ob_buf_str(&fit), fit.len, false);
    FUZZ_HOLDS(ob_text_width(ob_buf_str(&fit), fit.len) == width);
  }
}

static void on_hop(void *arg, const char *text, ob_tone tone) {
  (void)arg;
  FUZZ_HOLDS(tone < OB_TONE_COUNT);
  fuzz_show(text, strlen(text));
}

static void same_lists(const world *w) {
  ob_list *fresh = ob_list_new(w->c, w->view);
  FUZZ_HOLDS(ob_list_set(fresh, &w->opts, w->now, NULL) == 0);
  FUZZ_HOLDS(ob_list_len(fresh) == ob_list_len(w->list));
  FUZZ_HOLDS(ob_list_total(fresh) == ob_list_total(w->list));
  for (size_t i = 0; i < ob_list_len(fresh); i++) {
    const ob_row *x = ob_list_at(w->list, i), *y = ob_list_at(fresh, i);
    FUZZ_HOLDS(ob_row_key(x) == ob_row_key(y) && x->service == y->service && x->owner == y->owner);
    FUZZ_HOLDS(ob_list_find(w->list, ob_list_key(w->list, i), 0) != SIZE_MAX);
    draw(w, x);
    ob_row_chain(w->c, x, w->now, on_hop, NULL);
    ob_finding found;
    if (ob_row_finding(w->c, x, w->now, &found)) fuzz_show(found.what, strlen(found.what));
  }
  ob_list_free(fresh);
}

static void step(world *w, fuzz_in *in) {
  switch (fuzz_below(in, 8)) {
  case 0: list_comes(w, in); break;
  case 1: set_list(w, in); break;
  case 2: w->now += (int64_t)fuzz_byte(in) * 4000; break;
  case 3: phase_changes(w, in); break;
  case 4: /* a pump: ticks, the list takes up, the dead are freed */
    ob_cluster_tick(w->c, w->now);
    if (fuzz_below(in, 4)) ob_list_refresh(w->list, w->now);
    ob_cluster_settle(w->c);
    break;
  default: event_comes(w, in); break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  world w = {.c = ob_cluster_new(), .now = (int64_t)START_MS * 1000, .opts = {.sort = -1}};
  for (int k = 0; k < OB_KIND_COUNT; k++)
    ob_cluster_kind_set(w.c, (ob_kind)k, &(ob_kind_state){.phase = OB_LIVE, .remaining = -1});
  w.view = (ob_view_id)fuzz_below(&in, OB_VIEW_COUNT);
  w.list = ob_list_new(w.c, w.view);
  FUZZ_HOLDS(ob_list_set(w.list, &w.opts, w.now, NULL) == 0);
  for (int i = 0; i < STEPS && in.left; i++) step(&w, &in);
  ob_cluster_tick(w.c, w.now);
  ob_list_refresh(w.list, w.now);
  char *wrong = ob_cluster_check(w.c);
  if (wrong) fprintf(stderr, "%s\n", wrong);
  FUZZ_HOLDS(!wrong);
  same_lists(&w);
  ob_list_free(w.list);
  ob_cluster_free(w.c);
  return 0;
}
