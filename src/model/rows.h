/* From an owner (Service, Ingress) to its rows in a view, and facts that rows share.
 *
 * Thread UI.
 * Limits OB_ROW_TWINS equal rules of an Ingress, or addresses of a Service, are told apart; of more
 *        some share a key (a mark or the cursor may stand on either).
 */
#ifndef OB_MODEL_ROWS_H
#define OB_MODEL_ROWS_H

#include "base/buf.h"
#include "outboard/view.h"

enum { OB_ROW_TWINS = 256 };

typedef void (*ob_row_fn)(void *arg, const ob_row *row);

/* Every row that the owner has in the view, in its own order. */
void ob_rows_of(const ob_cluster *c, ob_view_id view, const ob_object *owner, ob_row_fn fn,
                void *arg);

/* Where a row belongs in the view's own order: appends text that sorts bytewise. */
void ob_row_order(const ob_cluster *c, ob_view_id view, const ob_row *row, int64_t now_ms,
                  ob_buf *out);

/* Digest of what the row's cells are made of, ages left out: equal digests, equal cells. */
uint64_t ob_row_look(const ob_cluster *c, const ob_row *r, int64_t now_ms);

/* The addresses at which a service's node ports answer: each node's ExternalIP, else its
 * InternalIP, of the service's first family; with externalTrafficPolicy Local only of nodes that
 * hold a ready endpoint. Returns how many there are, writes at most max. */
size_t ob_node_addresses(const ob_cluster *c, const ob_service *s, const char **ret, size_t max);

/* The address text of a load balancer entry: ip or hostname. */
const char *ob_lb_address(const ob_lb_ingress *lb);
/* What follows appends outside text as it is. */
void ob_add_text(ob_buf *out, const char *s);
/* host or [host] for IPv6 literals, for "HOST:PORT". */
void ob_add_host(ob_buf *out, const char *host);
void ob_add_host_port(ob_buf *out, const char *host, unsigned port);
/* "HOST:PORT", and "/UDP" behind it when it is not TCP. */
void ob_add_dial(ob_buf *out, const char *host, unsigned port, const char *protocol);
/* The URL of a rule ("https://shop.example.com/api"); of one without a host, by the Ingress'
 * own address, or "*". True when a browser may be sent there. */
bool ob_add_rule_url(ob_buf *out, const ob_ingress *g, int rule, int path);
/* "web:http", "web:80", "Bucket/assets" */
void ob_add_backend(ob_buf *out, const ob_backend *b);
const ob_backend *ob_row_backend(const ob_row *row);

#endif
