/* Everything that outboard keeps of a Service or an Ingress, and what it finds wrong with it,
 * worst things first. */
#include "tui/pages.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/probe.h"
#include "outboard/text.h"

enum { FINDINGS_MAX = 64, ROUTES_MAX = 256, LINE_MAX_TEXT = 64 * 1024 };

static void add_item(ob_buf *b, const char *text) {
  if (!*text) return;
  ob_buf_addf(b, "%s%s", b->len ? ", " : "", text);
}

static void field_list(ob_doc *d, const char *label, ob_role role, const char *const *items,
                       size_t n) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
  for (size_t i = 0; i < n; i++) add_item(&b, items[i]);
  ob_doc_field(d, label, role, ob_buf_str(&b));
}

static void field_pairs(ob_doc *d, const char *label, const ob_kv *kv, size_t n) {
  for (size_t i = 0; i < n; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%s=%s", kv[i].key, kv[i].value);
    ob_doc_field(d, i == 0 ? label : " ", OB_ROLE_TEXT, ob_buf_str(&b));
  }
}

static void write_head(ob_doc *d, const ob_subject *s, const ob_object *o) {
  char age[OB_AGE_TEXT], when[OB_TIME_TEXT];
  ob_doc_field(d, "namespace", OB_ROLE_TEXT, o->ns);
  ob_doc_field(d, "name", OB_ROLE_ACCENT, o->name);
  if (o->created_ms) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%s ago, %s", ob_age_text(age, s->now_ms - o->created_ms),
                ob_time_text(when, o->created_ms));
    ob_doc_field(d, "created", OB_ROLE_TEXT, ob_buf_str(&b));
  }
  if (o->deleting_ms) ob_doc_field(d, "deleting", OB_ROLE_WARN, ob_time_text(when, o->deleting_ms));
}

static void put_hop(void *arg, const char *text, ob_tone tone) {
  ob_doc *d = arg;
  const char *mark = ob_tone_mark(tone);
  if (strcmp(text, "client") != 0) ob_doc_put(d, OB_ROLE_DIM, " → ");
  int room = d->width - d->column - (*mark ? 2 : 0);
  if (ob_text_width(text, strlen(text)) > room && d->column > 16) ob_doc_label(d, "");
  ob_doc_putf(d, ob_tone_role(tone), "%s%s%s", mark, *mark ? " " : "", text);
}

/* The way of a request, as the tree draws it. */
static void write_chain(ob_doc *d, const ob_subject *s) {
  if (s->row->way == OB_ROW_SERVICE) return;
  ob_doc_label(d, "way");
  ob_row_chain(s->cluster, s->row, s->now_ms, put_hop, d);
  ob_doc_nl(d);
}

static void write_findings(ob_doc *d, const ob_subject *s, const ob_object *o) {
  ob_finding *f = ob_calloc(FINDINGS_MAX, sizeof *f);
  size_t n = ob_audit_object(s->cluster, o, s->now_ms, f, FINDINGS_MAX);
  if (n > 0) ob_doc_heading(d, "Problems");
  for (size_t i = 0; i < n && i < FINDINGS_MAX; i++) {
    ob_role role = f[i].unverified                      ? OB_ROLE_DIM
                   : f[i].rule->severity >= OB_SEV_HIGH ? OB_ROLE_BAD
                                                        : OB_ROLE_WARN;
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%s%s", f[i].rule->title, f[i].unverified ? " (unverified)" : "");
    ob_doc_field(d, f[i].rule->id, role, ob_buf_str(&b));
    ob_doc_field(d, " ", OB_ROLE_TEXT, f[i].what);
    ob_doc_field(d, "  field", OB_ROLE_DIM, f[i].field);
    ob_doc_field(d, "  why", OB_ROLE_DIM, f[i].rule->why);
    ob_doc_field(d, "  fix", OB_ROLE_TEXT, f[i].rule->fix);
  }
  free(f);
}

static void write_addresses(ob_doc *d, const char *label, const ob_lb_ingress *lb, size_t n) {
  for (size_t i = 0; i < n; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_adds(&b, *lb[i].ip ? lb[i].ip : lb[i].hostname);
    if (*lb[i].ip && *lb[i].hostname) ob_buf_addf(&b, " (%s)", lb[i].hostname);
    if (*lb[i].port_error) ob_buf_addf(&b, " port error: %s", lb[i].port_error);
    ob_doc_field(d, i == 0 ? label : " ", *lb[i].port_error ? OB_ROLE_BAD : OB_ROLE_ACCENT,
                 ob_buf_str(&b));
  }
}

