/* The doctor: walks the chain from the kubeconfig to the cluster's data, link by link, and says
 * which is the first that is broken and what can be done.
 *
 * Purpose   `outboard doctor`. Opens no session.
 * Ownership A diagnosis owns nothing; copy it freely.
 * Thread    ANY, one call at a time; it waits for the network, each answer for at most each_ms.
 * Secrets   No token, password or key is ever in a text. Texts quote outside text: hostile.
 * Limits    OB_LINKS_MAX links; texts are cut at their arrays.
 */
#ifndef OUTBOARD_DOCTOR_H
#define OUTBOARD_DOCTOR_H

#include "outboard/session.h"

enum { OB_LINKS_MAX = 16, OB_DOCTOR_MS = 5000, OB_FOUND_MAX = 1536 };

typedef enum ob_link_state { OB_LINK_NOT_REACHED, OB_LINK_OK, OB_LINK_BROKEN } ob_link_state;

typedef struct ob_link_found {
  const char *name;   /* "tls" */
  const char *checks; /* what is looked at, a sentence */
  ob_link_state state;
  char found[OB_FOUND_MAX]; /* "" nothing to say */
  ob_err err;               /* BROKEN: what, and the remedy */
} ob_link_found;

typedef struct ob_diagnosis {
  char context[256], server[512]; /* "" not known */
  size_t n;
  ob_link_found links[OB_LINKS_MAX]; /* in the order of the chain */
  int broken;                        /* index of the first that is, -1 none */
} ob_diagnosis;

/* each_ms 0: OB_DOCTOR_MS. What is wrong stands in the diagnosis. */
void ob_doctor(ob_diagnosis *ret, const ob_session_opts *opts, int each_ms);

#endif
