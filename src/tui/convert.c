/* See convert.h. The fields are those that the chosen type has; each says beside it what its value
 * means on this cluster. As it opens it can be accepted: what is not said stays as it is, or is
 * chosen by the server. */
#include "tui/convert.h"

#include "base/str.h"
#include "tui/fields_form.h"
#include "tui/route_form.h"
#include "tui/screen.h"
#include <arpa/inet.h>
#include <stdio.h>

enum { TYPE, HOST, PORTS, NODE_PORT, CLASS, RANGES, REACH, POLICY, FIELDS };
enum { FREE_OFFERED = 5, USED_MAX = 8192, LIST_MAX = 64 };

typedef struct whom {
  char *ns, *name;
} whom;

typedef struct conversion {
  OB_VEC(whom) all;
  char free[FREE_OFFERED][8]; /* node ports */
} conversion;

static void done(void *data) {
  conversion *x = data;
  for (size_t i = 0; i < x->all.len; i++) {
    free(x->all.at[i].ns);
    free(x->all.at[i].name);
  }
  ob_vec_done(&x->all);
  free(x);
}

/* One service: itself. Several: none. NULL when it is not to be seen any more, too. */
static const ob_service *only(const ob_tui *s, const ob_form *f) {
  const conversion *x = f->data;
  const whom *w = x->all.at;
  const ob_object *o =
      x->all.len == 1 ? ob_cluster_find(ob_tui_cluster(s), OB_KIND_SERVICE, w->ns, w->name) : NULL;
  return o ? OB_AS(ob_service, o) : NULL;
}

/* --- which fields there are ---------------------------------------------------------------------
 */
static ob_service_type target(const ob_form *f) {
  ob_service_type t = OB_TYPE_UNKNOWN;
  (void)ob_service_type_parse(ob_form_get(f, TYPE), &t);
  return t;
}

static bool is_name(const ob_tui *s, const ob_form *f) {
  (void)s;
  return target(f) == OB_EXTERNAL_NAME;
}
static bool is_balancer(const ob_tui *s, const ob_form *f) {
  (void)s;
  return target(f) == OB_LOAD_BALANCER;
}
static bool on_nodes(const ob_tui *s, const ob_form *f) {
  return target(f) == OB_NODE_PORT || is_balancer(s, f);
}
static bool one_on_nodes(const ob_tui *s, const ob_form *f) {
  return on_nodes(s, f) && only(s, f);
}
static bool lacks_ports(const ob_tui *s, const ob_form *f) {
  const ob_service *v = only(s, f);
  return v && v->nports == 0 && target(f) != OB_EXTERNAL_NAME && target(f) != OB_HEADLESS;
}
static bool has_reach(const ob_tui *s, const ob_form *f) {
  return is_balancer(s, f) && ob_convert_knows_reach(ob_tui_cluster(s));
}

/* --- what they may be ---------------------------------------------------------------------------
 */
static const ob_service_type types[] = {OB_CLUSTER_IP, OB_NODE_PORT, OB_LOAD_BALANCER,
                                        OB_EXTERNAL_NAME, OB_HEADLESS};

static void offer_types(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const ob_service *v = only(s, f);
  for (size_t i = 0; i < OB_LEN(types); i++)
    if (!v || v->type != types[i]) ob_form_offer(o, ob_service_type_title(types[i]));
}

static ob_role note_type(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  static const char *const notes[] = {[OB_CLUSTER_IP] = "inside of the cluster only",
                                      [OB_NODE_PORT] = "a port on every node",
                                      [OB_LOAD_BALANCER] =
                                          "an address of its own, by a provider's balancer",
                                      [OB_EXTERNAL_NAME] = "a name that stands for another host",
                                      [OB_HEADLESS] = "no address: the name gives the pods"};
  (void)s, (void)value;
  ob_service_type t = target(f);
  if (t != OB_TYPE_UNKNOWN) ob_buf_adds(out, notes[t]);
  return OB_ROLE_DIM;
}

static void offer_hosts(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  size_t at = 0;
  (void)f;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_SERVICE, &at));)
    ob_form_offer(o, OB_AS(ob_service, x)->external_name);
}

static ob_role note_host(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)s, (void)f;
  if (!*value) ob_buf_adds(out, "needed");
  return OB_ROLE_WARN;
}

static void offer_free(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const conversion *x = f->data;
  (void)s;
  for (size_t i = 0; i < FREE_OFFERED; i++) ob_form_offer(o, x->free[i]);
}

