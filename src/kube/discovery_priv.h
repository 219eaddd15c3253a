/* What discovery_docs.c and discovery.c share. Private. Thread: one owner at a time. */
#ifndef OB_KUBE_DISCOVERY_PRIV_H
#define OB_KUBE_DISCOVERY_PRIV_H

#include "base/map.h"
#include "kube/discovery.h"

typedef struct ob_discovery_row { /* one allocation, strings behind it */
  ob_api_resource r;
  char text[];
} ob_discovery_row;
typedef OB_VEC(ob_discovery_row *) ob_discovery_rows;
void ob_discovery_rows_done(ob_discovery_rows *rows);

struct ob_discovery {
  ob_discovery_rows rows;
  OB_VEC(char *) stale; /* groups */
  char *etag[2];        /* of /api and /apis */
  bool known[2]; /* by /api, by /apis */
};

void ob_discovery_stale_add(ob_discovery *d, const char *group);
/* Drops the rows of groups that an APIGroupList no longer names, and all stale marks. */
void ob_discovery_keep_groups(ob_discovery *d, const ob_json *groups);

#endif
