/* The table of faults. What cannot be said by a row's columns is a function above it. */
#include "sim/server.h"
#include "wire/bodies.h"
#include "wire/shift.h"
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- the wire ------------------------------------------------------------------------------ */
static void cut_once(mx *m) {
  ob_wire_set(m->wire, (ob_wire_fault_spec){.mode = mx_below(m, 2) ? OB_WIRE_CUT : OB_WIRE_RESET,
                                            .bytes = mx_below(m, 12000),
                                            .once = true});
}

static void refuse_and_reset(mx *m) {
  ob_wire_set(m->wire, (ob_wire_fault_spec){.mode = OB_WIRE_REFUSE});
  ob_wire_drop_all(m->wire, true);
}

/* The kernel's own time-outs, nothing else, must notice. */
static void only_the_kernel(ob_timing *t) {
  t->connect_ms = 1500;
  t->bookmark_ms = 600000;
}
/* What stops is noticed soon; a watch that never said anything, when it should have ended. */
static void impatient(ob_timing *t) {
  t->connect_ms = 1500;
  t->request_ms = 2000;
  t->list_stall_ms = 1500;
  t->bookmark_ms = 400;
  t->watch_min_s = 1;
  t->watch_max_s = 2;
  t->watch_grace_ms = 1000;
}

/* --- certificates -------------------------------------------------------------------------- */
enum { HOUR = 3600, YEAR = 365 * 86400 };

static void present(mx *m, const test_cert *signer, const char *names, long from, long to) {
  test_cert c = test_cert_new(signer, names, from, to);
  ob_alter_cert(m->alter, &c);
  test_cert_free(&c);
  ob_alter_drop_all(m->alter);
}
static void foreign_cert(mx *m) {
  present(m, &m->other_ca, "127.0.0.1", -HOUR, YEAR);
}
static void old_cert(mx *m) {
  present(m, &m->ca, "127.0.0.1", -2 * HOUR, -HOUR);
}
static void early_cert(mx *m) {
  present(m, &m->ca, "127.0.0.1", HOUR, YEAR);
}
static void others_cert(mx *m) {
  present(m, &m->ca, "elsewhere.example", -HOUR, YEAR);
}
static void own_cert(mx *m) {
  ob_alter_cert(m->alter, &m->cert);
  ob_alter_drop_all(m->alter);
}

/* CA and certificate are replaced; the file of the CA follows a moment later. */
static void rotate(mx *m) {
  foreign_cert(m);
}
static void rotate_files(mx *m) {
  test_cert ca = m->ca;
  m->ca = m->other_ca;
  m->other_ca = ca;
  mx_write(m, "ca.crt", m->ca.cert);
  present(m, &m->ca, "127.0.0.1", -HOUR, YEAR);
}

static void new_token(mx *m) {
  free(m->token);
  m->token = ob_asprintf("token-%u", m->number);
  ob_sim_token_set(m->sim, m->token);
}
static void new_token_file(mx *m) {
  mx_write(m, "token", m->token);
}

/* --- clocks and names ------------------------------------------------------------------------ */
static void jump(mx *m) {
  static const int64_t by[] = {-86400000, -3600000, -5000, 5000, 3600000, 86400000, 3155760000000};
  shift_wall(by[mx_below(m, OB_LEN(by))]);
}

static bool clock_is_the_servers(mx *m, char why[256]) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  int64_t off = ob_session_now(m->session) - (int64_t)now.tv_sec * 1000;
  if (off > -3000 && off < 4000) return true;
  snprintf(why, 256, "ages are measured %lld ms off", (long long)off);
  return false;
}

enum { SLEPT = 60000 };
static void sleep_now(mx *m) {
  (void)m;
  shift_asleep(SLEPT + mx_below(m, SLEPT));
}
static void sleep_and_wake_elsewhere(mx *m) {
  refuse_and_reset(m);
  sleep_now(m);
}
/* What is on the screen is as old as the sleep was long. */
static bool stale_since_it_slept(mx *m, char why[256]) {
  const ob_session_status *s = ob_session_status_get(m->session);
  if (s->since_ms <= m->on_wall_ms + 2000 && s->since_ms >= m->on_wall_ms - 2000) return true;
  snprintf(why, 256, "stale since %lld ms after the sleep began",
           (long long)(s->since_ms - m->on_wall_ms));
  return false;
}

static void no_name(mx *m) {
  shift_names(mx_below(m, 2) ? EAI_NONAME : EAI_AGAIN);
  ob_wire_drop_all(m->wire, true);
}

/* --- the server ----------------------------------------------------------------------------------
 */
/* As a backup is restored: resourceVersions are lower than those that were seen. */
static void restore(mx *m) {
  mx_restart(m, MX_SCALE / 4);
  ob_alter_drop_all(m->alter);
}
/* Another server with higher ones: nothing but the slow list can tell. */
static void replace(mx *m) {
  mx_restart(m, 2 * MX_SCALE);
  ob_alter_drop_all(m->alter);
}
static void list_often(ob_timing *t) {
  t->relist_ms = 700;
}
/* What happened meanwhile is forgotten when it is back: only a list can tell what went. */
static void forget(mx *m) {
  sim_store_lock(&m->sim->store);
  sim_store_compact(&m->sim->store);
  sim_store_unlock(&m->sim->store);
}