static ob_role note_node_port(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  int64_t n;
  if (!*value) return OB_ROLE_DIM;
  if (!ob_parse_int(value, 1, 65535, &n)) {
    ob_buf_adds(out, "a number is needed");
    return OB_ROLE_BAD;
  }
  if (n < OB_NODE_PORT_FIRST || n > OB_NODE_PORT_LAST) {
    ob_buf_addf(out, "outside of %d-%d, the usual range", OB_NODE_PORT_FIRST, OB_NODE_PORT_LAST);
    return OB_ROLE_WARN;
  }
  ob_used_port *used = ob_calloc(USED_MAX, sizeof *used);
  size_t all = ob_used_ports(ob_tui_cluster(s), used, USED_MAX);
  const ob_service *by = NULL;
  for (size_t i = 0; i < all && i < USED_MAX; i++)
    if (used[i].port == n && used[i].service != only(s, f)) by = used[i].service;
  free(used);
  if (by)
    ob_buf_addf(out, "taken by %s/%s", by->o.ns, by->o.name);
  else
    ob_buf_adds(out, "free, as far as can be seen");
  return by ? OB_ROLE_BAD : OB_ROLE_OK;
}

static void offer_classes(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  size_t at = 0;
  (void)f;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_SERVICE, &at));)
    ob_form_offer(o, OB_AS(ob_service, x)->lb_class);
}

static ob_role note_class(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)f;
  if (ob_lb_class_served(ob_tui_cluster(s), value)) return OB_ROLE_DIM;
  ob_buf_adds(out, "nobody seen serving it: it may stay pending");
  return OB_ROLE_WARN;
}

static bool is_cidr(const char *text) {
  OB_AUTOFREE char *address = ob_strdup(text);
  char *slash = strchr(address, '/');
  unsigned char bytes[16];
  int64_t bits;
  if (!slash) return false;
  *slash = '\0';
  if (inet_pton(AF_INET, address, bytes) == 1) return ob_parse_int(slash + 1, 0, 32, &bits);
  return inet_pton(AF_INET6, address, bytes) == 1 && ob_parse_int(slash + 1, 0, 128, &bits);
}

static ob_role note_range(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)s;
  if (*value && !is_cidr(value)) {
    ob_buf_adds(out, "no CIDR, as 10.0.0.0/8 is one");
    return OB_ROLE_BAD;
  }
  if (!ob_form_nth(f, RANGES, 0)) ob_buf_adds(out, "everybody who reaches it may connect");
  return OB_ROLE_DIM;
}

static const char *const reaches[] = {"as it is", "public", "internal"};
static void offer_reaches(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  (void)s, (void)f;
  for (size_t i = 0; i < OB_LEN(reaches); i++) ob_form_offer(o, reaches[i]);
}

static const char *const policies[] = {"as it is", "Cluster", "Local"};
static void offer_policies(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  (void)s, (void)f;
  for (size_t i = 0; i < OB_LEN(policies); i++) ob_form_offer(o, policies[i]);
}

static ob_role note_policy(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  const ob_cluster *c = ob_tui_cluster(s);
  const ob_service *v = only(s, f);
  if (!ob_streq(value, "Local")) {
    ob_buf_adds(out, "every node answers; the client's address may be hidden");
    return OB_ROLE_DIM;
  }
  size_t nodes = 0, at = 0;
  while (ob_cluster_next(c, OB_KIND_NODE, &at)) nodes++;
  ob_ready r = v ? ob_service_ready(c, v, -1) : (ob_ready){0};
  if (v && r.known && ob_known(c, OB_KIND_NODE))
    ob_buf_addf(out, "%u of %zu nodes have a ready endpoint and answer", r.nodes, nodes);
  else
    ob_buf_adds(out, "only nodes with a ready endpoint answer");
  return v && r.known && r.nodes == 0 ? OB_ROLE_BAD : OB_ROLE_WARN;
}

