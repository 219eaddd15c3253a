/* A locked singly linked list. The lock is held for a few instructions only. */
#include "base/queue.h"
#include <stddef.h>

void ob_queue_init(ob_queue *q) {
  pthread_mutex_init(&q->lock, NULL);
  q->head = q->tail = NULL;
}

void ob_queue_done(ob_queue *q) {
  pthread_mutex_destroy(&q->lock);
}

bool ob_queue_push(ob_queue *q, ob_link *move_item) {
  move_item->next = NULL;
  pthread_mutex_lock(&q->lock);
  bool was_empty = !q->head;
  if (was_empty) {
    q->head = move_item;
  } else {
    q->tail->next = move_item;
  }
  q->tail = move_item;
  pthread_mutex_unlock(&q->lock);
  return was_empty;
}

ob_link *ob_queue_pop(ob_queue *q) {
  pthread_mutex_lock(&q->lock);
  ob_link *item = q->head;
  if (item) {
    q->head = item->next;
    if (!q->head) q->tail = NULL;
  }
  pthread_mutex_unlock(&q->lock);
  if (item) item->next = NULL;
  return item;
}
