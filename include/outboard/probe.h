/* Probes: real requests from where this process sits, to the addresses by which a cluster is
 * reached, and what came of them.
 *
 *   ob_probe_plan() ─▶ targets ─▶ ob_session_probe() ─▶ watcher, libcurl ─▶ ob_probe_log
 *
 * A target is one request to one address. Only GET or HEAD, never a credential, never through a
 * proxy of the environment; the body is not read.
 *
 * Where a probe may go depends on who named the address (ob_probe_origin): a cluster's objects
 * are written by many people, and a name may lead anywhere by tomorrow. The address is judged
 * when the socket is opened, after the name was resolved.
 *
 *   who named it                        public  private  loopback       link-local, metadata …
 *   status, nodes, spec.externalIPs     yes     yes      API server is  no
 *   a rule's host, an annotation, an
 *   externalName, a redirect            yes     known    API server is  no
 *   the person                          yes     yes      yes            yes
 *
 * "API server is": allowed when the API server itself is on loopback. "known": the address is one
 * that the object's status has. `anywhere` in a target lifts all of it: the person asked.
 *
 * Ownership Targets and results own nothing: copy them freely. The log belongs to the session.
 * Thread    UI.
 * Limits    OB_PROBE_… below; times, how many at once and how many a second in ob_timing.
 * Text      Everything in targets and results is outside text, not terminal-safe.
 */
#ifndef OUTBOARD_PROBE_H
#define OUTBOARD_PROBE_H

#include "outboard/error.h"
#include "outboard/view.h"

struct ob_buf;
struct ob_session;

enum {
  OB_PROBE_WAITING = 2048,  /* targets asked for and not begun */
  OB_PROBE_PLAN_MAX = 256,  /* targets of one row */
  OB_PROBE_HOPS = 5,        /* redirects followed */
  OB_PROBE_CHAIN = 4,       /* certificates kept */
  OB_PROBE_KNOWN = 6,       /* addresses of the status that a name may lead to */
  OB_PROBE_HISTORY = 60,    /* samples kept of a target */
  OB_PROBE_TARGETS = 2048,  /* targets that the log remembers; the oldest goes */
};

typedef enum ob_probe_scheme {
  OB_PROBE_TCP, /* connect, and close */
  OB_PROBE_HTTP,
  OB_PROBE_HTTPS,
  OB_PROBE_UDP, /* never sent: no answer would prove nothing */
} ob_probe_scheme;
extern const char *const ob_probe_schemes[]; /* "tcp", … */

typedef enum ob_probe_via {
  OB_VIA_ADDRESS, /* to `address` */
  OB_VIA_DNS,     /* to whatever `host` resolves to */
  OB_VIA_PROXY,   /* the API server's service proxy, with the person's right to it */
} ob_probe_via;

typedef enum ob_probe_origin { OB_BY_STATUS, OB_BY_NAME, OB_BY_PERSON } ob_probe_origin;

typedef struct ob_probe_target {
  uint64_t row; /* ob_row_key() of the way in that it tries; 0: a URL that was typed */
  ob_row_way way;
  uint64_t key;         /* of the target itself: equal over plans */
  ob_uid service_uid; /* of the service that the way leads to */
  ob_uid owner_uid;
  char owner[336]; /* "service/shop/web", "ingress/…", "httproute/…", "" a URL */
  ob_probe_scheme scheme;
  ob_probe_via via;
  ob_probe_origin origin;
  bool anywhere;     /* the person asked for any address */
  bool head;         /* HEAD, not GET */
  bool nameless;     /* the host is an address: a certificate for a name is no fault */
  char host[256];    /* of the URL: Host header, SNI, name in the certificate */
  char address[256]; /* ADDRESS: an IP address or the name of a load balancer */
  char node[256];    /* the node that answers there, "" none */
  char path[512];
  uint16_t port;                         /* of the URL, and of the address */
  char ns[64], name[256], port_name[64]; /* PROXY: the service and its port */
  char skip[160];                        /* not asked, and why; "" it is */
  char known[OB_PROBE_KNOWN][46];
} ob_probe_target;

typedef enum ob_probe_verdict {
  OB_PROBE_OK,
  OB_PROBE_WARN,    /* answered, but: 4xx, a certificate that ends soon */
  OB_PROBE_SKIPPED, /* not asked: why is in err.msg */
  OB_PROBE_BAD,
} ob_probe_verdict;
extern const char *const ob_probe_verdicts[]; /* "ok", "warning", "skipped", "failed" */

typedef enum ob_probe_step {
  OB_STEP_DNS,
  OB_STEP_CONNECT,
  OB_STEP_TLS,
  OB_STEP_ANSWER,
  OB_STEP_COUNT
} ob_probe_step;
extern const char *const ob_probe_steps[OB_STEP_COUNT]; /* "dns", "connect", "tls", "answer" */

