/* The chain is the table `links`: each row looks at one link and either says what it found or
 * fails. A broken link that carries the rest ends the walk: what follows is "not reached". The last
 * ones carry nothing, so each of them is looked at.
 *
 *   file ▸ context ▸ credential ▸ dns ▸ tcp ▸ tls ▸ http ▸ authentication ▸┬ authorisation
 *                                                                          ├ versions
 *                                                                          ├ apis
 *                                                                          └ clock
 *
 * dns, tcp, tls and http are told by one request, GET /version, whose trace says how far it came.
 * Before it a connection that verifies and sends nothing shows the server's certificate, so that a
 * certificate which is refused can still be described. */
#include "outboard/doctor.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "kube/discovery.h"
#include "kube/http.h"
#include "sync/access.h"
#include "sync/target.h"
#include <stdio.h>

enum { SKEW_MS = 60000, OLDEST_MINOR = 21, BODY_KEPT = 65536 };

/* What came of one request, kept beyond its callback. */
typedef struct reply {
  bool done;
  ob_err err;
  int status;
  bool is_status; /* the error was a Status, as an API server sends it */
  int64_t date_ms, at_ms;
  ob_json *json;
  ob_http_trace trace;
} reply;

typedef struct doctor {
  const ob_session_opts *opts;
  ob_timing timing;
  ob_kubeconfig *config;
  ob_kube_target *target;
  ob_err credential_err; /* found with the context, said with the credential */
  ob_http *http;
  reply inspect, version;
  ob_buf found;
} doctor;

static int say(doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int say(doctor *d, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&d->found, fmt, ap);
  va_end(ap);
  return 0;
}

static void on_reply(void *arg, const ob_http_result *res) {
  reply *r = arg;
  *r = (reply){.done = true,
               .err = res->err,
               .status = res->status,
               .is_status = res->failure != NULL,
               .date_ms = res->date_ms,
               .at_ms = ob_wall_ms(),
               .trace = *res->trace};
  if (res->body_len && res->body_len < BODY_KEPT)
    r->json = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
}

static void ask(doctor *d, ob_http_request q, reply *ret) {
  *ret = (reply){0};
  q.on_done = on_reply;
  q.arg = ret;
  ob_http_start(d->http, &q);
  while (!ret->done) ob_http_poll(d->http, -1); /* each request has its own limit */
}

/* --- what stands on this computer ----------------------------------------------------------- */
static const char *where_from(const ob_session_opts *o) {
  const char *env = getenv("KUBECONFIG");
  if (o->kubeconfig_text) return "the embedded server's";
  if (o->kubeconfig) return o->kubeconfig;
  return env && *env ? "$KUBECONFIG" : "~/.kube/config";
}

static int check_file(doctor *d, ob_err *err) {
  ob_kube_overrides over = ob_overrides_of(d->opts);
  int rc = ob_kubeconfig_load(&d->config, &over, err);
  if (rc < 0) {
    if (!*err->hint) ob_hint(err, "mend the file there, or name another with --kubeconfig FILE");
    return rc;
  }
  if (!ob_kubeconfig_empty(d->config))
    return say(d, "%s: contexts: %zu", where_from(d->opts), ob_kubeconfig_contexts(d->config));
  if (ob_in_cluster(&over)) return say(d, "none; this is a pod: its service account is used");
  return ob_target_of(&d->target, d->opts, err); /* says that there is none */
}

/* The kubeconfig's reader names the field that is wrong. */
static bool about_user(const ob_err *err) {
  static const char *const words[] = {"users[", "user \"", "impersonat"};
  for (size_t i = 0; i < OB_LEN(words); i++)
    if (strstr(err->msg, words[i])) return true;
  return false;
}

