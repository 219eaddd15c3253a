/* What a load balancer costs a month of 730 hours. List prices as the providers' public pages give
 * them, for the region they name first; traffic comes on top and is nobody's to know here. Each row
 * names its page. A person's own rows come before these; who is in neither has no price known. */
#include "base/str.h"
#include "base/yaml.h"
#include "model/facts.h"
#include "model/provider.h"
#include <stdio.h>

typedef struct price {
  const char *name, *provider_id, *class; /* prefixes, "" any */
  int64_t balancer, rule;                 /* cents a month */
  int64_t rules_included;
  const char *note;
} price;

static const price built_in[] = {
    {"MetalLB", "", "metallb", 0, 0, 0, "your own addresses"},
    {"Cilium", "", "io.cilium/", 0, 0, 0, "your own addresses"},
    {"kube-vip", "", "kube-vip.io/", 0, 0, 0, "your own addresses"},
    /* aws.amazon.com/elasticloadbalancing/pricing: 0.0225 an hour each. */
    {"AWS ALB", "", "ingress.k8s.aws/alb", 1643, 0, 0, "plus capacity units, public addresses"},
    {"AWS NLB", "", "service.k8s.aws/nlb", 1643, 0, 0, "plus capacity units, public addresses"},
    {"AWS NLB", "aws://", "", 1643, 0, 0, "plus capacity units, public addresses"},
    /* cloud.google.com/load-balancing/pricing: 0.025 an hour for a project's first five forwarding
     * rules together, 0.01 for each more. */
    {"GKE", "gce://", "", 1825, 0, 0, "one price for the first five forwarding rules"},
    /* azure.microsoft.com/pricing/details/load-balancer: 0.025 an hour for the first five rules,
     * 0.01 for each more; /ip-addresses: 0.005 for a static address. */
    {"AKS", "azure://", "", 365, 730, 0,
     "address and rules on the shared balancer, past its first five"},
    {"k3s ServiceLB", "k3s://", "", 0, 0, 0, "the nodes' own addresses"},
    {"kind", "kind://", "", 0, 0, 0, "on this computer"},
    {"minikube", "minikube://", "", 0, 0, 0, "on this computer"},
};

struct ob_prices {
  ob_yaml_doc *doc; /* owns the texts of own[]; NULL none */
  price own[OB_PRICES_ROWS];
  size_t nown;
  const char *currency, *date;
};

ob_prices *ob_prices_new(void) {
  ob_prices *p = ob_calloc(1, sizeof *p);
  p->currency = "$";
  p->date = "2025-06";
  return p;
}

void ob_prices_free(ob_prices *p) {
  if (!p) return;
  ob_yaml_free(p->doc);
  free(p);
}

/* --- the person's file ------------------------------------------------------------------- */
static int wrong(const ob_yaml_doc *doc, const ob_json *at, ob_err *err, const char *what) {
  ob_fail(err, OB_ECONFIG, "%s:%u: %s", ob_yaml_name(doc), ob_yaml_line(doc, at), what);
  return ob_hint(err,
                 "providers: [{name, providerID, class, balancer, rule, rulesIncluded, note}]");
}

static int read_money(const ob_yaml_doc *doc, const ob_json *row, const char *key,
                      int64_t *ret_cents, ob_err *err) {
  enum { MOST = 1000000 };
  const ob_json *j = ob_json_get(row, key);
  if (!j) return 0;
  double d = ob_json_is(j, OB_JSON_NUMBER) ? ob_json_double(j) : -1;
  if (!(d >= 0 && d <= MOST)) return wrong(doc, j, err, "a price is a number from 0 to 1000000");
  *ret_cents = (int64_t)(d * 100 + 0.5);
  return 0;
}

static int read_row(const ob_yaml_doc *doc, const ob_json *row, price *ret, ob_err *err) {
  static const char *const keys[] = {"name",     "providerID", "class",        "note",
                                     "balancer", "rule",       "rulesIncluded"};
  if (!ob_json_is(row, OB_JSON_OBJECT)) return wrong(doc, row, err, "a provider is a mapping");
  for (const ob_json *j = ob_json_first(row); j; j = ob_json_next(j)) {
    size_t i = 0;
    while (i < OB_LEN(keys) && strcmp(keys[i], ob_json_key(j)) != 0) i++;
    if (i == OB_LEN(keys)) return wrong(doc, j, err, "a provider has no such key");
    if (i < 4 && !ob_json_is(j, OB_JSON_STRING))
      return wrong(doc, j, err, "text is wanted here (quote it)");
  }
  *ret = (price){.name = ob_or(ob_json_get_str(row, "name"), ""),
                 .provider_id = ob_or(ob_json_get_str(row, "providerID"), ""),
                 .class = ob_or(ob_json_get_str(row, "class"), ""),
                 .note = ob_or(ob_json_get_str(row, "note"), ""),
                 .rules_included = ob_json_get_int(row, "rulesIncluded", 0)};
  if (!*ret->name) return wrong(doc, row, err, "a provider needs a name");
  if (!*ret->provider_id && !*ret->class)
    return wrong(doc, row, err, "a provider needs providerID or class to be known by");
  if (!ob_json_get(row, "balancer"))
    return wrong(doc, row, err, "a provider needs the price of a balancer");
  if (ret->rules_included < 0) return wrong(doc, row, err, "rulesIncluded is 0 or more");
  int rc = read_money(doc, row, "balancer", &ret->balancer, err);
  return rc < 0 ? rc : read_money(doc, row, "rule", &ret->rule, err);
}

