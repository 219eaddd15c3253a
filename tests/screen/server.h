/* The server of a case: `outboard serve` as a child, reached through a relay in this process
 * whose port stays while the network is switched off and on. */
#ifndef OB_TEST_SCREEN_SERVER_H
#define OB_TEST_SCREEN_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct server server;

/* Starts argv, waits for the kubeconfig on its stdout, writes it with the relay's port to
 * `path`. NULL with the reason on stdout. */
server *server_start(char *const argv[], const char *path);
void server_stop(server *s);
typedef enum server_net {
  SERVER_OFF = '0', /* the port is closed and every connection cut */
  SERVER_ON = '1',
  SERVER_SLOW = 's' /* on, at the pace of a bad line: some 25 KB a second for a connection */
} server_net;
void server_network(server *s, server_net net);
/* True when within a second the relay has no connection left (open: has one). */
bool server_connections(server *s, bool open);
/* One request with the kubeconfig's token; the body as JSON. Returns the HTTP status, 0 none. */
long server_request(server *s, const char *method, const char *path, const char *body);
/* What the last request was answered, or why it was not. Valid until the next one. */
const char *server_answer(const server *s);
/* metadata.uid of the object at the path. */
bool server_uid(server *s, const char *path, char *ret, size_t max);

#endif
