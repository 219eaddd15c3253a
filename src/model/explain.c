/* Building an explanation: ways, their steps, and the parts that all ways share: from a service's
 * name to its ready endpoints, and from an address to the load balancer that has it. */
#include "model/explain_priv.h"

#include "base/str.h"
#include "model/rows.h"
#include <stdio.h>

/* --- texts ------------------------------------------------------------------------------- */
static char *safe_v(const char *fmt, va_list ap) {
  OB_AUTO(ob_buf) raw = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf out = OB_BUF_INIT(OB_LINE_MAX * 4);
  ob_buf_addv(&raw, fmt, ap);
  ob_text_safe(&out, ob_buf_str(&raw), raw.len, OB_TEXT_LINE);
  return ob_buf_take(&out, NULL);
}

ob_way_build *ob_way_add(ob_explain_run *x, int rank, const char *fmt, ...) {
  if (x->ways.len >= OB_WAYS_MAX) {
    x->more = true;
    return NULL;
  }
  va_list ap;
  va_start(ap, fmt);
  ob_vec_push(&x->ways, (ob_way_build){.rank = rank, .way.title = safe_v(fmt, ap)});
  va_end(ap);
  return &x->ways.at[x->ways.len - 1];
}

ob_step *ob_step_add(ob_way_build *w, const char *what, ob_verdict v, const ob_object *o,
                     const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  ob_vec_push(&w->steps, (ob_step){.what = what,
                                   .verdict = v,
                                   .object = o,
                                   .rule = -1,
                                   .path = -1,
                                   .text = safe_v(fmt, ap),
                                   .why = ob_strdup(""),
                                   .fix = ob_strdup("")});
  va_end(ap);
  return &w->steps.at[w->steps.len - 1];
}

void ob_step_why(ob_step *s, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  free(s->why);
  s->why = safe_v(fmt, ap);
  va_end(ap);
}

void ob_step_fix(ob_step *s, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  free(s->fix);
  s->fix = safe_v(fmt, ap);
  va_end(ap);
}

void ob_loser_add(ob_way_build *w, const ob_object *o, int rule, int path, const char *text,
                  const char *fmt, ...) {
  if (w->losers.len >= OB_LOSERS_MAX) {
    w->way.more_losers++;
    return;
  }
  va_list ap;
  va_start(ap, fmt);
  OB_AUTO(ob_buf) shown = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&shown, text, OB_TEXT_LINE);
  ob_vec_push(&w->losers, (ob_loser){o, rule, path, ob_buf_take(&shown, NULL), safe_v(fmt, ap)});
  va_end(ap);
}

/* --- from a service on ------------------------------------------------------------------- */
static void list_ports(const ob_service *s, ob_buf *out) {
  enum { SHOWN = 6 };
  for (size_t i = 0; i < s->nports && i < SHOWN; i++)
    ob_buf_addf(out, "%s%s%s%u", i ? ", " : "", s->ports[i].name, *s->ports[i].name ? " " : "",
                s->ports[i].port);
  if (s->nports > SHOWN) ob_buf_adds(out, " …");
}