/* --- load balancers ------------------------------------------------------------------------- */
enum { SHARED_MAX = 16, EVENTS_SHOWN = 5 };

static void write_waiting(ob_doc *d, const ob_subject *s, const ob_service *v) {
  char age[OB_AGE_TEXT];
  ob_doc_heading(d, "Why it has no address");
  if (v->o.created_ms)
    ob_doc_field(d, "waits for", OB_ROLE_WARN, ob_age_text(age, s->now_ms - v->o.created_ms));
  ob_doc_field(d, "class", OB_ROLE_TEXT, ob_or(v->lb_class, "(the provider's default)"));
  ob_doc_field(d, "controller", OB_ROLE_TEXT,
               ob_lb_class_served(s->cluster, v->lb_class)
                   ? "others of its class have an address: it works, and refuses or waits for this one"
                   : "nobody of its class has an address: perhaps nothing serves it");
  for (size_t i = 0; i < v->nconditions; i++)
    ob_doc_field(d, v->conditions[i].key, OB_ROLE_WARN, v->conditions[i].value);
  if (ob_page_waiting(d, s, "its events")) return;
  if (s->reply->nobjects == 0)
    ob_doc_field(d, "events", OB_ROLE_DIM, "none: no controller has said anything of late");
  for (size_t i = 0; i < s->reply->nobjects && i < EVENTS_SHOWN; i++) {
    const ob_event *e = OB_AS(ob_event, s->reply->objects[i]);
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%s: %s", e->reason, e->message);
    if (e->last_ms) ob_buf_addf(&b, " (%s ago)", ob_age_text(age, s->now_ms - e->last_ms));
    ob_doc_field(d, i == 0 ? "events" : " ",
                 strcmp(e->type, "Warning") == 0 ? OB_ROLE_BAD : OB_ROLE_TEXT, ob_buf_str(&b));
  }
}

static void write_sharing(ob_doc *d, const ob_subject *s, const ob_service *v) {
  const ob_service *with[SHARED_MAX];
  size_t n = ob_lb_sharing(s->cluster, v, with, SHARED_MAX);
  for (size_t i = 0; i < n && i < SHARED_MAX; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%s/%s", with[i]->o.ns, with[i]->o.name);
    ob_doc_field(d, i == 0 ? "shared with" : " ", OB_ROLE_WARN, ob_buf_str(&b));
  }
  if (n > SHARED_MAX) {
    ob_doc_putf(d, OB_ROLE_DIM, "and %zu more", n - SHARED_MAX);
    ob_doc_nl(d);
  }
}

/* --- Service --------------------------------------------------------------------------------- */
static void write_ports(ob_doc *d, const ob_subject *s, const ob_service *v) {
  if (v->nports > 0) ob_doc_heading(d, "Ports");
  for (size_t i = 0; i < v->nports; i++) {
    const ob_service_port *p = &v->ports[i];
    ob_ready ready = ob_service_ready(s->cluster, v, (int)i);
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%u/%s → %s", p->port, p->protocol, ob_or(p->target, "the same"));
    if (p->node_port) ob_buf_addf(&b, ", node port %u", p->node_port);
    if (*p->app_protocol) ob_buf_addf(&b, ", %s", p->app_protocol);
    if (ready.known) ob_buf_addf(&b, ", ready %u/%u", ready.ready, ready.total);
    ob_doc_field(d, ob_or(p->name, "(unnamed)"),
                 ready.known && ready.total && !ready.ready ? OB_ROLE_BAD : OB_ROLE_TEXT,
                 ob_buf_str(&b));
  }
}

static void write_routes(ob_doc *d, const ob_subject *s, const ob_service *v) {
  ob_route_ref *refs = ob_calloc(ROUTES_MAX, sizeof *refs);
  size_t n = ob_service_routes(s->cluster, v, refs, ROUTES_MAX);
  if (n > 0) ob_doc_heading(d, "Ingress rules that lead here");
  for (size_t i = 0; i < n && i < ROUTES_MAX; i++) {
    const ob_ingress *ing = refs[i].ingress;
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    if (refs[i].rule < 0) {
      ob_buf_adds(&b, "default backend");
    } else {
      const ob_rule *r = &ing->rules[refs[i].rule];
      ob_buf_addf(&b, "%s%s", ob_or(r->host, "*"),
                  refs[i].path >= 0 ? ob_or(r->paths[refs[i].path].path, "/") : "/");
    }
    ob_doc_field(d, ing->o.name, OB_ROLE_ACCENT, ob_buf_str(&b));
  }
  if (n > ROUTES_MAX) {
    ob_doc_putf(d, OB_ROLE_DIM, "and %zu more", n - ROUTES_MAX);
    ob_doc_nl(d);
  }
  free(refs);
}

