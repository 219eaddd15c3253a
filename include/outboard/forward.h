/* Port forwards: `kubectl port-forward` as a managed child, for what is reached from inside only.
 *
 * A forward keeps its local port over restarts: when kubectl ends (the pod went, the connection
 * broke) it is started again after a back-off; one that never came up is given up after
 * OB_FORWARD_TRIES. All of them end with the session, and with the program whichever way that
 * ends (the kernel tells them when their parent is gone).
 *
 * Ownership The session owns its forwards; what is got here is a copy.
 * Thread    UI; ob_session_fd() becomes readable when one of them has news.
 * Limits    OB_FORWARDS_MAX at a time.
 */
#ifndef OUTBOARD_FORWARD_H
#define OUTBOARD_FORWARD_H

#include "outboard/error.h"
#include "outboard/object.h"

struct ob_buf;
struct ob_session;

enum { OB_FORWARDS_MAX = 16, OB_FORWARD_TRIES = 3 };

typedef enum ob_forward_state {
  OB_FORWARD_STARTING,
  OB_FORWARD_UP,
  OB_FORWARD_WAITING, /* it ended, and is started again at retry_ms */
  OB_FORWARD_FAILED,  /* it never came up: why says what kubectl said */
} ob_forward_state;
extern const char *const ob_forward_states[]; /* "starting", "up", … */

typedef struct ob_forward {
  uint32_t id;
  char ns[64], name[256]; /* of the Service */
  uint16_t port;          /* of the Service */
  uint16_t local;         /* on 127.0.0.1, 0 not known yet */
  ob_forward_state state;
  int64_t since_ms; /* monotonic: of the state */
  uint32_t restarts;
  char why[256]; /* kubectl's last words, hostile; "" none */
} ob_forward;

/* Starts one, or finds the one that is there already. -OB_ENOTFOUND: no kubectl on PATH, the hint
 * is the line to run elsewhere; -OB_ELIMIT; -OB_EUNSUPPORTED: not for UDP, an ExternalName, or a
 * cluster that exists in this process alone. */
int ob_session_forward(struct ob_session *s, const ob_service *svc, int port_index,
                       uint32_t *ret_id, ob_err *err);
void ob_session_forward_stop(struct ob_session *s, uint32_t id);
size_t ob_session_forwards(const struct ob_session *s);
ob_forward ob_session_forward_at(const struct ob_session *s, size_t i);
/* "kubectl --context prod -n shop port-forward svc/web :80" */
void ob_session_forward_line(const struct ob_session *s, const ob_service *svc, int port_index,
                             struct ob_buf *out);

#endif