static int read_doc(ob_prices *p, ob_err *err) {
  const ob_json *root = ob_yaml_root(p->doc), *list = ob_json_get(root, "providers");
  if (ob_json_is(root, OB_JSON_NULL)) return 0;
  if (!ob_json_is(root, OB_JSON_OBJECT)) return wrong(p->doc, root, err, "prices are a mapping");
  for (const ob_json *j = ob_json_first(root); j; j = ob_json_next(j)) {
    const char *key = ob_json_key(j);
    bool text = strcmp(key, "currency") == 0 || strcmp(key, "date") == 0;
    if (!text && strcmp(key, "providers") != 0)
      return wrong(p->doc, j, err, "there is no such key");
    if (text && !ob_json_is(j, OB_JSON_STRING))
      return wrong(p->doc, j, err, "text is wanted here (quote it)");
    if (!text && !ob_json_is(j, OB_JSON_ARRAY))
      return wrong(p->doc, j, err, "providers are a list");
  }
  p->currency = ob_or(ob_json_get_str(root, "currency"), p->currency);
  p->date = ob_or(ob_json_get_str(root, "date"), p->date);
  for (const ob_json *row = ob_json_first(list); row; row = ob_json_next(row)) {
    if (p->nown == OB_PRICES_ROWS) return wrong(p->doc, row, err, "at most 64 providers");
    int rc = read_row(p->doc, row, &p->own[p->nown], err);
    if (rc < 0) return rc;
    p->nown++;
  }
  return 0;
}

ob_prices *ob_prices_parse(const char *text, size_t n, const char *name, ob_err *err) {
  ob_prices *p = ob_prices_new();
  p->doc = ob_yaml_parse(text, n, name, err);
  if (!p->doc || read_doc(p, err) < 0) {
    ob_prices_free(p);
    return NULL;
  }
  return p;
}

/* --- who the provider is ----------------------------------------------------------------- */
static bool fits(const price *row, const char *id, const char *class) {
  if (*row->class) return ob_starts(class, row->class) && ob_starts(id, row->provider_id);
  return *id && ob_starts(id, row->provider_id);
}

static const price *find(const ob_prices *p, const char *id, const char *class) {
  for (size_t i = 0; p && i < p->nown; i++)
    if (fits(&p->own[i], id, class)) return &p->own[i];
  for (size_t i = 0; i < OB_LEN(built_in); i++)
    if (fits(&built_in[i], id, class)) return &built_in[i];
  return NULL;
}

ob_cost ob_cost_of(const ob_cluster *c, const ob_prices *p, const char *lb_class, size_t ports) {
  ob_cost cost = {
      .provider = "", .note = "", .date = p ? p->date : "", .currency = p ? p->currency : "$"};
  const price *row = find(p, ob_provider_id(c), lb_class);
  if (!row) return cost;
  int64_t over = (int64_t)ports - row->rules_included;
  cost.known = true;
  cost.cents = row->balancer + (over > 0 ? over * row->rule : 0);
  cost.provider = row->name;
  cost.note = row->note;
  return cost;
}

/* MetalLB takes Services without a class too: it is known by its annotations. */
static const char *class_of(const ob_service *s) {
  if (*s->lb_class) return s->lb_class;
  for (size_t i = 0; i < s->o.nannotations; i++)
    if (ob_starts(s->o.annotations[i].key, "metallb.")) return "metallb";
  return "";
}

ob_cost ob_cost_balancer(const ob_cluster *c, const ob_prices *p, const ob_service *s) {
  return ob_cost_of(c, p, class_of(s), s->nports);
}

ob_cost_sum ob_cost_namespace(const ob_cluster *c, const ob_prices *p, const char *ns) {
  ob_cost_sum sum = {0};
  const ob_place *at = ob_place_find(c, OB_PLACE_BALANCERS, ns);
  const char *class =
      NULL; /* those of a namespace are mostly alike: asked once for a run of them */
  size_t ports = 0;
  ob_cost one = {0};
  for (size_t i = 0; at && i < at->objects.len; i++) {
    const ob_service *s = OB_AS(ob_service, (const ob_object *)ob_link_at(&at->objects, i));
    const char *is = class_of(s);
    if (!class || ports != s->nports || strcmp(class, is) != 0)
      one = ob_cost_of(c, p, is, s->nports);
    class = is;
    ports = s->nports;
    sum.balancers++;
    sum.cents += one.cents;
    sum.unknown += !one.known;
  }
  return sum;
}

void ob_cost_text(ob_buf *out, int64_t cents, const char *currency) {
  if (cents % 100)
    ob_buf_addf(out, "%lld.%02lld ", (long long)(cents / 100), (long long)(cents % 100));
  else
    ob_buf_addf(out, "%lld ", (long long)(cents / 100));
  ob_text_safe_str(out, currency, OB_TEXT_LINE);
}