static const ob_form_field fields[FIELDS] = {
    [TYPE] = {"type", OB_FIELD_CHOICE, "",
              "type its first letters, or left and right; enter shows what would come of it",
              offer_types, note_type, NULL},
    [HOST] = {"external name", OB_FIELD_TEXT, "the host that the name stands for",
              "a DNS name; pods that ask for the service are sent there", offer_hosts, note_host,
              is_name},
    [PORTS] = {"port", OB_FIELD_LIST, "none yet",
               "[NAME:]PORT[:TARGET][/PROTOCOL], as http:80:8080", NULL, NULL, lacks_ports},
    [NODE_PORT] = {"node port", OB_FIELD_TEXT, "automatic",
                   "of the first port; empty: the server chooses", offer_free, note_node_port,
                   one_on_nodes},
    [CLASS] = {"class", OB_FIELD_TEXT, "the default",
               "spec.loadBalancerClass: whose balancer it is; can be set now or never",
               offer_classes, note_class, is_balancer},
    [RANGES] = {"source ranges", OB_FIELD_LIST, "none",
                "clients that the load balancer lets in, as CIDRs", NULL, note_range, is_balancer},
    [REACH] = {"reach", OB_FIELD_CHOICE, "",
               "by the provider's annotation: an address on the internet, or inside of its network",
               offer_reaches, NULL, has_reach},
    [POLICY] = {"external traffic", OB_FIELD_CHOICE, "", "spec.externalTrafficPolicy",
                offer_policies, note_policy, on_nodes},
};

/* --- accepted
 * ------------------------------------------------------------------------------------- */
static int which(const char *const *words, const char *word) {
  int i = 0;
  while (i < 2 && !ob_streq(words[i], word)) i++;
  return i;
}

static size_t list(const ob_tui *s, const ob_form *f, int field, const char *ret[LIST_MAX]) {
  size_t n = 0;
  if (fields[field].shown && !fields[field].shown(s, f)) return 0;
  for (const char *text; n < LIST_MAX && (text = ob_form_nth(f, field, n)); n++) ret[n] = text;
  return n;
}

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  const ob_form *f = &s->form;
  const char *ports[LIST_MAX], *ranges[LIST_MAX];
  (void)why;
  ob_convert to = {.to = target(f), .ports = ports, .source_ranges = ranges};
  to.nports = list(s, f, PORTS, ports);
  to.nsource_ranges = list(s, f, RANGES, ranges);
  if (is_name(s, f)) to.external_name = ob_form_get(f, HOST);
  if (is_balancer(s, f)) to.lb_class = ob_or(ob_form_get(f, CLASS), NULL);
  if (has_reach(s, f)) to.reach = (unsigned)which(reaches, ob_form_get(f, REACH));
  if (on_nodes(s, f)) to.policy = (unsigned)which(policies, ob_form_get(f, POLICY));
  int64_t port = 0;
  const char *typed = one_on_nodes(s, f) ? ob_form_get(f, NODE_PORT) : "";
  if (*typed && !ob_parse_int(typed, 1, 65535, &port))
    return ob_fail(err, OB_EINVALID, "spec.ports[0].nodePort: \"%s\" is no port", typed);
  to.node_port = (int)port;
  for (size_t i = 0; i < to.nsource_ranges; i++)
    if (!is_cidr(ranges[i]))
      return ob_fail(err, OB_EINVALID, "spec.loadBalancerSourceRanges: \"%s\" is no CIDR",
                     ranges[i]);
  return ob_plan_convert(ret, ob_tui_cluster(s), objects[0], &to, err);
}

static void take(ob_tui *s, ob_form *f) {
  static const ob_change_flow flow = {
      .each = true, .plan = plan, .again = ob_form_again, .done = ob_form_close_hidden};
  const conversion *x = f->data;
  ob_change_about about[OB_CHANGE_OBJECTS];
  for (size_t i = 0; i < x->all.len; i++)
    about[i] = (ob_change_about){OB_KIND_SERVICE, x->all.at[i].ns, x->all.at[i].name};
  ob_form_hide(f);
  ob_change_begin(s, &flow, about, x->all.len);
}

static ob_role say(const ob_tui *s, const ob_form *f, ob_buf *out) {
  const ob_service *v = only(s, f);
  const conversion *x = f->data;
  if (x->all.len > 1) {
    ob_buf_adds(out, "all of them: ");
    for (size_t i = 0; i < x->all.len; i++)
      ob_buf_addf(out, "%s%s/%s", i ? ", " : "", x->all.at[i].ns, x->all.at[i].name);
    return OB_ROLE_TEXT;
  }
  if (!v) {
    ob_buf_adds(out, "the service is not to be seen any more");
    return OB_ROLE_BAD;
  }
  ob_buf_addf(out, "it is %s now", ob_service_type_title(v->type));
  size_t routes = ob_service_routes(ob_tui_cluster(s), v, NULL, 0);
  if (routes)
    ob_buf_addf(out, "; %zu Ingress rule%s here", routes, routes == 1 ? " leads" : "s lead");
  return OB_ROLE_TEXT;
}

/* --- opened
 * --------------------------------------------------------------------------------------- */
static const ob_form_kind kind = {
    .fields = fields, .nfields = FIELDS, .say = say, .accept = take, .done = done};

