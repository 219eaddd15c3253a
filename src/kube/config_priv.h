/* What the parts of the kubeconfig reader share; nobody else includes this.
 *
 * A merged kubeconfig is a list of entries that point into the documents they came from, so
 * that an error found late still names file, line and field. Thread: one owner at a time.
 */
#ifndef OB_KUBE_CONFIG_PRIV_H
#define OB_KUBE_CONFIG_PRIV_H

#include "base/map.h"
#include "base/yaml.h"
#include "kube/config.h"

typedef struct ob_kube_source {
  char *name;       /* as messages call it: the path as given */
  char *path;       /* "": a document in memory */
  char *dir;        /* relative paths stand against it; "" none */
  bool open_to_all; /* everybody on this computer may read it */
  ob_yaml_doc *doc;
} ob_kube_source;

typedef enum ob_kube_list {
  OB_KUBE_CLUSTERS,
  OB_KUBE_USERS,
  OB_KUBE_CONTEXTS,
  OB_KUBE_LISTS
} ob_kube_list;

typedef struct ob_kube_entry {
  const char *name;
  const ob_json *node; /* the cluster, user or context itself; NULL when absent */
  const ob_json *item; /* {name: …} around it */
  const ob_kube_source *src;
  char *field; /* "clusters[2].cluster" */
} ob_kube_entry;

struct ob_kubeconfig {
  OB_VEC(ob_kube_source *) sources;
  OB_VEC(ob_kube_entry *) lists[OB_KUBE_LISTS];
  ob_map by_name[OB_KUBE_LISTS];
  const char *current; /* NULL none */
  ob_kube_source *current_src;
  const ob_json *current_node;
};

/* -OB_ECONFIG "FILE:LINE: FIELD: what"; node and field may be NULL. */
int ob_kube_complain(ob_err *err, const ob_kube_source *src, const ob_json *node, const char *field,
                     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Types and base64 of every known field of a document: what Go's decoder would refuse. */
int ob_kube_check(const ob_kube_source *src, ob_err *err);

/* The keys of the three lists: "clusters" and "cluster", … */
extern const char *const ob_kube_list_key[OB_KUBE_LISTS], *const ob_kube_item_key[OB_KUBE_LISTS];

const ob_kube_entry *ob_kube_find(const ob_kubeconfig *k, ob_kube_list list, const char *name);

/* One entry under resolution. */
typedef struct ob_kube_where {
  const ob_kube_entry *e; /* NULL: everything is absent */
  ob_err *err;
} ob_kube_where;

/* A string field; NULL when absent or empty. */
const char *ob_kube_str(const ob_kube_where *w, const char *key);
/* ob_kube_complain() about a field of the entry. */
int ob_kube_refuse(const ob_kube_where *w, const char *key, const char *what);
/* A path of the entry against the folder of its file (caller owns); NULL stays NULL. */
char *ob_kube_path(const ob_kube_where *w, const char *path);

/* exec and auth-provider of a user whose other credentials are in *t already; `cluster` for what
 * a plugin is told about it (config_login.c). */
int ob_kube_resolve_login(ob_kube_target *t, const ob_kube_where *user,
                          const ob_kube_where *cluster);
void ob_kube_login_free(ob_kube_target *t);

/* The names of a list in a sentence ("a", "b", … and 3 more), in quotes. */
void ob_kube_names(ob_buf *out, const ob_kubeconfig *k, ob_kube_list list);

#endif
