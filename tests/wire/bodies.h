/* What is done to the bytes of lists and watches. Hooks of rows: the proxy's threads, one at a
 * time. */
#ifndef OB_TEST_WIRE_BODIES_H
#define OB_TEST_WIRE_BODIES_H

#include "wire/matrix.h"

typedef ob_alter_then mx_body_fn(mx *m, const ob_alter_reply *r, ob_buf *bytes);

/* The whole: what is cut, turned, packed. */
mx_body_fn body_cut;        /* a list ends at a random byte */
mx_body_fn body_turned;     /* a random byte of a list or an event is another */
mx_body_fn body_portal;     /* HTML instead of a list, and of a watch */
mx_body_fn body_gzip_bad;   /* compressed, a byte turned */
mx_body_fn body_gzip_short; /* compressed, cut */
mx_body_fn body_line_cut;   /* an event without its end */
mx_body_fn body_line_words; /* no JSON where an event should be */

/* The object called "victim". */
mx_body_fn body_utf8;
mx_body_fn body_nul;
mx_body_fn body_deep;
mx_body_fn body_huge;
mx_body_fn body_twice;  /* every key of it twice: the first time wrong */
mx_body_fn body_number; /* a port that is no port */
mx_body_fn body_type;   /* a string where a list should be */

/* Events. */
mx_body_fn body_doubled;      /* each comes twice */
mx_body_fn body_new_type;     /* of a type that nobody knows yet */
mx_body_fn body_new_kind;     /* of a kind that was not asked for */
mx_body_fn body_old_bookmark; /* bookmarks with resourceVersion 1 */
mx_body_fn body_unknown_gone; /* DELETED of what never was */
mx_body_fn body_expired;      /* each watch begins with 410 */

void head_gzip(mx *m, const ob_alter_reply *r, ob_buf *head);
void head_portal(mx *m, const ob_alter_reply *r, ob_buf *head);
void head_redirect(mx *m, const ob_alter_reply *r, ob_buf *head);

#endif
