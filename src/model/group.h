/* What a row is grouped under, and the chain of a request through it.
 *
 * Thread UI. Limits: OB_GROUP_NODES nodes a row stands under; further ones are "(more nodes)".
 */
#ifndef OB_MODEL_GROUP_H
#define OB_MODEL_GROUP_H

#include "outboard/view.h"

enum { OB_GROUP_NODES = 64 };

/* Calls fn with each group's name that the row stands under: one, or by node as many as hold a
 * ready endpoint. Never none. */
void ob_row_groups(const ob_cluster *c, ob_group by, const ob_row *r,
                   void (*fn)(void *arg, const char *name), void *arg);

#endif
