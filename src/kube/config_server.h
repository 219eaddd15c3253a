/* The `server` of a cluster, taken apart as Go's url.Parse and client-go take it.
 *
 * Thread ANY. Ownership: ob_kube_server_done() frees the strings.
 */
#ifndef OB_KUBE_CONFIG_SERVER_H
#define OB_KUBE_CONFIG_SERVER_H

#include "base/buf.h"
#include <stdbool.h>

typedef struct ob_kube_server {
  bool https;
  char *host; /* without brackets */
  int port;
  char *prefix;              /* "" or "/path" without final slash */
  char *username, *password; /* NULL none; decoded */
} ob_kube_server;

/* NULL when it can be used; else what is wrong with it, in words (a literal). No scheme means
 * plain http, as kubectl has it. Query and fragment are dropped. */
const char *ob_kube_server_parse(ob_kube_server *ret, const char *server);
void ob_kube_server_done(ob_kube_server *s);
OB_AUTO_DEFINE(ob_kube_server, ob_kube_server_done)

/* Appends the URL as it stands in a file without what may be a secret: the user and password before
 * the host, query and fragment. */
void ob_kube_server_show(ob_buf *out, const char *server);

/* "https://host:port/prefix" (caller owns). */
char *ob_kube_server_text(const ob_kube_server *s);

#endif