void ob_explain_endpoints(ob_explain_run *x, ob_way_build *w, const ob_service *s, int port) {
  w->way.service = s;
  if (s->type == OB_EXTERNAL_NAME) {
    ob_step *st = ob_step_add(w, "endpoints", OB_UNSURE, &s->o, "the name %s", s->external_name);
    ob_step_why(st, "an ExternalName has no endpoints: it leads out of the cluster, and not every "
                    "controller follows it");
    return;
  }
  ob_ready n = ob_service_ready(x->c, s, port);
  if (!n.known) {
    ob_step *st = ob_step_add(w, "endpoints", OB_UNSURE, &s->o, "not known");
    ob_step_why(st, "EndpointSlices are %s",
                ob_phase_name(ob_cluster_kind(x->c, OB_KIND_SLICE)->phase));
    return;
  }
  size_t slices = ob_service_slices(x->c, s, NULL, 0);
  ob_step *st = ob_step_add(w, "endpoints", n.ready ? OB_GOES : OB_STOPS, &s->o,
                            "%u of %u ready, on %u node%s", n.ready, n.total, n.nodes,
                            n.nodes == 1 ? "" : "s");
  if (n.ready) {
    if (n.zones > 1 || n.draining)
      ob_step_why(st, "in %u zone%s, %u draining; %zu EndpointSlice%s", n.zones,
                  n.zones == 1 ? "" : "s", n.draining, slices, slices == 1 ? "" : "s");
    return;
  }
  if (n.total) {
    ob_step_why(st, "pods are there and none is ready");
    ob_step_fix(
        st, "look why: their readiness probes, their logs (the Endpoints page has the reasons)");
  } else if (slices == 0 && s->nselector == 0) {
    ob_step_why(st, "the service has no selector and nobody wrote an EndpointSlice for it");
    ob_step_fix(st, "give it a selector, or write an EndpointSlice with the addresses");
  } else {
    if (port >= 0 && slices && *s->ports[port].target)
      ob_step_why(st, "no pod that the selector finds has the target port %s",
                  s->ports[port].target);
    else
      ob_step_why(st, "no pod matches the selector");
    ob_step_fix(st, "compare the selector and targetPort with the pods' labels and ports");
  }
}

void ob_explain_backend(ob_explain_run *x, ob_way_build *w, const char *ns, const char *service,
                        const char *port_name, unsigned port) {
  const ob_service *s = OB_AS(ob_service, ob_cluster_find(x->c, OB_KIND_SERVICE, ns, service));
  char wanted[300];
  if (*port_name)
    snprintf(wanted, sizeof wanted, "port \"%.250s\"", port_name);
  else
    snprintf(wanted, sizeof wanted, "port %u", port);
  if (!s) {
    bool known = ob_known(x->c, OB_KIND_SERVICE);
    ob_step *st = ob_step_add(w, "service", known ? OB_STOPS : OB_UNSURE, NULL, "%s/%s %s", ns,
                              service, wanted);
    if (known) {
      ob_step_why(st, "there is no service %s in namespace %s: the answer is an error (503)",
                  service, ns);
      ob_step_fix(st, "create the service, or let the rule name one that exists");
    } else {
      ob_step_why(st, "Services are %s",
                  ob_phase_name(ob_cluster_kind(x->c, OB_KIND_SERVICE)->phase));
    }
    return;
  }
  int index = -1;
  for (int i = 0; i < s->nports && index < 0; i++)
    if (*port_name ? strcmp(s->ports[i].name, port_name) == 0 : s->ports[i].port == port) index = i;
  OB_AUTO(ob_buf) ports = OB_BUF_INIT(OB_LINE_MAX);
  list_ports(s, &ports);
  bool named = s->type == OB_EXTERNAL_NAME && s->nports == 0;
  ob_step *st = ob_step_add(w, "service", index >= 0 || named ? OB_GOES : OB_STOPS, &s->o,
                            "%s/%s %s", ns, service, wanted);
  if (index < 0 && !named) {
    ob_step_why(st, "the service has no such port: it has %s",
                s->nports ? ob_buf_str(&ports) : "none");
    ob_step_fix(st, "name one of its ports in the rule, or add the port to the service");
    return;
  }
  if (index >= 0 && *s->ports[index].target)
    ob_step_why(st, "targetPort %s of the pods", s->ports[index].target);
  if (index >= 0 && strcmp(s->ports[index].protocol, "TCP") != 0) {
    st->verdict = OB_STOPS;
    ob_step_why(st, "the port speaks %s; HTTP needs TCP", s->ports[index].protocol);
  }
  ob_explain_endpoints(x, w, s, index);
}