typedef struct ob_probe_cert {
  char subject[256], issuer[256];
  int64_t from_ms, to_ms; /* Unix ms, 0 unknown */
} ob_probe_cert;

typedef struct ob_probe_hop {
  int status;
  char url[512]; /* where it sent us */
} ob_probe_hop;

typedef struct ob_probe_result {
  int64_t at_ms; /* Unix ms when it ended */
  ob_probe_verdict verdict;
  ob_probe_step reached;          /* the step under way when it ended */
  int64_t step_us[OB_STEP_COUNT]; /* of each step, -1 not reached */
  int64_t total_us;
  int status;       /* of the last answer, 0 none */
  char peer[64];    /* address that was connected to, "" none */
  char version[12]; /* "HTTP/1.1", "" none */
  ob_err err;       /* why not OK, with a hint */
  ob_probe_hop hop[OB_PROBE_HOPS];
  ob_probe_cert chain[OB_PROBE_CHAIN];
  char names[512]; /* that the certificate is for: "a, b" */
  uint8_t nhops, nchain;
} ob_probe_result;

/* --- planning ------------------------------------------------------------------------- */
typedef struct ob_probe_opts {
  bool any_host; /* also wildcard hosts (as outboard-probe.DOMAIN) and ExternalNames */
  bool anywhere; /* any address */
  bool head;
} ob_probe_opts;

/* The requests that try a row's way in: each address of it separately, then the name by DNS. Of a
 * Service row: all its ways in; without one, what can be tried from inside. Writes at most max,
 * returns how many there are. */
size_t ob_probe_plan(const ob_cluster *c, const ob_row *row, const ob_probe_opts *opts,
                     ob_probe_target *ret, size_t max);
/* The same of an HTTPRoute or GRPCRoute: on each listener that carries it. */
size_t ob_probe_plan_route(const ob_cluster *c, const ob_object *route, const ob_probe_opts *opts,
                           ob_probe_target *ret, size_t max);
/* A typed URL (http, https, tcp://HOST:PORT): by DNS, and by each address of the Ingresses and
 * Gateways that have the host. Errors are -OB_EUSAGE. */
int ob_probe_plan_url(const ob_cluster *c, const char *url, const ob_probe_opts *opts,
                      ob_probe_target *ret, size_t max, size_t *ret_n, ob_err *err);

/* "https://shop.example.com/api" */
void ob_probe_url(const ob_probe_target *t, struct ob_buf *out);
/* How it goes there: "at 203.0.113.7", "by DNS", "node-1 at 10.0.0.1", "by the service proxy". */
void ob_probe_way(const ob_probe_target *t, struct ob_buf *out);
/* The curl command that asks the same, quoted for a POSIX shell; nothing for UDP and PROXY. */
void ob_probe_curl(const ob_probe_target *t, struct ob_buf *out);

/* --- asking ----------------------------------------------------------------------------- */
/* Targets with `skip` are answered at once. Those that wait already are not asked twice; beyond
 * OB_PROBE_WAITING they are answered as skipped. Answers come with OB_PUMP_PROBE into the log. */
void ob_session_probe(struct ob_session *s, const ob_probe_target *targets, size_t n);
/* What has not begun is dropped. */
void ob_session_probe_stop(struct ob_session *s);

/* --- what came of it --------------------------------------------------------------------- */
typedef struct ob_probe_entry {
  ob_probe_target target;
  ob_probe_result last;
  bool waiting;             /* asked for, and no answer yet */
  uint32_t asked, answered; /* counts of this session */
  struct {
    int64_t at_ms;
    int32_t ms;               /* to the first byte (TCP: to the connection); -1 failed */
  } sample[OB_PROBE_HISTORY]; /* a ring: the newest is at (nsamples - 1) % OB_PROBE_HISTORY */
  uint32_t nsamples;
} ob_probe_entry;

typedef struct ob_probe_log ob_probe_log;
const ob_probe_log *ob_cluster_probes(const ob_cluster *c);
size_t ob_probe_log_len(const ob_probe_log *l);
/* In the order in which targets were first asked for. */
const ob_probe_entry *ob_probe_log_at(const ob_probe_log *l, size_t i);
const ob_probe_entry *ob_probe_log_find(const ob_probe_log *l, uint64_t target_key);

/* Entries of a row: of the way in that it is, or of a Service row all of the service's. */
size_t ob_probe_of_row(const ob_cluster *c, const ob_row *r, const ob_probe_entry **ret,
                       size_t max);
/* The newest answer of the row that showed a certificate whose end is known; NULL none has. */
const ob_probe_result *ob_row_certificate(const ob_cluster *c, const ob_row *r);

#endif
