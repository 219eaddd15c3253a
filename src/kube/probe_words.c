/* One function for each way in which a probe ends. */
#include "kube/probe_words.h"

#include "base/str.h"
#include "kube/probe.h"
#include <errno.h>

#define FAIL(r, code, ...) (r)->verdict = OB_PROBE_BAD, ob_fail(&(r)->err, code, __VA_ARGS__)

static double seconds(int64_t ms) {
  int64_t tenths = (ms + 50) / 100;
  return (double)tenths / 10.0;
}

static void say_connect(ob_probe_result *r, const ob_probe_failure *f) {
  switch (f->os_errno) {
  case ECONNREFUSED:
    FAIL(r, OB_ENET, "connection refused at port %u", f->port);
    ob_hint(&r->err, "nothing listens there, or a firewall says no");
    break;
  case EHOSTUNREACH:
  case ENETUNREACH:
    FAIL(r, OB_ENET, "no route to it from here");
    ob_hint(&r->err, "is it an address of another network, or the VPN down?");
    break;
  default:
    FAIL(r, OB_ENET, "cannot connect: %s",
         f->os_errno ? strerror(f->os_errno) : ob_or(f->detail, "no reason given"));
  }
}

static void say_late(ob_probe_result *r, const ob_probe_failure *f) {
  double s = seconds(f->waited_ms);
  switch (r->reached) {
  case OB_STEP_DNS:
    FAIL(r, OB_ETIMEOUT, "%s was not resolved within %g s", f->host, s);
    ob_hint(&r->err, "is the name server reachable from here?");
    break;
  case OB_STEP_CONNECT:
    FAIL(r, OB_ETIMEOUT, "no connection to port %u within %g s", f->port, s);
    ob_hint(&r->err, "a firewall or security group that drops, or nobody behind the address");
    break;
  case OB_STEP_TLS:
    FAIL(r, OB_ETIMEOUT, "connected, but no TLS handshake within %g s", s);
    ob_hint(&r->err, "is it a port that speaks TLS?");
    break;
  default:
    FAIL(r, OB_ETIMEOUT, "connected, but no answer within %g s", s);
    ob_hint(&r->err, "the way is open; what stands behind it is slow or stuck");
  }
}

static void say_cut(ob_probe_result *r, const ob_probe_failure *f) {
  bool reset = f->os_errno == ECONNRESET || ob_contains_nocase(f->detail, "reset");
  FAIL(r, OB_ENET, "connected, then the connection was %s before an answer",
       reset ? "reset" : "closed");
  ob_hint(&r->err, "does this port speak %s? An entry without a ready endpoint does this, too",
          r->step_us[OB_STEP_TLS] >= 0 ? "HTTP" : "this protocol");
}

void ob_probe_say_failure(ob_probe_result *r, const ob_probe_target *t, const ob_probe_failure *f) {
  switch (f->why) {
  case OB_WHY_DNS:
    FAIL(r, OB_ENET, "%s cannot be resolved",
         t->via == OB_VIA_ADDRESS && ob_streq(f->host, t->host) ? t->address : f->host);
    ob_hint(&r->err, "is there a DNS record for it?");
    break;
  case OB_WHY_CONNECT: say_connect(r, f); break;
  case OB_WHY_CONNECT_TIME: say_late(r, f); break;
  case OB_WHY_CUT: say_cut(r, f); break;
  case OB_WHY_TLS:
    if (ob_contains_nocase(f->detail, "wrong version number") ||
        ob_contains_nocase(f->detail, "packet length")) {
      FAIL(r, OB_ETLS, "port %u does not speak TLS", f->port);
      ob_hint(&r->err, "should it be http://, or does TLS end elsewhere?");
    } else if (ob_contains_nocase(f->detail, "reset")) {
      say_cut(r, f);
    } else {
      FAIL(r, OB_ETLS, "the TLS handshake failed: %s", ob_or(f->detail, "cut off"));
    }
    break;
  case OB_WHY_CA:
    FAIL(r, OB_ETLS, "the certificates to trust cannot be read: %s", f->detail);
    ob_hint(&r->err, "--probe-ca takes a file of PEM certificates");
    break;
  case OB_WHY_NOT_HTTP:
    FAIL(r, OB_EPROTO, "port %u answers, but not in HTTP", f->port);
    ob_hint(&r->err, "appProtocol of the Service's port says what it speaks");
    break;
  case OB_WHY_URL: FAIL(r, OB_EUSAGE, "\"%s\" is no host that can be asked", f->host); break;
  default: FAIL(r, OB_ENET, "%s", ob_or(f->detail, "the request failed"));
  }
}

