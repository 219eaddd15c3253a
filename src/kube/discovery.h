/* Discovery: which groups, versions and resources a server has.
 *
 * One ob_discovery lives as long as its server. Starting a run asks `/api` and `/apis` for the
 * aggregated documents (with the ETags of the last run; nothing new costs two 304s); a server
 * that does not know them answers the old lists, and then one request per group version
 * follows, for the groups that were asked for.
 *
 * Ownership The ob_discovery owns its resources: pointers die at the next run that changes
 *           something (done's `changed`) and with it.
 * Thread    One owner at a time; runs belong to the WATCHER.
 * Limits    OB_DISCOVERY_RESOURCES resources, OB_DISCOVERY_REQUESTS requests in a run.
 * Source    KEP-3352; k8s.io/api/apidiscovery/v2; metav1 APIGroupList, APIResourceList.
 */
#ifndef OB_KUBE_DISCOVERY_H
#define OB_KUBE_DISCOVERY_H

#include "kube/http.h"

enum { OB_DISCOVERY_RESOURCES = 50000, OB_DISCOVERY_REQUESTS = 512 };

enum { /* verbs */
       OB_VERB_GET = 1 << 0,
       OB_VERB_LIST = 1 << 1,
       OB_VERB_WATCH = 1 << 2,
       OB_VERB_CREATE = 1 << 3,
       OB_VERB_UPDATE = 1 << 4,
       OB_VERB_PATCH = 1 << 5,
       OB_VERB_DELETE = 1 << 6
};

typedef struct ob_api_resource {
  const char *group, *version; /* group "": core */
  const char *plural, *kind;
  bool namespaced;
  bool preferred; /* the first version of its group, in the server's order, that has it */
  unsigned verbs; /* OB_VERB_* */
} ob_api_resource;

typedef struct ob_discovery ob_discovery;
ob_discovery *ob_discovery_new(void);
void ob_discovery_free(ob_discovery *d); /* no run may be under way */
OB_AUTOPTR_DEFINE(ob_discovery, ob_discovery_free)

/* Something is known. */
bool ob_discovery_known(const ob_discovery *d);
/* What names the group's resources (/api for core, /apis for the others) was read once: absence
 * means something. */
bool ob_discovery_knows(const ob_discovery *d, const char *group);
/* The resource at its preferred version, or NULL. */
const ob_api_resource *ob_discovery_find(const ob_discovery *d, const char *group,
                                         const char *plural);
const ob_api_resource *ob_discovery_find_version(const ob_discovery *d, const char *group,
                                                 const char *version, const char *plural);
size_t ob_discovery_len(const ob_discovery *d);
const ob_api_resource *ob_discovery_at(const ob_discovery *d, size_t i); /* server's order */

/* A group whose server (an aggregated API) did not answer discovery: what is known of it may
 * be old or nothing. "" and absent groups are not stale. */
bool ob_discovery_stale(const ob_discovery *d, const char *group);

/* --- documents (a run does this; here for tests) --- */
/* Takes one APIGroupDiscoveryList (of /api or /apis). Replaces what that path said before. */
int ob_discovery_take_aggregated(ob_discovery *d, bool core, const char *bytes, size_t n,
                                 ob_err *err);
/* Takes one APIResourceList of a group version; adds to or replaces that group version. */
int ob_discovery_take_resources(ob_discovery *d, const char *bytes, size_t n, ob_err *err);

/* --- runs --- */
typedef struct ob_discovery_run ob_discovery_run;
/* err->code OB_OK: all went well. Otherwise what could be read was taken, the rest is as before;
 * err says what failed first. The run is over and gone when this is called. */
typedef void (*ob_discovery_fn)(void *arg, bool changed, const ob_err *err);
/* groups (borrowed until done; ngroups 0: all) limits the requests to an old server. At most one
 * run at a time for one ob_discovery. */
ob_discovery_run *ob_discovery_start(ob_http *h, ob_discovery *d, const char *const *groups,
                                     size_t ngroups, ob_discovery_fn done, void *arg);
void ob_discovery_cancel(ob_discovery_run *run); /* done is not called */

#endif
