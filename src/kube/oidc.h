/* auth-provider oidc: an ID token that its issuer renews against a refresh token.
 *
 *   expired ─▶ ISSUER/.well-known/openid-configuration ─▶ token_endpoint ─▶ new tokens ─▶ the file
 *
 * Ownership ob_oidc borrows the http; it owns its current tokens and wipes them.
 * Thread    WATCHER.
 * Source    k8s.io/client-go plugin/pkg/client/auth/oidc; golang.org/x/oauth2; RFC 6749 section 6;
 *           OpenID Connect Discovery 1.0.
 */
#ifndef OB_KUBE_OIDC_H
#define OB_KUBE_OIDC_H

#include "kube/config.h"
#include "kube/http.h"
#include <stdint.h>

enum { OB_OIDC_EARLY_MS = 10000 };

typedef struct ob_oidc ob_oidc;

ob_oidc *ob_oidc_new(ob_http *h, const ob_kube_oidc *config);
void ob_oidc_free(ob_oidc *o); /* cancels a refresh under way */

/* The ID token at hand (borrowed; NULL none) and when it counts as expired (Unix ms: its exp less
 * OB_OIDC_EARLY_MS). -OB_EAUTH when it is no JWT. */
int ob_oidc_token(const ob_oidc *o, const char **ret, int64_t *ret_expires_ms, ob_err *err);
/* Ask the issuer for the next one; done() comes from a later poll. */
void ob_oidc_refresh(ob_oidc *o, void (*done)(void *arg, const ob_err *err), void *arg);

/* How storing the last new tokens went: code OB_OK, or why they are in memory only. */
const ob_err *ob_oidc_stored(const ob_oidc *o);

/* `exp` of a JWT as Unix ms. Pure. */
int ob_jwt_expiry(const char *jwt, int64_t *ret_ms, ob_err *err);

/* Put the two tokens into auth-provider.config of `user` in the kubeconfig `path` (refresh NULL:
 * unchanged). The file keeps its rights, its comments where the old tokens stand in it as they
 * are, and is replaced as a whole; where it is a symlink, what it points to. kubectl's lock file
 * is respected. -OB_EIO, -OB_ECONFIG. */
int ob_oidc_store(const char *path, const char *user, const char *id_token, const char *refresh,
                  ob_err *err);

#endif