static void write_service(ob_doc *d, const ob_subject *s, const ob_service *v) {
  ob_doc_field(d, "type", OB_ROLE_TEXT, v->type_text);
  field_list(d, "cluster IP", OB_ROLE_ACCENT, v->cluster_ips, v->ncluster_ips);
  ob_doc_field(d, "external name", OB_ROLE_ACCENT, v->external_name);
  write_addresses(d, "load balancer", v->lb, v->nlb);
  if (v->type == OB_LOAD_BALANCER && v->nlb == 0)
    ob_doc_field(d, "load balancer", OB_ROLE_WARN, "no address yet");
  write_sharing(d, s, v);
  ob_doc_field(d, "class", OB_ROLE_TEXT, v->lb_class);
  field_list(d, "external IPs", OB_ROLE_ACCENT, v->external_ips, v->nexternal_ips);
  field_list(d, "source ranges", OB_ROLE_TEXT, v->source_ranges, v->nsource_ranges);
  field_list(d, "IP families", OB_ROLE_TEXT, v->ip_families, v->nip_families);
  ob_doc_field(d, "affinity", OB_ROLE_TEXT,
               strcmp(v->session_affinity, "None") == 0 ? "" : v->session_affinity);
  ob_doc_field(d, "traffic", OB_ROLE_TEXT, v->external_local ? "external: Local" : "");
  ob_doc_field(d, "distribution", OB_ROLE_TEXT, v->traffic_distribution);
  ob_ready ready = ob_service_ready(s->cluster, v, -1);
  if (ready.known && v->type != OB_EXTERNAL_NAME) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%u of %u, on %u node%s in %u zone%s", ready.ready, ready.total, ready.nodes,
                ready.nodes == 1 ? "" : "s", ready.zones, ready.zones == 1 ? "" : "s");
    ob_doc_field(d, "ready", ready.total && !ready.ready ? OB_ROLE_BAD : OB_ROLE_TEXT,
                 ob_buf_str(&b));
  }
  if (v->type == OB_LOAD_BALANCER && v->nlb == 0)
    write_waiting(d, s, v);
  else if (v->nconditions > 0) {
    ob_doc_heading(d, "Conditions");
    field_pairs(d, " ", v->conditions, v->nconditions);
  }
  write_ports(d, s, v);
  write_routes(d, s, v);
  if (v->nselector > 0) {
    ob_doc_heading(d, "Selector");
    field_pairs(d, " ", v->selector, v->nselector);
  }
}

/* --- Ingress ---------------------------------------------------------------------------------- */
static void backend_text(const ob_subject *s, const ob_ingress *ing, const ob_backend *b,
                         ob_buf *out, ob_role *ret_role) {
  ob_target t = ob_backend_resolve(s->cluster, ing, b);
  *ret_role = OB_ROLE_TEXT;
  if (*b->resource)
    ob_buf_adds(out, b->resource);
  else if (*b->port_name)
    ob_buf_addf(out, "%s:%s", b->service, b->port_name);
  else
    ob_buf_addf(out, "%s:%u", b->service, b->port_number);
  if (t.status == OB_TARGET_NO_SERVICE || t.status == OB_TARGET_NO_PORT) {
    ob_buf_adds(out, t.status == OB_TARGET_NO_SERVICE ? " (no such service)" : " (no such port)");
    *ret_role = OB_ROLE_BAD;
  } else if (t.status == OB_TARGET_OK) {
    ob_ready ready = ob_service_ready(s->cluster, t.service, t.port_index);
    if (ready.known) ob_buf_addf(out, " ready %u/%u", ready.ready, ready.total);
    if (ready.known && !ready.ready) *ret_role = OB_ROLE_BAD;
  }
}

