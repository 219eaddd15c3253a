/* What a person reads when no answer came: the place, what happened, what to do. TLS libraries
 * say the cause only in prose, so that prose is looked through here and nowhere else. */
#include "base/str.h"
#include "kube/cert.h"
#include "kube/http_priv.h"
#include "kube/oidc.h"
#include <errno.h>
#include <stdio.h>

#define LOOK_AT_PROXY "look at proxy-url of the cluster and at HTTPS_PROXY"

static bool says(const char *detail, const char *part) {
  return ob_contains_nocase(detail, part);
}

/* The other side of a proxy's TLS is the proxy. */
static void explain_proxy_tls(ob_err *err, const ob_http_failure *f, const char *where) {
  ob_fail(err, OB_ETLS, "%s: %s: %s", where,
          f->why == OB_WHY_VERIFY ? "its certificate cannot be verified" : "no TLS with it",
          ob_or(f->detail, "no reason given"));
  ob_hint(err, f->why == OB_WHY_VERIFY
                   ? "its CA must be one of this computer's, or in certificate-authority of the "
                     "cluster"
                   : "should proxy-url begin with http://?");
}

static void explain_verify(ob_err *err, const ob_kube_target *t, const char *where,
                           const char *detail) {
  const char *name = t->tls_server_name ? t->tls_server_name : t->host;
  if (says(detail, "subject name") || says(detail, "hostname mismatch") ||
      says(detail, "does not match")) {
    ob_fail(err, OB_ETLS, "%s: the server's certificate is not for the name \"%s\"", where, name);
    ob_hint(err, "use the name that the certificate has, or set tls-server-name of the cluster");
  } else if (says(detail, "has expired")) {
    ob_fail(err, OB_ETLS, "%s: the server's certificate has expired", where);
    ob_hint(err, "the cluster's certificates need renewal; look at this computer's clock too");
  } else if (says(detail, "not yet valid")) {
    ob_fail(err, OB_ETLS, "%s: the server's certificate is not valid yet", where);
    ob_hint(err, "look at this computer's clock");
  } else if (says(detail, "issuer") || says(detail, "self-signed") || says(detail, "self signed") ||
             says(detail, "signature failure") || says(detail, "unable to verify")) {
    bool ours = t->ca_file || t->ca_pem;
    ob_fail(err, OB_ETLS, "%s: the server's certificate is signed by an unknown authority", where);
    ob_hint(err, ours ? "the certificate-authority of the cluster is not the one that signed it"
                      : "set certificate-authority of the cluster to the server's CA");
  } else {
    ob_fail(err, OB_ETLS, "%s: the server's certificate cannot be verified: %s", where,
            ob_or(detail, "no reason given"));
    ob_hint(err, "look at the certificate-authority of the cluster");
  }
}

static void explain_tls(ob_err *err, const ob_kube_target *t, const char *where,
                        const char *detail) {
  bool ours = t->cert_file || t->cert_pem;
  if (says(detail, "wrong version number") || says(detail, "packet length too long") ||
      says(detail, "http request")) {
    ob_fail(err, OB_ETLS, "%s: the other side does not speak TLS", where);
    ob_hint(err, "is it the right port, or should `server` begin with http://?");
  } else if (says(detail, "alert") && (says(detail, "certificate") || says(detail, "unknown ca"))) {
    ob_fail(err, OB_ETLS, "%s: the server %s the client certificate: %s", where,
            ours ? "refused" : "wants a client certificate; without", detail);
    ob_hint(err,
            "look at client-certificate and client-key of the user: expired, or of another CA?");
  } else if (says(detail, "protocol version") || says(detail, "unsupported protocol")) {
    ob_fail(err, OB_ETLS, "%s: the server offers only TLS older than 1.2", where);
    ob_hint(err, "the server needs an update");
  } else {
    ob_fail(err, OB_ETLS, "%s: the TLS handshake failed: %s", where, ob_or(detail, "cut off"));
  }
}

