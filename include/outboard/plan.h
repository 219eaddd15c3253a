/* A change before it is made.
 *
 * A plan is one or more edits; an edit is one object as it is (`before`) and as it shall be
 * (`wanted`), and the steps that lead from one to the other: usually one patch; two where the API
 * allows no direct way; deletion and creation where a server refuses those, and only when a person
 * asked for it (ob_plan_recreate()). Everything else follows from the two objects: the diff, the check that the
 * server did what was meant, the merge when somebody else was faster, and the way back.
 *
 *   ob_plan_convert() …  ─▶ ob_plan ─▶ ob_session_dry_run() ─▶ ob_session_apply() ─▶ journal
 *
 * Patches carry no resourceVersion: who sends a step adds that of the object it last saw, so that
 * a change by somebody else is refused with 409 and not overwritten.
 *
 * Ownership A plan owns everything in it. What builders are given is borrowed and copied.
 * Thread    One owner at a time; a plan moves to the watcher when it is applied.
 * Errors    -OB_EINVALID: the wish makes no sense for this object; the message names the field.
 * Limits    OB_PLAN_EDITS edits, OB_PLAN_WARNINGS warnings, OB_PLAN_MAX bytes of a plan file.
 * Source    Kubernetes 1.37 Service and Ingress validation; RFC 6902, RFC 7396.
 */
#ifndef OUTBOARD_PLAN_H
#define OUTBOARD_PLAN_H

#include "outboard/cluster.h"

struct ob_json;
struct ob_buf;

enum { OB_PLAN_EDITS = 500, OB_PLAN_WARNINGS = 200, OB_PLAN_MAX = 16 * 1024 * 1024 };

typedef enum ob_plan_step_verb { OB_STEP_CREATE, OB_STEP_PATCH, OB_STEP_DELETE } ob_plan_step_verb;

typedef struct ob_plan_step {
  ob_plan_step_verb verb;
  bool json_patch;      /* PATCH: RFC 6902, else RFC 7396 */
  bool predicted;       /* an earlier step of the edit comes first: no dry run before that */
  char *title;          /* "release the cluster IP" */
  struct ob_json *body; /* CREATE: the object; PATCH: the patch; DELETE: NULL */
} ob_plan_step;

typedef struct ob_edit {
  ob_kind kind;
  char *ns, *name;
  struct ob_json *before; /* whole, as the server had it; NULL: it is created */
  struct ob_json *wanted; /* without what the server owns; NULL: it is deleted */
  bool recreate;          /* deleted and created anew; both before and wanted are there */
  struct ob_json *origin; /* what undo goes back to: NULL `before`, JSON null: it did not exist */
  ob_plan_step *steps;
  size_t nsteps;
} ob_edit;

/* What a person should know before confirming, worst first. */
typedef enum ob_warn { OB_WARN_NOTE, OB_WARN_CARE, OB_WARN_LOSS } ob_warn;
typedef struct ob_plan_warning {
  ob_warn level;
  char *text; /* a sentence; holds outside text */
} ob_plan_warning;

typedef struct ob_plan {
  char *title; /* "convert service shop/web to LoadBalancer" */
  ob_edit *edits;
  size_t nedits;
  ob_plan_warning *warnings;
  size_t nwarnings;
  bool finishes; /* the rest of an entry of the journal that broke off (change.h) */
  uint64_t group; /* plans that were confirmed together have one number, and are undone together;
                     0: alone */
} ob_plan;

ob_plan *ob_plan_new(const char *title);
void ob_plan_free(ob_plan *p);
ob_plan *ob_plan_dup(const ob_plan *p);
/* Nothing would be sent. */
bool ob_plan_empty(const ob_plan *p);
/* It deletes, and nothing else. */
bool ob_plan_deletes(const ob_plan *p);

/* Add an edit and its steps. before or wanted may be NULL, not both; equal ones add no step.
 * `wanted` may hold what the server owns: it is dropped. */
int ob_plan_add(ob_plan *p, ob_kind kind, const struct ob_json *before,
                const struct ob_json *wanted, ob_err *err);