/* Watches have ended by themselves a few times. */
static bool long_enough(mx *m, char why[256]) {
  enum { LONG_MS = 2600 };
  snprintf(why, 256, "it was not looked at for long");
  return ob_mono_ms() > m->on_ms + LONG_MS;
}

/* A list that waits for our resourceVersion is refused after three seconds. */
static void patient_short(ob_timing *t) {
  impatient(t);
  t->list_stall_ms = 6000;
}

/* --- HTTP/2
 * ---------------------------------------------------------------------------------------- */
static void go_away(mx *m) {
  mx_front_end(m);
  mx_front_restart(m);
}

static int longer(mx *m) {
  return 1 + (int)mx_below(m, 5000);
}
static int shorter(mx *m) {
  return -(1 + (int)mx_below(m, 500));
}

/* A connection that broke sooner than a watch lives for a second (a bookmark each 30 ms, behind the
 * handshake): after a good time one cut is followed by the next watch, without a word. */
enum { SOON = 2400 };

#define BROKE      "connection broke|TLS handshake failed"
#define LATE       "is silent|no connection within|no whole answer|stopped coming"
#define UNREADABLE MX_MUST | MX_KIND | MX_EXPIRE | MX_TOUCH

const mx_fault mx_faults[] = {
    /* --- bytes --- */
    {"refused", "connection refused", MX_MUST, .on = refuse_and_reset},
    {"server-stopping", NULL, MX_QUIET | MX_SAME | MX_LIVE, .wire = OB_WIRE_REFUSE},
    {"cut", BROKE, MX_MUST | MX_DROP, .wire = OB_WIRE_CUT, .bytes = SOON},
    {"reset", BROKE, MX_MUST | MX_DROP, .wire = OB_WIRE_RESET, .bytes = SOON},
    {"cut-once", BROKE, MX_SAME, .on = cut_once},
    {"stall", LATE, MX_MUST, .wire = OB_WIRE_STALL, .bytes = 4000, .tune = impatient},
    {"drip", LATE, MX_MUST, .wire = OB_WIRE_DRIP, .tune = impatient},
    {"black-hole", LATE, MX_MUST, .wire = OB_WIRE_BLACK, .tune = impatient},
    {"half-open", "connection broke|does not answer|no connection within", MX_MUST | MX_LIVE,
     .wire = OB_WIRE_BLACK, .tune = only_the_kernel},
    {"corrupt", LATE "|connection broke|TLS|bad record|decryption", MX_MUST | MX_DROP,
     .wire = OB_WIRE_CORRUPT, .bytes = SOON},
    {"no-tls", "does not speak TLS", MX_MUST | MX_DROP, .wire = OB_WIRE_ANSWER},

    /* --- trust, names, clocks --- */
    {"foreign-certificate", "unknown authority", MX_MUST | MX_NO_H2, .on = foreign_cert,
     .heal = own_cert},
    {"expired-certificate", "has expired", MX_MUST | MX_NO_H2, .on = old_cert, .heal = own_cert},
    {"early-certificate", "not valid yet", MX_MUST | MX_NO_H2, .on = early_cert, .heal = own_cert},
    {"others-certificate", "is not for the name", MX_MUST | MX_NO_H2, .on = others_cert,
     .heal = own_cert},
    {"ca-rotated", "unknown authority", MX_MUST | MX_FILES | MX_NO_H2 | MX_FRESH, .on = rotate,
     .heal = rotate_files},
    {"token-rotated", "Unauthorized", MX_MUST | MX_FILES | MX_SIM | MX_FRESH | MX_DROP,
     .on = new_token, .heal = new_token_file},
    {"no-such-name", "name cannot be resolved", MX_MUST | MX_BEFORE | MX_NAME, .on = no_name},
    {"name-lost", BROKE, MX_SAME | MX_LIVE | MX_NAME, .on = no_name},
    {"clock-jumps", NULL, MX_QUIET | MX_EXPIRE, .on = jump, .holds = clock_is_the_servers},
    {"half-a-discovery", NULL, MX_QUIET | MX_SAME | MX_BEFORE, .path = "/api", .status = 502,
     .text = "<html>502 Bad Gateway</html>\n"},
    {"other-half", NULL, MX_QUIET | MX_SAME | MX_BEFORE, .path = "/apis", .status = 502,
     .text = "<html>502 Bad Gateway</html>\n"},
    {"server-clock-off", NULL, MX_QUIET | MX_EXPIRE, .sim = "clock-skew=7200"},
    {"asleep", "slept|connection broke", MX_SAME | MX_LIVE, .on = sleep_now},
    {"asleep-elsewhere", "slept|connection refused", MX_MUST | MX_LIVE,
     .on = sleep_and_wake_elsewhere, .holds = stale_since_it_slept},

    /* --- the server's answers --- */
    {"unauthorized", "401|Unauthorized|credential", MX_MUST | MX_DROP, .sim = "unauthorized-401=0"},
    {"throttled", "Too many requests", MX_MUST | MX_DROP, .sim = "throttle-429=0"},
    {"internal-error", "Internal error", MX_MUST | MX_DROP, .sim = "error-500=0"},
    {"unavailable", "503|unavailable", MX_MUST | MX_EXPIRE, .status = 503,
     .text = "service unavailable\n", .header = "Retry-After: 1"},
    {"bad-gateway", "502|Bad Gateway", MX_MUST | MX_EXPIRE, .status = 502,
     .text = "<html>502 Bad Gateway</html>\n"},
    {"forbidden", "list services", MX_MUST | MX_KIND | MX_DROP, .sim = "forbidden-services"},
    {"forbidden-all", "list services|list endpointslices|list ingresses",
     MX_MUST | MX_KIND | MX_DROP, .sim = "forbidden-all-namespaces"},
    {"not-installed", "not installed", MX_MUST | MX_KIND | MX_DROP, .sim = "missing-ingresses"},
    {"redirect", "redirect", MX_MUST | MX_EXPIRE, .head = head_redirect},
    {"portal", "no list|not a list|no event|JSON", MX_MUST | MX_EXPIRE, .head = head_portal,
     .body = body_portal},
    {"slow", NULL, 0, .sim = "slow=120"},
    {"compacted", NULL, MX_QUIET | MX_SAME | MX_EXPIRE},
    {"forgotten", "connection refused|too old", MX_MUST | MX_LIVE | MX_SIM, .on = refuse_and_reset,
     .heal = forget},
    {"storm-410", "too old", MX_MUST | MX_EXPIRE, .body = body_expired},
    {"closed-at-once", "closes the watch", MX_MUST | MX_DROP, .sim = "close-watch=0"},
    {"closed-often", NULL, MX_QUIET | MX_SAME | MX_BEFORE, .sim = "close-watch=1050",
     .holds = long_enough},
    {"cut-in-event", BROKE "|closes the watch", MX_DROP, .sim = "cut-watch=1"},
    {"silent", "is silent", MX_MUST, .sim = "silent", .tune = impatient},
    {"restored", NULL, MX_SAME | MX_SIM | MX_FRESH, .on = restore, .tune = patient_short},
    {"replaced", NULL, MX_SAME | MX_SIM | MX_FRESH, .on = replace, .tune = list_often},

    /* --- bodies --- */
    {"length-too-long", LATE "|" BROKE "|ended", MX_MUST | MX_EXPIRE, .wrong_by = longer,
     .tune = impatient},
    {"length-too-short", "cut off|does not speak HTTP|" BROKE, MX_MUST | MX_EXPIRE,
     .wrong_by = shorter},
    {"list-cut", "list", MX_MUST | MX_EXPIRE, .body = body_cut},
    {"gzip-broken", "compressed answer is broken|list", MX_MUST | MX_EXPIRE, .head = head_gzip,
     .body = body_gzip_bad},
    {"gzip-cut", "cut off|compressed answer is broken", MX_MUST | MX_EXPIRE, .head = head_gzip,
     .body = body_gzip_short},
    {"byte-turned", NULL, MX_KIND | MX_EXPIRE | MX_RELIST, .body = body_turned},
    {"bad-utf8", NULL, MX_QUIET | MX_SAME | MX_EXPIRE, .body = body_utf8},
    {"bad-string", "could not be read", UNREADABLE, .body = body_nul},
    {"deep", "deep|levels", UNREADABLE, .body = body_deep},
    {"huge", "more than|too large|larger", UNREADABLE, .body = body_huge},
    {"key-twice", NULL, MX_QUIET | MX_SAME | MX_EXPIRE, .body = body_twice},
    {"number-out-of-range", NULL, MX_KIND | MX_EXPIRE | MX_TOUCH, .body = body_number},
    {"wrong-type", NULL, MX_KIND | MX_EXPIRE | MX_TOUCH | MX_RELIST, .body = body_type},

    /* --- events --- */
    {"event-cut", "no event", MX_MUST, .body = body_line_cut},
    {"event-words", "no event", MX_MUST, .body = body_line_words},
    {"event-in-bytes", NULL, MX_QUIET | MX_SAME, .piece = 1},
    {"event-doubled", NULL, MX_QUIET | MX_SAME, .body = body_doubled},
    {"event-of-new-type", NULL, MX_QUIET | MX_SAME, .body = body_new_type},
    {"event-of-other-kind", NULL, MX_QUIET | MX_SAME, .body = body_new_kind},
    {"event-of-nothing", NULL, MX_QUIET | MX_SAME, .body = body_unknown_gone},
    {"version-back", NULL, MX_SAME, .body = body_old_bookmark},

    /* --- HTTP/2 --- */
    {"goaway", NULL, MX_QUIET | MX_SAME | MX_LIVE | MX_ONLY_H2, .on = go_away,
     .heal = mx_front_end},
};
const size_t mx_nfaults = OB_LEN(mx_faults);
