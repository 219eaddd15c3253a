/* One server of whichever kind, three tokens, a session, and a folder for what a login needs.
 *
 *                 embedded                        real (tests/cluster)
 *   first, next   the second replaces the first   both are good
 *   nobody        nobody's: 401                   a user without rights: 403
 *
 * Thread  The test's. Failures end the test.
 */
#ifndef TEST_LOGIN_WORLD_H
#define TEST_LOGIN_WORLD_H

#include "base/clock.h"
#include "base/str.h"
#include "contract/client.h"
#include "outboard/session.h"
#include "wire/proxy.h"

typedef struct world {
  ct *admin; /* makes the changes */
  bool real;
  char *first, *next, *nobody;
  ob_wire *wire; /* every connection of the session goes through it */
  char *server;  /* "https://127.0.0.1:PORT" of the wire */
  char dir[64];
  ob_session *session;
  int seen;          /* services made so far */
  const char *words; /* what world_stops() waits for */
} world;

void world_open(world *w);
void world_close(world *w);

char *world_path(const world *w, const char *name);
void world_write(const world *w, const char *name, const char *text); /* whole, by rename */
char *world_read(const world *w, const char *name);
int world_lines(const world *w, const char *name);
/* An executable shell script; $D is the folder. */
void world_script(const world *w, const char *name, const char *text);

/* Opens the session with a kubeconfig of this user and this cluster (YAML flow: "token: x", "…");
 * cluster NULL: the server and its CA. Waits until it is live. */
void world_login(world *w, const char *user, const char *cluster);
void world_open_session(world *w, ob_session_opts opts);

/* Somebody makes a service; the session sees it. */
void world_works(world *w, const char *when);
/* For so long that several watches began: still live, and still seeing. */
void world_goes_on(world *w, const char *when);
/* The next token counts, where a server can be told so. */
void world_revoke_first(world *w);
/* The session's services are no longer live, and it says why (any of the words, |). */
void world_stops(world *w, const char *when, const char *words);
bool world_until(world *w, bool (*fn)(const world *w), int ms);
bool world_live(const world *w);

#endif
