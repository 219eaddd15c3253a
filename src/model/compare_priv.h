/* Inside of the comparison: compare.c makes the cells of what exists (now, address, port …),
 * compare_words.c those that judge (client, TLS, needs, cost …). Thread UI. */
#ifndef OB_MODEL_COMPARE_PRIV_H
#define OB_MODEL_COMPARE_PRIV_H

#include "model/facts.h"

enum { OB_CELL_ITEMS = 4 }; /* longer lists end with "+n": a panel is narrow */

struct ob_compare {
  ob_facts f;
  ob_recommendation advice;
};

typedef struct ob_cell_at { /* the cell being made */
  const ob_facts *f;
  ob_way way;
  bool exists;
  const char *cannot; /* why this way is not open to the service; NULL: it is */
  size_t first;       /* where out began */
  ob_buf *out;
} ob_cell_at;

void ob_cell_line(ob_cell_at *x); /* what follows is another item */
ob_tone ob_cell_say(ob_cell_at *x, ob_tone tone, const char *text);
void ob_cell_more(ob_cell_at *x, size_t n); /* "+n" past OB_CELL_ITEMS */
ob_tone ob_cell_dim(const ob_cell_at *x);   /* plain, dim where it would only be */

ob_tone ob_cell_client(ob_cell_at *x);
ob_tone ob_cell_tls(ob_cell_at *x);
ob_tone ob_cell_protocols(ob_cell_at *x);
ob_tone ob_cell_needs(ob_cell_at *x);
ob_tone ob_cell_breaks(ob_cell_at *x);
ob_tone ob_cell_security(ob_cell_at *x);
ob_tone ob_cell_cost(ob_cell_at *x);

#endif