bool ob_explain_front(ob_explain_run *x, ob_way_build *w, const char *address, unsigned port) {
  const ob_place *p = ob_place_find(x->c, OB_PLACE_HOST, address);
  const ob_service *s = NULL;
  for (size_t i = 0; p && i < p->objects.len && !s; i++) {
    const ob_object *o = ob_link_at(&p->objects, i);
    if (o->kind == OB_KIND_SERVICE) s = OB_AS(ob_service, o);
  }
  if (!s) return false;
  int index = -1;
  for (int i = 0; i < s->nports; i++)
    if (s->ports[i].port == port && strcmp(s->ports[i].protocol, "TCP") == 0) index = i;
  OB_AUTO(ob_buf) ports = OB_BUF_INIT(OB_LINE_MAX);
  list_ports(s, &ports);
  ob_ready n = ob_service_ready(x->c, s, index);
  ob_step *st = ob_step_add(w, "front", OB_GOES, &s->o, "load balancer of %s/%s, port %u", s->o.ns,
                            s->o.name, port);
  if (index < 0) {
    st->verdict = OB_STOPS;
    ob_step_why(st, "it listens on %s", ports.len ? ob_buf_str(&ports) : "nothing");
    ob_step_fix(st, "use one of its ports, or add port %u to the service", port);
  } else if (n.known && n.ready == 0) {
    st->verdict = OB_STOPS;
    ob_step_why(st, "none of its own pods is ready: nobody reads the rules");
    ob_step_fix(st, "bring up what %s/%s selects", s->o.ns, s->o.name);
  } else if (s->nsource_ranges && !x->r->inside) {
    st->verdict = OB_UNSURE;
    ob_step_why(st, "it takes requests from %s%s alone", s->source_ranges[0],
                s->nsource_ranges > 1 ? " and a few ranges more" : "");
  } else if (n.known) {
    ob_step_why(st, "%u of %u of its pods ready", n.ready, n.total);
  }
  return true;
}

/* --- the whole --------------------------------------------------------------------------- */
static void note_unknown(const ob_cluster *c, ob_buf *out) {
  static const ob_kind must[] = {OB_KIND_SERVICE, OB_KIND_INGRESS,    OB_KIND_INGRESS_CLASS,
                                 OB_KIND_NODE,    OB_KIND_SLICE,      OB_KIND_GATEWAY,
                                 OB_KIND_GRANT,   OB_KIND_HTTP_ROUTE, OB_KIND_GRPC_ROUTE};
  for (size_t i = 0; i < OB_LEN(must); i++) {
    ob_phase p = ob_cluster_kind(c, must[i])->phase;
    if (ob_known(c, must[i]) || p == OB_NOT_INSTALLED || p == OB_OFF) continue;
    ob_buf_addf(out, "%s%s %s", out->len ? ", " : "", ob_kinds[must[i]].plural, ob_phase_name(p));
  }
}

static int worst(ob_way_build *w) {
  int v = OB_GOES;
  for (size_t i = 0; i < w->steps.len; i++)
    if ((int)w->steps.at[i].verdict > v) v = (int)w->steps.at[i].verdict;
  return v;
}

static int by_fit(const void *a, const void *b) {
  const ob_way_build *x = a, *y = b;
  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  if (x->way.verdict != y->way.verdict) return x->way.verdict < y->way.verdict ? -1 : 1;
  return strcmp(x->way.title, y->way.title);
}

static void build_free(ob_way_build *w) {
  for (size_t i = 0; i < w->steps.len; i++) {
    free(w->steps.at[i].text);
    free(w->steps.at[i].why);
    free(w->steps.at[i].fix);
  }
  for (size_t i = 0; i < w->losers.len; i++) {
    free(w->losers.at[i].text);
    free(w->losers.at[i].why);
  }
  free(w->way.title);
  ob_vec_done(&w->steps);
  ob_vec_done(&w->losers);
}