void ob_probe_say_untrusted(ob_probe_result *r, const char *host, const char *detail) {
  if (ob_contains_nocase(detail, "subject name") ||
      ob_contains_nocase(detail, "hostname mismatch") ||
      ob_contains_nocase(detail, "does not match")) {
    FAIL(r, OB_ETLS, "the certificate is not for %s", host);
    ob_hint(&r->err, "spec.tls must name the host and a secret with its certificate; controllers "
                     "show their own when they have none");
  } else if (ob_contains_nocase(detail, "expired")) {
    FAIL(r, OB_ETLS, "the certificate has expired");
    ob_hint(&r->err, "renew the secret's certificate");
  } else if (ob_contains_nocase(detail, "not yet valid")) {
    FAIL(r, OB_ETLS, "the certificate is not valid yet");
    ob_hint(&r->err, "look at this computer's clock");
  } else {
    FAIL(r, OB_ETLS, "the certificate is signed by nobody that this computer trusts");
    ob_hint(&r->err, "browsers will warn; --probe-ca FILE trusts a CA of your own");
  }
}

void ob_probe_say_refused(ob_probe_result *r, const char *host, const char *address,
                          const char *class) {
  if (r->nhops) {
    OB_AUTOFREE char *why = ob_asprintf("%s is the %s address %s", host, class, address);
    ob_probe_say_not_followed(r, why);
    return;
  }
  r->verdict = OB_PROBE_SKIPPED;
  if (strcmp(host, address) == 0)
    ob_fail(&r->err, OB_EFORBIDDEN, "not asked: %s is a %s address", address, class);
  else
    ob_fail(&r->err, OB_EFORBIDDEN, "not asked: %s is the %s address %s", host, class, address);
  ob_hint(&r->err,
          "an object of the cluster may name any address; --any-address asks all the same");
}

void ob_probe_say_loop(ob_probe_result *r) {
  FAIL(r, OB_EPROTO, "redirects that do not end: %d, the last to %s", r->nhops,
       r->nhops ? r->hop[r->nhops - 1].url : "itself");
  ob_hint(&r->err, "does the application redirect to https while TLS ends before it?");
}

void ob_probe_say_not_followed(ob_probe_result *r, const char *why) {
  r->verdict = OB_PROBE_WARN;
  ob_fail(&r->err, OB_EFORBIDDEN, "answers with a redirect that is not followed: %s", why);
}

void ob_probe_judge_status(ob_probe_result *r, int status) {
  r->status = status;
  if (status >= 500) {
    FAIL(r, OB_ESERVER, "HTTP %d", status);
    ob_hint(&r->err, status == 503 || status == 502 || status == 504
                         ? "the entry answers, and what stands behind it does not"
                         : "the application answers with an error");
  } else if (status >= 400 && status != 401 && status != 403) {
    r->verdict = OB_PROBE_WARN;
    ob_fail(&r->err, OB_ENOTFOUND, "HTTP %d", status);
    ob_hint(&r->err, status == 404 ? "reached, but nothing is at this path (or no rule matched)"
                                   : "reached, but it does not like the request");
  } else {
    r->verdict = OB_PROBE_OK;
  }
}

void ob_probe_judge_chain(ob_probe_result *r, int64_t now_ms) {
  if (r->verdict != OB_PROBE_OK || r->nchain == 0 || r->chain[0].to_ms == 0) return;
  int64_t days = (r->chain[0].to_ms - now_ms) / 86400000;
  if (days >= OB_PROBE_CERT_SOON_DAYS) return;
  r->verdict = OB_PROBE_WARN;
  ob_fail(&r->err, OB_ETLS, "the certificate ends in %lld day%s", (long long)days,
          days == 1 ? "" : "s");
  ob_hint(&r->err, "renew the secret's certificate");
}
