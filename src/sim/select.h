/* Which objects a list or a watch means: namespace, label selector, field selector.
 *
 * Ownership sim_filter owns copies; it outlives the request (watches).
 * Source    apimachinery labels.Parse, fields.ParseSelector.
 */
#ifndef OB_SIM_SELECT_H
#define OB_SIM_SELECT_H

#include "sim/request.h"
#include "sim/store.h"

typedef enum sim_op { SIM_IN, SIM_NOT_IN, SIM_HAS, SIM_HAS_NOT } sim_op;
typedef struct sim_term {
  sim_op op;
  char *key;
  ob_json *values; /* array of strings */
} sim_term;

typedef struct sim_filter {
  char *ns; /* NULL: all */
  OB_VEC(sim_term) labels, fields;
} sim_filter;
void sim_filter_done(sim_filter *f);
OB_AUTO_DEFINE(sim_filter, sim_filter_done)

/* Fills a zeroed filter from the query; 400 on a bad selector or an unknown field. */
int sim_filter_parse(sim_filter *ret, const sim_kind_info *k, const char *ns, const sim_req *q,
                     sim_resp *r);
bool sim_filter_plain(const sim_filter *f); /* no selector */
bool sim_filter_match(const sim_filter *f, const sim_object *o);
/* `selector` {"app":"web"} against labels; an empty one matches nothing, as Services have it. */
bool sim_labels_match(const ob_json *selector, const ob_json *labels);

#endif
