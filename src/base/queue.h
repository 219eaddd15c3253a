/* An unbounded queue through which ownership moves from one thread to another.
 *
 * Push never blocks and never fails, pop never waits: the reader learns of new
 * items by other means (an eventfd, curl_multi_wakeup). Items are intrusive, so a
 * push allocates nothing.
 *
 * Thread ANY for push and pop; init and done by one owner when no other thread uses it.
 */
#ifndef OB_BASE_QUEUE_H
#define OB_BASE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

typedef struct ob_link {
  struct ob_link *next;
} ob_link;

typedef struct ob_queue {
  pthread_mutex_t lock;
  ob_link *head, *tail;
} ob_queue;

void ob_queue_init(ob_queue *q);
void ob_queue_done(ob_queue *q); /* must be empty: the owner pops and frees first */
/* True when the queue was empty before: the moment to wake the reader. */
bool ob_queue_push(ob_queue *q, ob_link *move_item);
ob_link *ob_queue_pop(ob_queue *q); /* NULL when empty */

#endif
