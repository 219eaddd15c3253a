/* The server's own state, shared by its rooms of code: store, allocators, faults, watches.
 *
 * Thread    Everything here is touched under the store's lock, except what start sets once.
 */
#ifndef OB_SIM_SERVER_H
#define OB_SIM_SERVER_H

#include "base/clock.h"
#include "sim/request.h"
#include "sim/sim.h"
#include "sim/store.h"

enum {
  SIM_PORT_MIN = 30000,
  SIM_PORT_BAND = 30086, /* dynamic ports come from here up, as long as there are any */
  SIM_PORT_MAX = 32767,
  SIM_DRY_PORT = 32769,   /* what a dry run answers instead of an allocated port */
  SIM_IP_BAND = 257, /* dynamic addresses likewise */
  SIM_V4_COUNT = 1 << 20, /* 10.96.0.0/12 */
  SIM_V6_COUNT = 1 << 16  /* fd00:10:96::/112 */
};

typedef struct sim_alloc {
  uint8_t *v4, *v6; /* one bit an address */
  uint8_t ports[SIM_PORT_MAX - SIM_PORT_MIN + 1];
  uint32_t next_v4, next_v6;
  ob_rng rng;
} sim_alloc;

typedef enum sim_fault_id {
  SIM_GONE,
  SIM_UNAUTHORIZED,
  SIM_FORBIDDEN_ALL,
  SIM_FORBIDDEN_KIND,
  SIM_FORBIDDEN_PROXY,
  SIM_MISSING_KIND,
  SIM_THROTTLE,
  SIM_ERROR,
  SIM_SLOW,
  SIM_CLOSE_WATCH,
  SIM_CUT_WATCH,
  SIM_SILENT,
  SIM_ONLY_NS,
  SIM_OLD_VERSION,
  SIM_CLOCK_SKEW,
  SIM_WEBHOOK,
  SIM_LATE_RELEASE,
  SIM_FAULTS
} sim_fault_id;

typedef struct sim_fault_state {
  unsigned on;                 /* bit per sim_fault_id */
  int64_t value[SIM_FAULTS];   /* what stands after `=`, else the row's default */
  unsigned forbidden, missing; /* bit per sim_kind */
  int64_t counted[SIM_FAULTS]; /* requests hit so far */
  char only_ns[64];            /* of SIM_ONLY_NS */
} sim_fault_state;

struct ob_sim {
  ob_sim_opts opts;
  sim_store store;
  sim_alloc alloc;
  sim_fault_state faults;
  char *token, *url, *ca_pem;
  struct sim_http *http;
  struct sim_control *control;
  struct sim_watch *watches; /* all open ones */
  bool stopping;
};

static inline bool sim_fault(const ob_sim *s, sim_fault_id id) {
  return (s->faults.on >> id & 1) != 0;
}
int sim_faults_parse(sim_fault_state *ret, const char *const *names, size_t n, ob_err *err);
/* A fault of the first N of something: this is one of them. */
bool sim_fault_hits(ob_sim *s, sim_fault_id id);
/* A fault that answers a whole request. -1: it did. */
int sim_fault_request(ob_sim *s, sim_resp *r);
/* 403 as RBAC gives it, or 404 for a missing kind. ns NULL: cluster-wide; sub NULL: the object
 * itself. -1: answered. */
int sim_fault_kind(ob_sim *s, const sim_kind_info *k, const char *verb, const char *ns,
                   const char *name, const char *sub, sim_resp *r);
bool sim_allowed(const ob_sim *s, const sim_kind_info *k, const char *ns, const char *sub);

/* --- answers (list.c, watch.c, table.c, discovery.c, write.c, review.c, api.c) --- */
int sim_handle(ob_sim *s, const sim_req *q, sim_resp *r); /* takes the lock */
int sim_list(ob_sim *s, const sim_kind_info *k, const char *ns, const sim_req *q, sim_resp *r);
/* container, tailLines, timestamps and follow are taken. */
int sim_pod_log(ob_sim *s, const char *ns, const char *name, const sim_req *q, sim_resp *r);
/* A log that is followed: its next line is i, due at from_ms + (i + 1) * SIM_LOG_EVERY_MS. */
enum { SIM_LOG_EVERY_MS = 2000 };
typedef struct sim_log {
  char *ns, *name, *container;
  int64_t from_ms, i; /* wall clock */
  bool stamp;
} sim_log;
int64_t sim_log_next(const sim_log *l); /* wall clock */
/* The lines that are due. False: the pod is gone, and the log with it. */
bool sim_log_fill(const ob_sim *s, sim_log *l, ob_buf *out);
void sim_log_free(sim_log *l);
int sim_get(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name, const sim_req *q,
            sim_resp *r);
int sim_discovery(ob_sim *s, const sim_req *q, sim_resp *r, char *const parts[], size_t n);
int sim_openapi(const sim_req *q, sim_resp *r, char *const parts[], size_t n);
int sim_review(ob_sim *s, const char *plural, const sim_req *q, sim_resp *r);
/* A SelfSubjectAccessReview in Kubernetes' protobuf as the same in JSON; NULL: it is none. */
ob_json *sim_review_of_protobuf(const char *body, size_t n);
int sim_whoami(const sim_req *q, sim_resp *r); /* a SelfSubjectReview */

/* Too new a resourceVersion: 504 with the cause that client-go looks for. */
ob_json *sim_status_too_new(const ob_sim *s, uint64_t rv);

/* `{"kind":"Table",…` with all columns; rows follow by sim_table_row, then "]}". */
void sim_table_head(const sim_kind_info *k, ob_buf *out, const char *metadata);
/* include: "None", "Metadata" (or NULL), "Object". */
void sim_table_row(const sim_object *o, const char *include, int64_t now_ms, ob_buf *out);

/* --- watches (watch.c) --- */
typedef struct sim_watch sim_watch;
/* Checks the parameters; on success r->watch is the open watch. */
int sim_watch_open(ob_sim *s, const sim_kind_info *k, const char *ns, const sim_req *q,
                   sim_resp *r);
/* A followed log is a watch of its pod, with lines in place of events. */
int sim_watch_log(ob_sim *s, sim_log *move_log, sim_resp *r);
typedef enum sim_stream { SIM_BYTES, SIM_QUIET, SIM_END, SIM_CUT } sim_stream;
/* Copies up to max bytes; QUIET: nothing now, `parked` is set: sim_watch_due() or an event of its
 * kind must wake it. Under the lock. */
sim_stream sim_watch_read(sim_watch *w, char *out, size_t max, size_t *ret_n);
bool sim_watch_due(const sim_watch *w, int64_t now_mono_ms);
void sim_watch_close(ob_sim *s, sim_watch *w);
/* What the HTTP side hangs on a watch to wake it. */
struct sim_watch_link {
  sim_watch *next;
  sim_kind kind;
  bool parked;
  void *connection;
};
struct sim_watch_link *sim_watch_link(sim_watch *w);

#endif