/* Copies the edits and warnings of another plan; an object may stand in one of them only. */
int ob_plan_append(ob_plan *p, const ob_plan *other, ob_err *err);
void ob_plan_warn(ob_plan *p, ob_warn level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* --- converting a Service --------------------------------------------------------------- */
typedef struct ob_convert {
  ob_service_type to;
  const char *external_name; /* EXTERNAL_NAME: needed unless there is one */
  const char *const *ports;  /* "80", "http:80:8080/TCP": needed when the service has none */
  size_t nports;
  int node_port;                    /* of the first port; 0: as it is, else chosen by the server */
  const char *lb_class;             /* LOAD_BALANCER: NULL none */
  const char *const *source_ranges; /* LOAD_BALANCER: CIDRs; none: as they are */
  size_t nsource_ranges;
  enum { OB_POLICY_KEEP, OB_POLICY_CLUSTER, OB_POLICY_LOCAL } policy; /* externalTrafficPolicy */
  enum {
    OB_REACH_KEEP,
    OB_REACH_PUBLIC,
    OB_REACH_INTERNAL
  } reach; /* by the provider's annotation */
} ob_convert;

/* `service` is the whole object. The plan warns of what is lost and of what the cluster lacks. */
int ob_plan_convert(ob_plan **ret, const ob_cluster *c, const struct ob_json *service,
                    const ob_convert *to, ob_err *err);
/* "clusterip", "headless", "nodeport", "np", "loadbalancer", "lb", "externalname", … in any case.
 */
bool ob_service_type_parse(const char *s, ob_service_type *ret);
const char *ob_service_type_title(ob_service_type t);
/* `reach` can be told to this cluster's provider: its nodes say whose they are, and how is known. */
bool ob_convert_knows_reach(const ob_cluster *c);

/* A Service that goes by two steps, because its cluster IP may not change: a server (or a policy of
 * it) can refuse those. */
bool ob_plan_hops(const ob_plan *p);
/* The same plan, with what goes by two steps deleted and created anew, and what is lost by that said
 * in its warnings. -OB_EINVALID: nothing in it goes by two steps. */
int ob_plan_recreate(ob_plan **ret, const ob_plan *p, ob_err *err);

/* --- routes: the rules of an Ingress ------------------------------------------------------ */
typedef struct ob_route {
  const char *host, *path, *path_type, *service, *port; /* NULL: as it is, or the default */
  const char *class_name, *tls_secret;                  /* NULL: as it is; "" none */
  bool service_comes; /* the service is made by the same plan: it is not looked for */
  const struct ob_route *edited; /* preview: the rule as it was (host, path, path_type): it is no
                                    rival of what it becomes; NULL: a new rule */
} ob_route;

/* A rule more. `ingress` NULL makes a new Ingress ns/name. Defaults: path "/", Prefix, the
 * service's only port. */
int ob_plan_route_add(ob_plan **ret, const ob_cluster *c, const struct ob_json *ingress,
                      const char *ns, const char *name, const ob_route *r, ob_err *err);
/* Change, move or delete spec.rules[rule].http.paths[path]; rule -1 is the default backend. A rule
 * without paths goes with its last one. */
int ob_plan_route_edit(ob_plan **ret, const ob_cluster *c, const struct ob_json *ingress, int rule,
                       int path, const ob_route *r, ob_err *err);
int ob_plan_route_move(ob_plan **ret, const struct ob_json *ingress, int rule, int path, int by,
                       ob_err *err);
int ob_plan_route_delete(ob_plan **ret, const ob_cluster *c, const struct ob_json *ingress,
                         int rule, int path, ob_err *err);
/* The same rule, changed as `r` says, in Ingress `name` of its namespace (`to`, NULL: a new one): there
 * instead, or (copy) there as well. `to` may be `ingress`. */
int ob_plan_route_to(ob_plan **ret, const ob_cluster *c, const struct ob_json *ingress, int rule,
                     int path, const struct ob_json *to, const char *name, bool copy,
                     const ob_route *r, ob_err *err);
/* A rule as it was seen, for a plan on an Ingress that is read later: others may stand before it by
 * then. rule -1: the default backend. The texts are owned. */
typedef struct ob_rule_seen {
  int rule, path;
  char *host, *at, *type;
} ob_rule_seen;
void ob_rule_seen_set(ob_rule_seen *s, const ob_ingress *ing, int rule, int path);
void ob_rule_seen_done(ob_rule_seen *s);
/* Where it stands now, in rule and path; -OB_ENOTFOUND: no rule has its host, path and pathType. */
int ob_rule_seen_find(ob_rule_seen *s, const struct ob_json *ingress, ob_err *err);
/* Every rule and TLS entry of these Ingresses that names the host. */
int ob_plan_rename_host(ob_plan **ret, const struct ob_json *const *ingresses, size_t n,
                        const char *from, const char *to, ob_err *err);

/* One line while a rule is being typed: who wins for its host and path among the rules of the
 * class, and whom it takes requests from. The Ingress ns/name (its own other rules count) may not
 * be there yet. */
void ob_route_preview(const ob_cluster *c, const char *ns, const char *name, const ob_route *r,
                      struct ob_buf *out);

/* --- the fields of an object, as texts -------------------------------------------------------- */
typedef struct ob_texts {
  const char *const *all;
  size_t n;
} ob_texts;

/* NULL: as it is. Lists are the whole list; labels and annotations say what changes, as kubectl does:
 * "KEY=VALUE" and "KEY-". */
typedef struct ob_service_fields {
  const ob_texts *ports; /* [NAME:]PORT[:TARGET][/PROTOCOL][@NODEPORT] */
  const char *session_affinity, *external_policy, *internal_policy;
  const ob_texts *source_ranges, *labels, *annotations;
} ob_service_fields;
int ob_plan_service_fields(ob_plan **ret, const ob_cluster *c, const struct ob_json *service,
                           const ob_service_fields *f, ob_err *err);
/* An element of spec.ports as it is typed. */
void ob_service_port_text(const struct ob_json *port, struct ob_buf *out);

typedef struct ob_ingress_fields {
  const char *class_name;                     /* "" the default */
  const char *default_service, *default_port; /* service "" none */
  const ob_texts *tls;                        /* SECRET HOST,HOST; SECRET "-": none */
  const ob_texts *labels, *annotations;
} ob_ingress_fields;
int ob_plan_ingress_fields(ob_plan **ret, const ob_cluster *c, const struct ob_json *ingress,
                           const ob_ingress_fields *f, ob_err *err);
/* An element of spec.tls as it is typed. */
void ob_ingress_tls_text(const struct ob_json *entry, struct ob_buf *out);
/* The annotations that the controller (of an IngressClass) is known to read; a name lives during its
 * call. */
void ob_ingress_annotations(const char *controller, void (*fn)(void *arg, const char *name),
                            void *arg);

/* --- a Service for a workload ------------------------------------------------------------------
 * As `kubectl expose`: the selector is the workload's (a Pod's: its labels), the ports are those of
 * its containers. Beyond it: StatefulSets and DaemonSets, the names of container ports, and a rule
 * of an Ingress in the same plan. Labels that say who manages the workload are not copied. */
typedef struct ob_expose {
  const char *name;        /* of the Service; NULL: the workload's, its first 63 characters */
  const char *target_port; /* of every port, number or name; NULL: its own, else the port's number */
  ob_convert as;           /* .to: the type; .ports: as there, none: the containers' */
  const ob_route *route;   /* a rule that leads to it, NULL none: service and port are filled in */
  const struct ob_json *ingress; /* the Ingress that gets the rule; NULL: a new one, named as the
                                    Service */
} ob_expose;

/* `workload` is the whole object (a kind of ob_workload_parse()). -OB_EINVALID names the field that
 * a Service cannot be made of; -OB_ECONFLICT: the picture has a Service of that name. */
int ob_plan_expose(ob_plan **ret, const ob_cluster *c, ob_kind kind, const struct ob_json *workload,
                   const ob_expose *as, ob_err *err);
/* "deploy/web", "statefulset/db", "po/x", "svc/web", "deployments.apps/web" …; -OB_EUSAGE says which
 * kinds there are. *ret_name is borrowed from `word`. */
int ob_workload_parse(const char *word, ob_kind *ret, const char **ret_name, ob_err *err);

/* --- anything else ------------------------------------------------------------------------- */
/* Delete with what stops working listed. */
int ob_plan_delete(ob_plan **ret, const ob_cluster *c, ob_kind kind, const struct ob_json *object,
                   ob_err *err);

/* The object as somebody edited it as a whole. */
int ob_plan_edit(ob_plan **ret, ob_kind kind, const struct ob_json *before,
                 const struct ob_json *wanted, ob_err *err);

/* The same plan on what the server has now (AGAIN), or the way back from a plan that was carried out
 * (BACK). `now`: in the order of the edits, NULL: gone. Changes apart are merged. Where both changed
 * one place: -OB_ECONFLICT, and *ret_conflicts (may be NULL) has the places; the caller frees. */
typedef enum ob_plan_way { OB_PLAN_AGAIN, OB_PLAN_BACK } ob_plan_way;
typedef struct ob_conflicts ob_conflicts;
int ob_plan_merge(ob_plan **ret, const ob_plan *p, ob_plan_way way, const struct ob_json *const *now,
                  ob_conflicts **ret_conflicts, ob_err *err);

typedef enum ob_take_side { OB_TAKE_NONE, OB_TAKE_MINE, OB_TAKE_THEIRS } ob_take_side;
typedef struct ob_conflict {
  size_t edit;
  char *path;                           /* "spec.ports[http].nodePort"; "" the whole object */
  struct ob_json *base, *mine, *theirs; /* NULL: nothing is there */
  char *writer;                         /* of theirs: "kubectl-edit at TIME"; NULL unknown */
  ob_take_side take;                    /* for the person to fill in */
} ob_conflict;
struct ob_conflicts {
  ob_conflict *all;
  size_t n;
  /* For ob_conflicts_resolve() alone. */
  ob_plan *shell;
  struct ob_merge *merges;
  size_t nmerges;
  bool back;
};
/* The plan with what was taken: confirm it like any other. -OB_ECONFLICT while a place has no side;
 * places that only then come into view are in c->all. */
int ob_conflicts_resolve(ob_plan **ret, ob_conflicts *c, ob_err *err);
/* A line each: place, what it was, mine, theirs, who wrote that. Outside text. */
void ob_conflicts_text(const ob_conflicts *c, struct ob_buf *out);
void ob_conflicts_free(ob_conflicts *c);

/* ob_plan_merge() with the places told in `why` (may be NULL). */
int ob_plan_undo(ob_plan **ret, const ob_plan *applied, const struct ob_json *const *now,
                 struct ob_buf *why, ob_err *err);
int ob_plan_rebase(ob_plan **ret, const ob_plan *p, const struct ob_json *const *now,
                   struct ob_buf *why, ob_err *err);

/* Who manages the object besides kubectl: "Argo CD application shop", "Helm release web"; "" nobody
 * known. */
void ob_object_manager(const struct ob_json *object, struct ob_buf *ret);

/* The server's answer holds what the edit wanted; false tells the first place that does not. */
bool ob_edit_verify(const ob_edit *e, const struct ob_json *after, struct ob_buf *ret_path);

/* A Service without the cluster IPs and node ports that `held` has: they cannot be asked for while
 * that one is there, or cannot be had again. */
void ob_service_let_go(struct ob_json *io, const struct ob_json *held);

/* --- for people and files -------------------------------------------------------------------- */
/* "- spec.type: ClusterIP" / "+ spec.type: NodePort", a line each, not made safe. `after` is what
 * the server answered to a dry run; NULL: as predicted. */
void ob_edit_diff(const ob_edit *e, const struct ob_json *after, struct ob_buf *out);
/* The kubectl line that does the same, quoted for a POSIX shell. */
void ob_plan_step_kubectl(const ob_edit *e, const ob_plan_step *s, struct ob_buf *out);
/* A plan file: YAML, kind Plan, apiVersion outboard/v1. */
void ob_plan_write(const ob_plan *p, struct ob_buf *out);
int ob_plan_read(ob_plan **ret, const char *bytes, size_t n, const char *name, ob_err *err);
struct ob_json *ob_plan_to_json(const ob_plan *p);
int ob_plan_from_json(ob_plan **ret, const struct ob_json *j, ob_err *err);

#endif