static int check_context(doctor *d, ob_err *err) {
  int rc = ob_target_of(&d->target, d->opts, err);
  if (rc < 0 && about_user(err)) {
    d->credential_err = *err;
    return say(d, "there, with its cluster");
  }
  if (rc < 0) return rc;
  const ob_kube_target *t = d->target;
  return say(d, "%s: cluster %s, server %s, namespace %s%s", ob_or(t->context, "in-cluster"),
             ob_or(t->cluster, "in-cluster"), t->server, t->ns, t->ns_set ? "" : " (by default)");
}

static void say_until(doctor *d) {
  int64_t until = ob_http_login_until(d->http), left = until - ob_wall_ms();
  char at[OB_TIME_TEXT], age[OB_AGE_TEXT];
  if (!until) return;
  say(d, left > 0 ? ", until %s (%s)" : ", expired at %s (%s ago)", ob_time_text(at, until),
      ob_age_text(age, left > 0 ? left : -left));
}

/* A credential may have to be fetched (a plugin, an issuer) before the first request: both
 * requests go out here, and the links up to http read what came of them. */
static int check_credential(doctor *d, ob_err *err) {
  if (d->credential_err.code) {
    *err = d->credential_err;
    return -(int)err->code;
  }
  const ob_kube_target *t = d->target;
  int rc = ob_http_global_init(err);
  if (rc == 0) rc = ob_http_new(&d->http, t, &d->timing, err);
  if (rc < 0) return rc;
  if (d->opts->terminal == OB_TERMINAL_OF_PLUGINS)
    ob_http_terminal_set(d->http, &(ob_http_terminal){.how = OB_TERMINAL_OURS});
  ask(d, (ob_http_request){.path = "/version", .inspect = true}, &d->inspect);
  ask(d, (ob_http_request){.path = "/version"}, &d->version);
  if (d->version.err.code == OB_EAUTH && !d->version.status) { /* the login itself failed */
    *err = d->version.err;
    return -(int)err->code;
  }
  if (t->in_cluster) return say(d, "the pod's service account");
  for (size_t i = 0; i < ob_kubeconfig_contexts(d->config); i++) {
    if (!ob_streq(ob_kubeconfig_context(d->config, i).name, t->context)) continue;
    say(d, "user %s: ", ob_or(t->user, "(none)"));
    if (d->opts->user)
      say(d, "as --user says");
    else
      ob_kubeconfig_login(&d->found, d->config, i);
    say_until(d);
  }
  return 0;
}

/* --- the way to the server -------------------------------------------------------------------- */
static double ms_of(int64_t us) {
  return (double)us / 1000.0;
}

static int check_dns(doctor *d, ob_err *err) {
  const ob_http_trace *t = &d->version.trace, *seen = &d->inspect.trace;
  const char *address = ob_or(t->address, seen->address);
  if (d->version.err.code && t->stage == OB_HTTP_RESOLVING) {
    *err = d->version.err;
    return -(int)err->code;
  }
  if (*t->proxy) return say(d, "by the proxy %s at %s", t->proxy, ob_or(address, "?"));
  if (ob_streq(d->target->host, address)) return say(d, "%s is an address already", address);
  return say(d, "%s is %s (%.1f ms)", d->target->host, ob_or(address, "?"),
             ms_of(seen->resolved_us));
}

static bool stuck(const doctor *d, ob_http_stage stage, ob_err *err) {
  const reply *r = &d->version;
  bool here = r->trace.stage == stage;
  /* A server may refuse our certificate after its own side of the handshake was through. */
  if (stage == OB_HTTP_SECURING && r->err.code == OB_ETLS) here = true;
  if (!here || !r->err.code || r->status) return false;
  *err = r->err;
  return true;
}

static int check_tcp(doctor *d, ob_err *err) {
  if (stuck(d, OB_HTTP_CONNECTING, err)) return -(int)err->code;
  const ob_http_trace *t = &d->inspect.trace;
  return say(d, "port %d of %s takes connections (%.1f ms)", d->target->port, d->target->host,
             ms_of(t->connected_us > t->resolved_us ? t->connected_us - t->resolved_us : 0));
}