static void explain_connect(ob_err *err, const char *where, int os_errno, const char *detail) {
  switch (os_errno) {
  case ECONNREFUSED:
    ob_fail(err, OB_ENET, "%s: connection refused", where);
    ob_hint(err, "is the cluster running, and is `server` in the kubeconfig right?");
    break;
  case EHOSTUNREACH:
  case ENETUNREACH:
    ob_fail(err, OB_ENET, "%s: no route to the host", where);
    ob_hint(err, "is the network, or the VPN, up?");
    break;
  case ETIMEDOUT:
    ob_fail(err, OB_ENET, "%s: the host does not answer", where);
    ob_hint(err, "is the network, or the VPN, up?");
    break;
  default:
    ob_fail(err, OB_ENET, "%s: cannot connect: %s", where,
            os_errno ? strerror(os_errno) : ob_or(detail, "no reason given"));
  }
}

void ob_http_explain(ob_err *err, const ob_kube_target *t, const ob_http_failure *f) {
  char where[600];
  const char *detail = f->detail;
  int os_errno = f->os_errno;
  bool v6 = strchr(t->host, ':') != NULL;
  if (f->at_proxy)
    (void)snprintf(where, sizeof where, "the proxy %s", f->proxy);
  else
    (void)snprintf(where, sizeof where, "%s%s%s:%d", v6 ? "[" : "", t->host, v6 ? "]" : "",
                   t->port);
  double s = (double)f->limit_ms / 1000.0;
  switch (f->why) {
  case OB_WHY_DNS:
    ob_fail(err, OB_ENET, "%s: the name cannot be resolved", where);
    ob_hint(err, "is `server` in the kubeconfig right, and the network, or the VPN, up?");
    break;
  case OB_WHY_PROXY_DNS:
    ob_fail(err, OB_ENET, "%s: the proxy's name cannot be resolved", where);
    ob_hint(err, LOOK_AT_PROXY);
    break;
  case OB_WHY_CONNECT:
    explain_connect(err, where, os_errno, detail);
    if (f->at_proxy) ob_hint(err, LOOK_AT_PROXY);
    break;
  case OB_WHY_CONNECT_TIME:
    ob_fail(err, OB_ETIMEOUT, "%s: no connection within %g s", where, s);
    ob_hint(err, f->at_proxy ? LOOK_AT_PROXY : "is the network, or the VPN, up?");
    break;
  case OB_WHY_TIME: ob_fail(err, OB_ETIMEOUT, "%s: no whole answer within %g s", where, s); break;
  case OB_WHY_STALL:
    ob_fail(err, OB_ETIMEOUT, "%s: the answer stopped coming for %g s", where, s);
    break;
  case OB_WHY_PROXY:
    ob_fail(err, OB_ENET, "%s: the proxy %s refused: %s", where, f->proxy,
            ob_or(detail, "no reason given"));
    ob_hint(err, LOOK_AT_PROXY ", and whether it can reach the server");
    break;
  case OB_WHY_TLS:
    if (f->at_proxy)
      explain_proxy_tls(err, f, where);
    else
      explain_tls(err, t, where, detail);
    break;
  case OB_WHY_NAMELESS:
    ob_fail(err, OB_ETLS, "%s: the server's certificate has no subjectAltName", where);
    ob_hint(err, "names that stand only in its subject (CN) do not count any more; make it anew "
                 "with subjectAltName");
    break;
  case OB_WHY_VERIFY:
    if (f->at_proxy)
      explain_proxy_tls(err, f, where);
    else
      explain_verify(err, t, where, detail);
    break;
  case OB_WHY_CA:
    ob_fail(err, OB_ETLS, "unable to load root certificates of cluster \"%s\"", t->cluster);
    ob_hint(err, "its certificate-authority must hold PEM certificates");
    break;
  case OB_WHY_CERT:
    ob_fail(err, OB_EAUTH, "the client certificate of user \"%s\" cannot be used: %s", t->user,
            says(detail, "private key") ? "the key is not its key, or has a passphrase"
                                        : "it is no certificate in PEM");
    ob_hint(err, "certificate and key must be PEM, belong together, and have no passphrase");
    break;
  case OB_WHY_CUT:
    ob_fail(err, OB_ENET, "%s: the connection broke%s%s", where, os_errno ? ": " : "",
            os_errno ? strerror(os_errno) : "");
    break;
  case OB_WHY_NOT_HTTP:
    ob_fail(err, OB_EPROTO, "%s: the other side does not speak HTTP", where);
    ob_hint(err, t->https ? "is it the right port?" : "should `server` begin with https://?");
    break;
  case OB_WHY_ENCODING:
    ob_fail(err, OB_EPROTO, "%s: the compressed answer is broken", where);
    break;
  case OB_WHY_URL:
    ob_fail(err, OB_ECONFIG, "%s: this address cannot be used", t->server);
    ob_hint(err, "look at `server` of the cluster");
    break;
  case OB_WHY_TOO_LARGE: ob_fail(err, OB_ELIMIT, "%s: the answer is larger than %d bytes", where, (int)OB_HTTP_BODY_MAX); break;
  case OB_WHY_CANCELED: ob_fail(err, OB_ECANCELED, "stopped"); break;
  case OB_WHY_OTHER:
    ob_fail(err, OB_ENET, "%s: %s", where, ob_or(detail, "the request failed"));
    break;
  }
}