static void write_rules(ob_doc *d, const ob_subject *s, const ob_ingress *ing) {
  for (size_t r = 0; r < ing->nrules; r++) {
    const ob_rule *rule = &ing->rules[r];
    ob_doc_heading(d, *rule->host ? rule->host : "any host");
    for (size_t p = 0; p < rule->npaths; p++) {
      const ob_path *path = &rule->paths[p];
      OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
      ob_role role;
      backend_text(s, ing, &path->backend, &b, &role);
      if (*path->path_type) ob_buf_addf(&b, " (%s)", path->path_type);
      ob_doc_field(d, ob_or(path->path, "/"), role, ob_buf_str(&b));
    }
  }
  if (ing->default_backend.set) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_role role;
    backend_text(s, ing, &ing->default_backend, &b, &role);
    ob_doc_heading(d, "Everything else");
    ob_doc_field(d, "default", role, ob_buf_str(&b));
  }
}

/* What only the rule under the cursor has: its certificate, and who else claims it. */
static void write_rule_in_view(ob_doc *d, const ob_subject *s, const ob_ingress *ing) {
  const ob_row *r = s->row;
  const char *host = r->rule >= 0 ? ing->rules[r->rule].host : "";
  if (ob_ingress_tls_for(ing, host)) {
    const ob_probe_result *seen = ob_row_certificate(s->cluster, r);
    char when[OB_TIME_TEXT], left[OB_AGE_TEXT];
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    int64_t ms = seen ? seen->chain[0].to_ms - s->now_ms : 0;
    if (seen)
      ob_buf_addf(&b, "ends %s, %s%s", ob_time_text(when, seen->chain[0].to_ms),
                  ms > 0 ? "in " : "it has ended", ms > 0 ? ob_age_text(left, ms) : "");
    else
      ob_buf_adds(&b, "? its Secret is not read: a probe of the address shows the certificate");
    ob_doc_field(d, "certificate", !seen ? OB_ROLE_DIM : ms > 0 ? OB_ROLE_OK : OB_ROLE_BAD,
                 ob_buf_str(&b));
  }
  if (r->rule < 0) return;
  const ob_ingress *twins[SHARED_MAX];
  size_t n = ob_rule_twins(s->cluster, ing, r->rule, r->path, twins, SHARED_MAX);
  for (size_t i = 0; i < n && i < SHARED_MAX; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&b, "%s/%s has the same host and path: the controller chooses", twins[i]->o.ns,
                twins[i]->o.name);
    ob_doc_field(d, i == 0 ? "conflict" : " ", OB_ROLE_BAD, ob_buf_str(&b));
  }
}

static void write_ingress(ob_doc *d, const ob_subject *s, const ob_ingress *ing) {
  const char *name = "";
  const ob_ingress_class *class = ob_ingress_class_of(s->cluster, ing, &name);
  const char *controller = ob_ingress_controller(s->cluster, ing);
  ob_doc_field(d, "class",
               class || *controller || !ob_known(s->cluster, OB_KIND_INGRESS_CLASS) ? OB_ROLE_TEXT
                                                                                    : OB_ROLE_WARN,
               ob_or(name, "none"));
  if (*controller) ob_doc_field(d, "controller", OB_ROLE_TEXT, controller);
  write_addresses(d, "addresses", ing->lb, ing->nlb);
  for (size_t i = 0; i < ing->ntls; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_MAX_TEXT);
    for (size_t h = 0; h < ing->tls[i].nhosts; h++) add_item(&b, ing->tls[i].hosts[h]);
    OB_AUTO(ob_buf) all = OB_BUF_INIT(LINE_MAX_TEXT);
    ob_buf_addf(&all, "%s for %s",
                *ing->tls[i].secret ? ing->tls[i].secret : "the controller's own certificate",
                b.len ? ob_buf_str(&b) : "every host");
    ob_doc_field(d, i == 0 ? "TLS" : " ", OB_ROLE_TEXT, ob_buf_str(&all));
  }
  write_rule_in_view(d, s, ing);
  write_rules(d, s, ing);
}

void ob_page_write_DETAILS(ob_doc *d, const ob_subject *s) {
  const ob_object *o = s->row->owner;
  write_head(d, s, o);
  write_chain(d, s);
  write_findings(d, s, o);
  ob_doc_heading(d, ob_kinds[o->kind].kind);
  if (o->kind == OB_KIND_SERVICE) write_service(d, s, OB_AS(ob_service, o));
  if (o->kind == OB_KIND_INGRESS) write_ingress(d, s, OB_AS(ob_ingress, o));
  if (o->nlabels > 0) {
    ob_doc_heading(d, "Labels");
    field_pairs(d, " ", o->labels, o->nlabels);
  }
  if (o->nannotations > 0) {
    ob_doc_heading(d, "Annotations that outboard reads");
    field_pairs(d, " ", o->annotations, o->nannotations);
  }
}