static void say_certificate(doctor *d) {
  const ob_http_trace *t = &d->inspect.trace;
  const ob_http_cert *c = &t->cert;
  char until[OB_TIME_TEXT], age[OB_AGE_TEXT];
  int64_t left = c->not_after_ms - ob_wall_ms();
  if (*t->tls) say(d, "%s", t->tls);
  if (!*c->subject && !*c->issuer) return;
  say(d, "%scertificate of %s for %s, issued by %s", *t->tls ? "; " : "", c->subject,
      ob_or(c->names, "no name"), c->issuer);
  if (!c->not_after_ms) return;
  say(d, ", %s %s (%s%s)", left > 0 ? "until" : "expired", ob_time_text(until, c->not_after_ms),
      ob_age_text(age, left > 0 ? left : -left), left > 0 ? "" : " ago");
}

static int check_tls(doctor *d, ob_err *err) {
  if (!d->target->https)
    return say(d, "none: the server is spoken to over plain http, and without a credential");
  say_certificate(d);
  if (stuck(d, OB_HTTP_SECURING, err)) return -(int)err->code;
  if (d->target->insecure) say(d, "; NOT verified (insecure-skip-tls-verify)");
  return 0;
}

static int check_http(doctor *d, ob_err *err) {
  const reply *r = &d->version;
  const char *git = ob_json_get_str(r->json, "gitVersion");
  if (git && r->status == 200) return say(d, "an API server answers");
  if ((r->status == 401 || r->status == 403) && r->is_status)
    return say(d, "an API server answers (HTTP %d)", r->status);
  if (!r->status || r->status == 429 || r->status >= 500) {
    *err = r->err;
    if (!r->status && !d->target->https) ob_hint(err, "should `server` begin with https://?");
    return -(int)err->code;
  }
  if (r->err.code == OB_EPROTO) { /* a redirect, or https where http was spoken: said already */
    *err = r->err;
    return -(int)err->code;
  }
  ob_fail(err, OB_EPROTO, "%s: this is no Kubernetes API server (HTTP %d)", d->target->server,
          r->status);
  return ob_hint(err, "is `server` right, with its path? Another program may have the port");
}

/* --- what the server lets us do ----------------------------------------------------------------
 */
static int nobody(ob_err *err) {
  ob_fail(err, OB_EAUTH, "the server takes you for nobody (system:anonymous)");
  return ob_hint(err, "the context's user has no credential, or the server does not know its kind");
}

/* A server before 1.28 does not say who we are; whether it takes the credential it says anywhere.
 */
static int check_accepted(doctor *d, ob_err *err) {
  reply r;
  ask(d, (ob_http_request){.path = "/api"}, &r);
  ob_json_free(r.json);
  if (r.status == 403 && strstr(r.err.msg, "system:anonymous")) return nobody(err);
  if (!r.err.code || r.status == 403)
    return say(d, "accepted; the server does not say as whom it takes you");
  *err = r.err;
  return -(int)err->code;
}

static int check_authentication(doctor *d, ob_err *err) {
  static const char body[] =
      "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}";
  reply r;
  ask(d,
      (ob_http_request){.method = "POST",
                        .path = "/apis/authentication.k8s.io/v1/selfsubjectreviews",
                        .body = body,
                        .body_len = sizeof body - 1},
      &r);
  OB_AUTOPTR(ob_json) doc = r.json;
  const ob_json *info = ob_json_at(doc, "status", "userInfo", NULL);
  const char *name = ob_json_get_str(info, "username");
  bool not_as = r.status == 403 && strstr(r.err.msg, "cannot impersonate");
  if (r.status == 401 || !r.status || not_as) {
    *err = r.err;
    return -(int)err->code;
  }
  if (!name) return check_accepted(d, err);
  if (ob_streq(name, "system:anonymous")) return nobody(err);
  say(d, "you are %s", name);
  const char *sep = ", of ";
  for (const ob_json *g = ob_json_first(ob_json_get(info, "groups")); g; g = ob_json_next(g)) {
    const char *group = ob_or(ob_json_str(g), "system:authenticated");
    if (ob_streq(group, "system:authenticated")) continue; /* as everybody is */
    say(d, "%s%s", sep, group);
    sep = ", ";
  }
  return 0;
}