static bool explain_cert(ob_err *err, const ob_kube_target *t, const char *cert) {
  ob_cert_dates d;
  char at[OB_TIME_TEXT];
  int64_t now = ob_wall_ms();
  if (!ob_cert_dates_of(&d, cert) || (now >= d.not_before_ms && now < d.not_after_ms)) return false;
  bool over = now >= d.not_after_ms;
  ob_fail(err, OB_EAUTH, "the client certificate of user \"%s\" %s %s", t->user,
          over ? "expired at" : "is not valid before",
          ob_time_text(at, over ? d.not_after_ms : d.not_before_ms));
  ob_hint(err, over ? "the one who gave it has to renew it (kubeadm certs renew, or the provider's "
                      "own login)"
                    : "look at this computer's clock");
  return true;
}

static void explain_token(ob_err *err, const ob_kube_target *t, const char *token) {
  char at[OB_TIME_TEXT];
  int64_t until = 0;
  if (!token || ob_jwt_expiry(token, &until, NULL) || ob_wall_ms() < until) return;
  bool pod = t->in_cluster;
  ob_fail(err, OB_EAUTH, "the token of %s%s%s expired at %s", pod ? "this pod" : "user \"",
          pod ? "" : ob_or(t->user, ""), pod ? "" : "\"", ob_time_text(at, until));
  ob_hint(err, "log in again, or make another (kubectl create token)");
}

void ob_http_explain_expiry(ob_err *err, const ob_kube_target *t, const char *cert,
                            const char *token) {
  int http = err->http;
  if (!explain_cert(err, t, cert)) explain_token(err, t, token);
  err->http = http;
}

void ob_http_explain_answer(const ob_kube_target *t, const ob_http_request *q, const char *location,
                            ob_http_result *r) {
  if (r->status < 400) {
    ob_fail(&r->err, OB_EPROTO, "%s: the server answers with a redirect (HTTP %d)%s%s", t->server,
            r->status, *location ? " to " : "", location);
    r->err.http = r->status;
    ob_hint(&r->err, "redirects are not followed: credentials would go along. Is `server` right?");
  } else if (r->status == 400 && !t->https && says(r->body, "https")) {
    ob_fail(&r->err, OB_EPROTO, "%s: the server speaks https, not http", t->server);
    ob_hint(&r->err, "`server` of the cluster should begin with https://");
    r->err.http = r->status;
  } else if (r->failure) {
    ob_status_err(r->failure, r->status, q->method, q->path, &r->err);
    if (t->as && r->status == 403 && says(r->err.msg, "cannot impersonate"))
      ob_hint(&r->err, "ask for the right to impersonate \"%s\", or take `as` out of the user",
              t->as);
  } else {
    ob_status_to_err(r->body, r->body_len, r->status, q->method, q->path, &r->err);
  }
}
