/* Verdicts and sentences of a probe: what a person reads, and what can be done. Private to
 * probe*.c of this room. Thread WATCHER. */
#ifndef OB_KUBE_PROBE_WORDS_H
#define OB_KUBE_PROBE_WORDS_H

#include "kube/http_priv.h"
#include "outboard/probe.h"

enum { OB_PROBE_CERT_SOON_DAYS = 14 };

typedef struct ob_probe_failure {
  ob_http_why why;
  const char *host, *detail;
  uint16_t port;
  int os_errno;
  int64_t waited_ms;
} ob_probe_failure;
/* result->reached tells at which step. */
void ob_probe_say_failure(ob_probe_result *r, const ob_probe_target *t, const ob_probe_failure *f);
void ob_probe_say_untrusted(ob_probe_result *r, const char *host, const char *detail);
void ob_probe_say_refused(ob_probe_result *r, const char *host, const char *address,
                          const char *class);
void ob_probe_say_loop(ob_probe_result *r);
void ob_probe_say_not_followed(ob_probe_result *r, const char *why);
/* A good answer whose certificate ends soon. */
void ob_probe_judge_chain(ob_probe_result *r, int64_t now_ms);

#endif