/* The first ports of the upper band that are free. */
static void find_free(const ob_tui *s, conversion *x) {
  ob_used_port *used = ob_calloc(USED_MAX, sizeof *used);
  size_t all = ob_used_ports(ob_tui_cluster(s), used, USED_MAX), n = 0;
  for (unsigned p = OB_NODE_PORT_FIRST; p <= OB_NODE_PORT_LAST && n < FREE_OFFERED; p++) {
    bool taken = false;
    for (size_t i = 0; i < all && i < USED_MAX && !taken; i++) taken = used[i].port == p;
    if (!taken) snprintf(x->free[n++], sizeof x->free[0], "%u", p);
  }
  free(used);
}

/* What fits best when that is a type and another one; else the first that is another. */
static ob_service_type best(ob_tui *s, const ob_service *v) {
  static const ob_service_type of_way[OB_WAY_COUNT] = {[OB_WAY_CLUSTER_IP] = OB_CLUSTER_IP,
                                                       [OB_WAY_NODE_PORT] = OB_NODE_PORT,
                                                       [OB_WAY_LOAD_BALANCER] = OB_LOAD_BALANCER,
                                                       [OB_WAY_INGRESS] = OB_TYPE_UNKNOWN,
                                                       [OB_WAY_GATEWAY] = OB_TYPE_UNKNOWN};
  ob_compare *x = ob_compare_new(ob_tui_cluster(s), v, s->prices);
  ob_service_type t = of_way[ob_compare_best(x)];
  ob_compare_free(x);
  if (t != OB_TYPE_UNKNOWN && t != v->type) return t;
  return v->type == OB_CLUSTER_IP ? OB_NODE_PORT : OB_CLUSTER_IP;
}

void ob_convert_open(ob_tui *s, ob_service_type to) {
  const ob_service *marked[OB_CHANGE_OBJECTS + 1];
  const ob_row *row = ob_tui_row(s);
  size_t n = ob_tui_marked_services(s, marked, OB_LEN(marked));
  if (n == 0 && row && row->service) marked[n++] = row->service;
  if (n == 0) return;
  if (n > OB_CHANGE_OBJECTS) {
    ob_tui_say(s, true, "no more than %d services are converted at once", OB_CHANGE_OBJECTS);
    return;
  }
  for (size_t i = 0; i < n; i++)
    if (!ob_change_may(s, "patch", &marked[i]->o)) return;
  conversion *x = ob_calloc(1, sizeof *x);
  for (size_t i = 0; i < n; i++)
    ob_vec_push(&x->all, (whom){ob_strdup(marked[i]->o.ns), ob_strdup(marked[i]->o.name)});
  find_free(s, x);
  if (to == OB_TYPE_UNKNOWN) to = best(s, marked[0]);
  ob_form *f =
      ob_form_open(s, &kind,
                   n == 1 ? ob_asprintf("Convert %s/%s", x->all.at[0].ns, x->all.at[0].name)
                          : ob_asprintf("Convert %zu services", n),
                   x);
  ob_form_set(f, TYPE, ob_service_type_title(to));
  ob_form_set(f, REACH, reaches[0]);
  ob_form_set(f, POLICY, policies[0]);
  if (n == 1 && marked[0]->type == OB_EXTERNAL_NAME) ob_form_set(f, HOST, marked[0]->external_name);
  OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_PLAN_MAX);
  for (size_t i = 0; n > 1 && i < n; i++)
    ob_buf_addf(&names, "%s/%s ", x->all.at[i].ns, x->all.at[i].name);
  ob_form_keep(s, ob_buf_str(&names));
}

/* The column of Compare that is chosen, while the keys go there. */
void ob_act_convert(ob_tui *s) {
  static const ob_service_type of_way[OB_WAY_COUNT] = {[OB_WAY_CLUSTER_IP] = OB_CLUSTER_IP,
                                                       [OB_WAY_NODE_PORT] = OB_NODE_PORT,
                                                       [OB_WAY_LOAD_BALANCER] = OB_LOAD_BALANCER};
  bool chosen = s->panel_focus && s->page == OB_PAGE_COMPARE && s->way >= 0;
  if (chosen && s->way == OB_WAY_INGRESS)
    ob_route_form_open(s, OB_ROUTE_NEW);
  else if (chosen && s->way == OB_WAY_GATEWAY)
    ob_tui_say(s, false, "a route of a Gateway is written as YAML: E on its row");
  else
    ob_convert_open(s, chosen ? of_way[s->way] : OB_TYPE_UNKNOWN);
}
