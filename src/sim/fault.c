/* Faults of the protocol, one row each. Faults of bytes belong before the server, not in it. */
#include "base/str.h"
#include "sim/server.h"

const ob_sim_fault ob_sim_faults[] = {
    [SIM_GONE] = {"gone-410", "every N seconds (10) the past is compacted: watches end with 410"},
    [SIM_UNAUTHORIZED] = {"unauthorized-401", "the first N requests (3; 0: all) get 401"},
    [SIM_FORBIDDEN_ALL] = {"forbidden-all-namespaces", "cluster-wide lists and watches get 403"},
    [SIM_FORBIDDEN_KIND] = {"forbidden-KIND", "everything about KIND (a plural: nodes) gets 403"},
    [SIM_FORBIDDEN_PROXY] = {"forbidden-services/proxy", "requests through a service get 403"},
    [SIM_MISSING_KIND] = {"missing-KIND", "KIND (a plural: ingresses) is not served"},
    [SIM_THROTTLE] = {"throttle-429", "the first N requests (3; 0: all) get 429, Retry-After 1"},
    [SIM_ERROR] = {"error-500", "the first N requests (3; 0: all) get 500"},
    [SIM_SLOW] = {"slow", "every answer waits N milliseconds (1500)"},
    [SIM_CLOSE_WATCH] = {"close-watch", "watches end cleanly after N milliseconds (2000)"},
    [SIM_CUT_WATCH] = {"cut-watch", "the connection is cut inside a watch's Nth live event (3)"},
    [SIM_ONLY_NS] = {"only-NAMESPACE", "everything outside of NAMESPACE gets 403"},
    [SIM_OLD_VERSION] = {"old-version", "/version says that this is Kubernetes 1.18"},
    [SIM_CLOCK_SKEW] = {"clock-skew", "the Date of answers is N seconds ahead (3600)"},
    [SIM_WEBHOOK] = {"webhook-denies", "an admission webhook denies changes, in N bytes (2048)"},
    [SIM_LATE_RELEASE] = {"late-release",
                          "cluster IPs asked for by number are refused N times (3; 0: always)"},
    [SIM_SILENT] = {"silent", "watches send nothing after N milliseconds (0), not even bookmarks"},
};
const size_t ob_sim_nfaults = OB_LEN(ob_sim_faults);
_Static_assert(OB_LEN(ob_sim_faults) == SIM_FAULTS, "a row for each fault");

static const int64_t defaults[SIM_FAULTS] = {
    [SIM_GONE] = 10,   [SIM_UNAUTHORIZED] = 3,   [SIM_THROTTLE] = 3,  [SIM_ERROR] = 3,
    [SIM_SLOW] = 1500, [SIM_CLOSE_WATCH] = 2000, [SIM_CUT_WATCH] = 3, [SIM_CLOCK_SKEW] = 3600,
    [SIM_WEBHOOK] = 2048, [SIM_LATE_RELEASE] = 3,
};

/* "forbidden-nodes" by row "forbidden-KIND": the kind's bit, 0 when it does not fit. */
static unsigned kind_bit(const char *row, const char *name, size_t n) {
  size_t prefix = strlen(row);
  if (!ob_ends(row, "-KIND")) return 0;
  prefix -= strlen("KIND");
  for (size_t k = 0; k < SIM_KINDS; k++)
    if (n == prefix + strlen(sim_kinds[k].plural) && memcmp(name, row, prefix) == 0 &&
        ob_starts(name + prefix, sim_kinds[k].plural))
      return 1u << k;
  return 0;
}

/* "only-shop" by row "only-NAMESPACE". */
static bool only_namespace(const char *row, const char *name, size_t n, char *ret, size_t max) {
  size_t prefix = strlen(row) - strlen("NAMESPACE");
  if (!ob_ends(row, "-NAMESPACE") || n <= prefix || n - prefix >= max ||
      memcmp(name, row, prefix) != 0 || ob_ends(name, "-NAMESPACE"))
    return false;
  memcpy(ret, name + prefix, n - prefix);
  ret[n - prefix] = '\0';
  return true;
}

