/* The forwards of a session and the descriptors that tell of them. Thread UI. */
#ifndef OB_SYNC_FORWARD_H
#define OB_SYNC_FORWARD_H

#include "base/buf.h"
#include "base/clock.h"
#include "outboard/forward.h"
#include "outboard/session.h"

typedef struct ob_forwards ob_forwards;

/* `poll_fd` is an epoll descriptor to which what is to be waited for is added; borrowed. The
 * options are copied; `context` is the one that was resolved, "" none. */
ob_forwards *ob_forwards_new(const ob_session_opts *opts, const char *context,
                             const ob_timing *timing, int poll_fd);
void ob_forwards_free(ob_forwards *f); /* ends them */
int ob_forwards_start(ob_forwards *f, const ob_service *svc, int port_index, uint32_t *ret_id,
                      ob_err *err);
void ob_forwards_stop(ob_forwards *f, uint32_t id);
size_t ob_forwards_len(const ob_forwards *f);
ob_forward ob_forwards_at(const ob_forwards *f, size_t i);
void ob_forwards_line(const ob_forwards *f, const ob_service *svc, int port_index, ob_buf *out);
/* Take what they said and start what is due. True when anything changed. */
bool ob_forwards_work(ob_forwards *f);

#endif
