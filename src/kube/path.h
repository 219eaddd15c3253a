/* Request paths of the Kubernetes API, built and read back.
 *
 * Thread ANY. Source: k8s.io/apiserver/pkg/endpoints/request RequestInfo.
 */
#ifndef OB_KUBE_PATH_H
#define OB_KUBE_PATH_H

#include "base/buf.h"

/* Append "/api/v1/namespaces/NS/services/NAME/status"; group "" is the core group; ns, name and
 * sub may be NULL or "". Every part is percent-encoded. Returns 0 or -OB_ELIMIT. */
int ob_api_path(ob_buf *out, const char *group, const char *version, const char *ns,
                const char *plural, const char *name, const char *sub);

/* Append "?key=value" or "&key=value", encoded; `out` holds a path. NULL value: nothing. */
int ob_api_query(ob_buf *out, const char *key, const char *value);

/* What a request asks for, in RBAC's words. */
typedef struct ob_api_request {
  char verb[24]; /* get list watch create update patch delete deletecollection */
  char group[128], version[32], resource[128]; /* resource: "services", "pods/log"; "" none */
  char ns[128], name[256];
} ob_api_request;
/* False when the path is no resource's (then only verb is set: get, …). */
bool ob_api_request_of(ob_api_request *ret, const char *method, const char *path);

#endif