/* Where the host is named, entries that would take any host are another address's business. */
static void drop_general(ob_explain_run *x) {
  if (x->ways.len == 0 || x->ways.at[0].rank == OB_HOST_ANY) return;
  while (x->ways.at[x->ways.len - 1].rank == OB_HOST_ANY) build_free(&x->ways.at[--x->ways.len]);
}

static void __attribute__((format(printf, 2, 3))) summarize(char **out, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  *out = safe_v(fmt, ap);
  va_end(ap);
}

static void sum_up(const ob_explain_run *x, ob_explanation *e) {
  if (e->nways == 0) {
    summarize(&e->summary, "nothing here answers for %s", x->r->host);
    e->verdict = *e->unknown ? OB_UNSURE : OB_STOPS;
    return;
  }
  const ob_request_way *w = &e->ways[0];
  e->verdict = w->verdict;
  const ob_step *end = &w->steps[w->nsteps - 1];
  for (size_t i = 0; i < w->nsteps; i++)
    if (w->steps[i].verdict == w->verdict && w->verdict != OB_GOES) {
      end = &w->steps[i];
      break;
    }
  if (w->verdict == OB_GOES && w->service)
    summarize(&e->summary, "goes by %s to %s/%s", w->title, w->service->o.ns, w->service->o.name);
  else if (w->verdict == OB_GOES)
    summarize(&e->summary, "goes by %s: %s", w->title, end->text);
  else
    summarize(&e->summary, "%s at %s: %s", w->verdict == OB_STOPS ? "stops" : "depends, ",
              end->what, *end->why ? end->why : end->text);
}

ob_explanation *ob_explain(const ob_cluster *c, const ob_request *r) {
  ob_explain_run x = {.c = c, .r = r};
  const char *dot = strchr(r->host, '.');
  if (dot && dot != r->host) snprintf(x.parent, sizeof x.parent, "*%s", dot);
  x.host_parent = x.parent;
  ob_explain_ingresses(&x);
  ob_explain_gateways(&x);
  ob_explain_services(&x);
  for (size_t i = 0; i < x.ways.len; i++)
    x.ways.at[i].way.verdict = (ob_verdict)worst(&x.ways.at[i]);
  if (x.ways.len > 1) qsort(x.ways.at, x.ways.len, sizeof *x.ways.at, by_fit);
  drop_general(&x);
  ob_explanation *e = ob_calloc(1, sizeof *e);
  ob_buf unknown = OB_BUF_INIT(OB_LINE_MAX);
  note_unknown(c, &unknown);
  e->unknown = ob_buf_take(&unknown, NULL);
  e->nways = x.ways.len;
  e->more_ways = x.more;
  e->ways = ob_calloc(x.ways.len + 1, sizeof *e->ways);
  for (size_t i = 0; i < x.ways.len; i++) {
    ob_way_build *w = &x.ways.at[i];
    e->ways[i] = w->way;
    e->ways[i].steps = w->steps.at;
    e->ways[i].nsteps = w->steps.len;
    e->ways[i].losers = w->losers.at;
    e->ways[i].nlosers = w->losers.len;
  }
  ob_vec_done(&x.ways);
  sum_up(&x, e);
  return e;
}

void ob_explanation_free(ob_explanation *e) {
  if (!e) return;
  for (size_t i = 0; i < e->nways; i++) {
    ob_request_way *w = &e->ways[i];
    ob_way_build b = {.way = *w};
    b.steps.at = w->steps, b.steps.len = w->nsteps;
    b.losers.at = w->losers, b.losers.len = w->nlosers;
    build_free(&b);
  }
  free(e->ways);
  free(e->summary);
  free(e->unknown);
  free(e);
}

const char *ob_verdict_name(ob_verdict v) {
  static const char *const names[] = {
      [OB_GOES] = "goes", [OB_UNSURE] = "unsure", [OB_STOPS] = "stops"};
  return names[v];
}