static int check_authorisation(doctor *d, ob_err *err) {
  ob_kind_rights r;
  OB_AUTO(ob_buf) missing = OB_BUF_INIT(400);
  int of, have;
  ob_scope_hints hints;
  ob_scope_hints_from(&hints, d->config, d->target);
  ob_kind_rights_ask(d->http, &hints, ob_mono_ms() + d->timing.request_ms, &r);
  if (r.err.code) {
    *err = r.err;
    return -(int)err->code;
  }
  have = ob_kind_rights_count(&r, &of);
  ob_kind_rights_missing(&r, &missing);
  say(d, "%d of %d kinds may be listed and watched", have, of);
  if (r.only_ns[OB_KIND_SERVICE]) say(d, ", only in namespace %s", r.ns);
  if (have == of) return 0;
  ob_fail(err, OB_EFORBIDDEN, "forbidden: %s", ob_buf_str(&missing));
  if (r.list[OB_KIND_SERVICE] == OB_ACCESS_REFUSED)
    return ob_hint(err, "name a namespace that you may read with -n, or ask the cluster's "
                        "administrator for get, list and watch");
  return ob_hint(err,
                 "ask the cluster's administrator for get, list and watch on these; without them "
                 "outboard works and says what it does not know");
}

/* --- what the server is -------------------------------------------------------------------------
 */
static int check_versions(doctor *d, ob_err *err) {
  const char *git = ob_json_get_str(d->version.json, "gitVersion");
  if (!git) return say(d, "outboard %s; the server does not tell its own", OB_VERSION);
  say(d, "outboard %s, server %s", OB_VERSION, git);
  int major = 0, minor = 0;
  if (sscanf(git, "v%d.%d", &major, &minor) != 2 || major > 1 || minor >= OLDEST_MINOR) return 0;
  ob_fail(err, OB_EUNSUPPORTED, "Kubernetes %d.%d is older than 1.%d", major, minor, OLDEST_MINOR);
  return ob_hint(err,
                 "the cluster needs an update: EndpointSlices (discovery.k8s.io/v1) came with 1.%d",
                 OLDEST_MINOR);
}

typedef struct discovered {
  bool done;
  ob_err err;
} discovered;

static void on_discovered(void *arg, bool changed, const ob_err *err) {
  discovered *x = arg;
  (void)changed;
  *x = (discovered){true, *err};
}

static int check_apis(doctor *d, ob_err *err) {
  OB_AUTOPTR(ob_discovery) all = ob_discovery_new();
  OB_AUTO(ob_buf) missing = OB_BUF_INIT(400);
  discovered x = {0};
  ob_discovery_start(d->http, all, NULL, 0, on_discovered, &x);
  while (!x.done) ob_http_poll(d->http, -1);
  if (!ob_discovery_known(all)) {
    *err = x.err;
    return -(int)err->code;
  }
  int of = 0, have = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    const ob_kind_info *i = &ob_kinds[k];
    if (ob_kind_is_addon((ob_kind)k)) continue;
    of++;
    if (ob_discovery_find(all, i->group, i->plural)) {
      have++;
      continue;
    }
    ob_buf_addf(&missing, "%s%s%s%s", missing.len ? ", " : "", i->plural, *i->group ? "." : "",
                i->group);
    if (ob_discovery_stale(all, i->group)) ob_buf_adds(&missing, " (its server does not answer)");
  }
  say(d, "%d of %d kinds are served", have, of);
  if (ob_discovery_find(all, OB_GATEWAY_GROUP, "gateways")) say(d, ", and the Gateway API");
  if (have == of) return 0;
  ob_fail(err, OB_ENOTFOUND, "not served: %s", ob_buf_str(&missing));
  return ob_hint(err, "the API server has them switched off (--runtime-config), or is too old");
}

