/* libcurl for the two files of this room that speak it, and the only place that includes it:
 * http.c with http_easy.c asks the API server, probe.c asks what the cluster exposes. Both put their easy
 * handles on the one curl_multi of an ob_http, so that one poll serves all of them.
 *
 * Thread WATCHER. Private to http*.c, curl.c and probe.c.
 */
#ifndef OB_KUBE_CURL_H
#define OB_KUBE_CURL_H

#include "kube/http_priv.h"
#include <curl/curl.h>

/* Head of whatever owns an easy handle on the multi; CURLOPT_PRIVATE points at it. */
typedef struct ob_easy ob_easy;
struct ob_easy {
  CURL *curl;
  /* The transfer ended, or its connection was dropped (CURLE_RECV_ERROR); the handle is off the
   * multi and still the owner's to clean up. Runs inside ob_http_poll(), outside of libcurl. It
   * may add guests, but none after an error. NULL: one of http.c's own calls. */
  void (*done)(ob_easy *e, CURLcode rc);
  ob_easy *next, *prev; /* of the ob_http's guests */
};

/* Sets CURLOPT_PRIVATE and starts the transfer at the next poll. `done` must be set. */
void ob_http_guest_add(ob_http *h, ob_easy *e);
/* done() is not called any more. Not inside a callback of libcurl. No effect once it has ended. */
void ob_http_guest_remove(ob_http *h, ob_easy *e);

CURLM *ob_curl_multi_new(void);
/* Lists of headers hold credentials. */
void ob_curl_slist_wipe(struct curl_slist *l);

/* What a person would call a libcurl error. */
ob_http_why ob_curl_why(CURLcode rc);

#endif
