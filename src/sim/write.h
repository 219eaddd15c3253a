/* Changing objects, for clients and for the little controllers.
 *
 * Thread Under the store's lock.
 * Source kube-apiserver's registry/rest and handlers for create, update, patch, delete.
 */
#ifndef OB_SIM_WRITE_H
#define OB_SIM_WRITE_H

#include "sim/server.h"

enum { SIM_NAME_MAX = 253 };

int sim_create(ob_sim *s, const sim_kind_info *k, const char *ns, const sim_req *q, sim_resp *r);
int sim_put(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name, const char *sub,
            const sim_req *q, sim_resp *r);
int sim_patch(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name, const char *sub,
              const sim_req *q, sim_resp *r);
int sim_delete(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name,
               const sim_req *q, sim_resp *r);

/* One write on its way into the store. */
typedef struct sim_write {
  ob_sim *sim;
  const sim_kind_info *kind;
  sim_resp *resp;            /* takes the error */
  bool dry;                  /* nothing is kept */
  bool patch;                /* came as a patch: errors differ */
  bool internal;             /* a world or a controller: uid, times and status are kept as given */
  const char *manager, *sub; /* sub: "status" or NULL */
} sim_write;

/* Store a new object. Returns the result (with metadata complete), NULL when refused. The tree is
 * consumed. The caller frees the result. */
ob_json *sim_write_create(const sim_write *w, ob_json *move_tree);
/* Replace `old`. Consumes the tree. */
ob_json *sim_write_update(const sim_write *w, const sim_object *old, ob_json *move_tree);
/* Remove now, with what hangs on it (a namespace's content, a service's addresses). */
void sim_write_remove(ob_sim *s, sim_object *o);

/* --- kinds with rules of their own (service.c, ingress.c) --- */
/* Default, allocate (unless dry) and validate; `old` NULL: a new object. -1: answered. */
int sim_service_prepare(const sim_write *w, ob_json *tree, const ob_json *old);
int sim_ingress_prepare(const sim_write *w, ob_json *tree, const ob_json *old);
int sim_class_prepare(const sim_write *w, ob_json *tree, const ob_json *old);
/* Secrets, Namespaces, Deployments, Pods, …: their few defaults. */
int sim_other_prepare(const sim_write *w, ob_json *tree, const ob_json *old);
/* The Gateway API (gateway.c): defaults and what the CRDs' schemas refuse most. */
int sim_gateway_prepare(const sim_write *w, ob_json *tree, const ob_json *old);
int sim_route_prepare(const sim_write *w, ob_json *tree, const ob_json *old);
/* Give back the addresses and ports that `old` had and `now` (NULL: deleted) has not. */
void sim_service_release(ob_sim *s, const ob_json *old, const ob_json *now);
void sim_alloc_init(sim_alloc *a, uint64_t seed);
void sim_alloc_done(sim_alloc *a);
/* Next free one as text; family 4 or 6; marked as taken unless `peek`. NULL when exhausted. */
const char *sim_alloc_ip(sim_alloc *a, int family, bool peek, char out[64]);
/* Take a given one. 0, -1: taken already, -2: not in the range. */
int sim_alloc_take_ip(sim_alloc *a, const char *ip, bool peek);
void sim_alloc_free_ip(sim_alloc *a, const char *ip);
int sim_alloc_port(sim_alloc *a); /* 0 when exhausted */
int sim_alloc_take_port(sim_alloc *a, int64_t port, bool peek);
void sim_alloc_free_port(sim_alloc *a, int64_t port);

/* --- patches (patch.c) --- */
/* Strategic merge with the merge keys of the kinds served. -1: refused, why in err. */
int sim_strategic_patch(sim_kind kind, ob_json *target, const ob_json *patch, ob_err *err);

/* --- known fields (schema.c) --- */
/* Paths of fields that the kind does not have, as kube-apiserver words them (`unknown field
 * "spec.foo"`), an array; NULL when all is well or the kind has no table. They are removed, and so
 * is what Go's encoder leaves out (nulls, and zero values of what is no pointer): from here on
 * absent is the one way not to be set. */
ob_json *sim_unknown_fields(sim_kind kind, ob_json *tree);
/* The first value of a wrong type (`cannot unmarshal string into Go struct field …`), NULL none.
 * The caller frees. */
char *sim_wrong_type(sim_kind kind, const ob_json *tree);

/* --- rules for names and texts (validate.c): a cause for each one broken --- */
bool sim_is_label(const char *s);     /* RFC 1123 label */
bool sim_is_subdomain(const char *s); /* RFC 1123 subdomain */
bool sim_is_ip(const char *s, int *ret_family);
typedef void sim_check_fn(sim_causes *c, const char *field, const ob_json *value);
sim_check_fn sim_check_label, sim_check_subdomain, sim_check_host, sim_check_qualified,
    sim_check_port_name, sim_check_port, sim_check_segment, sim_check_cidr, sim_check_labels;
bool sim_check_ip(sim_causes *c, const char *field, const ob_json *value); /* true: fine */
void sim_validate_metadata(const sim_kind_info *k, const ob_json *tree, const ob_json *old_tree,
                           sim_causes *c);

#endif