static int check_clock(doctor *d, ob_err *err) {
  const reply *r = &d->version;
  if (!r->date_ms) return say(d, "the server does not tell its time");
  int64_t ahead = r->date_ms + 500 - r->at_ms, off = ahead < 0 ? -ahead : ahead;
  char by[OB_AGE_TEXT];
  if (off < SKEW_MS) return say(d, "within %lld s of the server's", (long long)(off / 1000 + 1));
  ob_age_text(by, off);
  ob_fail(err, OB_ETIMEOUT, "this computer's clock is %s %s the server's", by,
          ahead > 0 ? "behind" : "ahead of");
  return ob_hint(err, "set the clock (timedatectl set-ntp true); tokens and certificates go by it");
}

/* --- the chain ----------------------------------------------------------------------------------
 */
static const struct {
  const char *name, *checks;
  int (*check)(doctor *d, ob_err *err);
  bool carries; /* what follows cannot be looked at without it */
} links[] = {
    {"file", "the kubeconfig's files can be read and merged", check_file, true},
    {"context", "the context and its cluster are there and fit together", check_context, true},
    {"credential", "the user's credential is there, or can be had", check_credential, true},
    {"dns", "the server's name has an address", check_dns, true},
    {"tcp", "the server's port takes connections", check_tcp, true},
    {"tls", "the server's certificate is the right one", check_tls, true},
    {"http", "what answers is a Kubernetes API server", check_http, true},
    {"authentication", "the server takes the credential", check_authentication, true},
    {"authorisation", "each kind may be listed and watched", check_authorisation, false},
    {"versions", "the server is not too old", check_versions, false},
    {"apis", "each kind is served", check_apis, false},
    {"clock", "this computer's clock agrees with the server's", check_clock, false},
};
_Static_assert(OB_LEN(links) <= OB_LINKS_MAX, "a diagnosis has room for every link");

static void walk(doctor *d, ob_diagnosis *ret) {
  for (size_t i = 0; i < OB_LEN(links); i++) {
    ob_link_found *f = &ret->links[ret->n++];
    *f = (ob_link_found){.name = links[i].name, .checks = links[i].checks};
    if (ret->broken >= 0 && links[ret->broken].carries) continue;
    ob_buf_reset(&d->found);
    f->state = links[i].check(d, &f->err) < 0 ? OB_LINK_BROKEN : OB_LINK_OK;
    (void)snprintf(f->found, sizeof f->found, "%s", ob_buf_str(&d->found));
    if (f->state == OB_LINK_BROKEN && !*f->err.hint)
      ob_hint(&f->err, "the server, or a proxy before it, is in trouble: try later");
    if (f->state == OB_LINK_BROKEN && ret->broken < 0) ret->broken = (int)i;
  }
}

void ob_doctor(ob_diagnosis *ret, const ob_session_opts *opts, int each_ms) {
  doctor d = {.opts = opts, .timing = ob_timing_default, .found = OB_BUF_INIT(OB_FOUND_MAX - 1)};
  d.timing.connect_ms = d.timing.request_ms = each_ms > 0 ? each_ms : OB_DOCTOR_MS;
  *ret = (ob_diagnosis){.broken = -1};
  walk(&d, ret);
  const char *context = d.target ? d.target->context : opts->context;
  (void)snprintf(ret->context, sizeof ret->context, "%s", context ? context : "");
  (void)snprintf(ret->server, sizeof ret->server, "%s", d.target ? d.target->server : "");
  ob_json_free(d.inspect.json);
  ob_json_free(d.version.json);
  ob_http_free(d.http);
  ob_kube_target_free(d.target);
  ob_kubeconfig_free(d.config);
  ob_buf_done(&d.found);
}