int sim_faults_parse(sim_fault_state *f, const char *const *names, size_t count, ob_err *err) {
  *f = (sim_fault_state){0};
  for (size_t i = 0; i < count; i++) {
    size_t n = strcspn(names[i], "="), id = 0;
    unsigned bit = 0;
    for (; id < SIM_FAULTS; id++) {
      const char *row = ob_sim_faults[id].name;
      bit = kind_bit(row, names[i], n);
      if (bit || only_namespace(row, names[i], n, f->only_ns, sizeof f->only_ns) ||
          (strlen(row) == n && memcmp(row, names[i], n) == 0))
        break;
    }
    if (id == SIM_FAULTS || ob_ends(names[i], "KIND") || ob_ends(names[i], "-NAMESPACE")) {
      ob_fail(err, OB_EUSAGE, "no fault is called \"%s\"", names[i]);
      return ob_hint(err, "outboard serve --fault list");
    }
    f->value[id] = defaults[id];
    if (names[i][n] && !ob_parse_int(names[i] + n + 1, 0, 86400000, &f->value[id]))
      return ob_fail(err, OB_EUSAGE, "fault %s: not a number after \"=\"", names[i]);
    f->on |= 1u << id;
    *(id == SIM_MISSING_KIND ? &f->missing : &f->forbidden) |= bit;
  }
  return 0;
}

bool sim_fault_hits(ob_sim *s, sim_fault_id id) {
  if (!sim_fault(s, id)) return false;
  return s->faults.value[id] == 0 || s->faults.counted[id]++ < s->faults.value[id];
}

int sim_fault_request(ob_sim *s, sim_resp *r) {
  if (sim_fault(s, SIM_SLOW)) r->delay_ms = (int)s->faults.value[SIM_SLOW];
  if (sim_fault_hits(s, SIM_UNAUTHORIZED))
    return sim_fail(r, 401, "Unauthorized", NULL, NULL, "Unauthorized");
  if (sim_fault_hits(s, SIM_THROTTLE)) {
    r->code = 429; /* priority and fairness answers in plain text */
    r->type = "text/plain; charset=utf-8";
    r->retry_after = 1;
    ob_buf_adds(&r->body, "Too many requests, please try again later.\n");
    return -1;
  }
  if (sim_fault_hits(s, SIM_ERROR))
    return sim_fail(r, 500, "InternalError", NULL, NULL,
                    "Internal error occurred: the fault error-500 is on");
  return 0;
}

bool sim_allowed(const ob_sim *s, const sim_kind_info *k, const char *ns, const char *sub) {
  if (ob_streq(sub, "proxy") && sim_fault(s, SIM_FORBIDDEN_PROXY)) return false;
  if (k && s->faults.forbidden >> k->id & 1) return false;
  if (sim_fault(s, SIM_ONLY_NS) && !ob_streq(ns, s->faults.only_ns)) return false;
  return !(sim_fault(s, SIM_FORBIDDEN_ALL) && !ns && (!k || k->namespaced));
}

/* As a policy engine puts it: a line a rule, and whatever its author wrote. */
static int deny(ob_sim *s, sim_resp *r) {
  OB_AUTO(ob_buf) says = OB_BUF_INIT(SIM_BODY_MAX);
  ob_buf_adds(&says, "policy.example.com: the change is denied because");
  size_t most = (size_t)s->faults.value[SIM_WEBHOOK];
  for (int i = 1; says.len < most && says.len < SIM_BODY_MAX / 2; i++)
    ob_buf_addf(&says, "\nrule %d: \033[31mspec.type\033[0m is not allowed here", i);
  return sim_fail(r, 400, "", NULL, NULL,
                  "admission webhook \"policy.example.com\" denied the request: %s (that is all)",
                  ob_buf_str(&says));
}

int sim_fault_kind(ob_sim *s, const sim_kind_info *k, const char *verb, const char *ns,
                   const char *name, const char *sub, sim_resp *r) {
  if (s->faults.missing >> k->id & 1) return sim_page_not_found(r);
  if (sim_allowed(s, k, ns, sub))
    return sim_fault(s, SIM_WEBHOOK) && (ob_streq(verb, "patch") || ob_streq(verb, "update"))
               ? deny(s, r)
               : 0;
  if (k->id == SIM_NAMESPACE && sim_fault(s, SIM_ONLY_NS) && ob_streq(verb, "get") &&
      ob_streq(name, s->faults.only_ns))
    return 0; /* as the rules review says */
  OB_AUTO(ob_buf) where = OB_BUF_INIT(OB_LINE_MAX);
  if (k->namespaced && ns)
    ob_buf_addf(&where, "in the namespace \"%s\"", ns);
  else
    ob_buf_adds(&where, "at the cluster scope");
  return sim_fail(r, 403, "Forbidden", k, name,
                  "%s%s%s%s%s%s is forbidden: User \"outboard\" cannot %s resource \"%s%s%s\" in "
                  "API group \"%s\" %s",
                  k->plural, *k->group ? "." : "", k->group, name ? " \"" : "", ob_or(name, ""),
                  name ? "\"" : "", verb, k->plural, sub ? "/" : "", ob_or(sub, ""), k->group,
                  ob_buf_str(&where));
}
