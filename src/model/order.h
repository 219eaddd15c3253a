/* A sorted sequence of which a part is shown, by position.
 *
 * The seats lie in blocks of at most OB_ORDER_BLOCK, so that one that comes or goes moves no
 * more than a block, however long the sequence is; a bit for each says whether it is shown. The
 * i-th shown seat is found by the blocks' counts in O(log n).
 *
 * What decides over showing may change for all of them at once: then everything is hidden, and
 * looked at again block by block, from the first on, as fast as the caller likes.
 *
 * Ownership Items are the caller's.
 * Thread    One owner at a time.
 */
#ifndef OB_MODEL_ORDER_H
#define OB_MODEL_ORDER_H

#include "base/mem.h"
#include <stdbool.h>
#include <stdint.h>

enum { OB_ORDER_BLOCK = 256 };

typedef struct ob_seat {
  uint64_t head; /* a number that orders as the item does, as far as it goes */
  void *item;
} ob_seat;
/* Of two seats; 0 for the same one alone. For qsort(), too. */
typedef int (*ob_seat_cmp)(const void *a, const void *b);

/* Whom a new judgement may turn out otherwise for. */
typedef enum ob_order_ask {
  OB_ASK_ALL,
  OB_ASK_SHOWN, /* what was hidden stays hidden */
  OB_ASK_HIDDEN /* what was shown stays shown */
} ob_order_ask;

typedef struct ob_order {
  ob_seat_cmp cmp;
  OB_VEC(struct ob_order_block *) blocks;
  OB_VEC(size_t) before; /* shown before each block; true of the first `summed` */
  size_t summed, len, shown;
  ob_order_ask ask;
  size_t stale; /* no block before it waits for a judgement */
} ob_order;

void ob_order_done(ob_order *o);
/* Takes these instead of what it has, all of them shown. They are sorted already. */
void ob_order_fill(ob_order *o, const ob_seat *seats, size_t n);
/* How many more (or fewer) are shown now: 1, 0, -1. */
int ob_order_insert(ob_order *o, ob_seat p, bool shown);
int ob_order_remove(ob_order *o, ob_seat p); /* absent: nothing */
int ob_order_show(ob_order *o, ob_seat p, bool shown);

/* The i-th of the shown; i < o->shown. */
void *ob_order_at(const ob_order *o, size_t i);
/* Where in the shown the item stands for which `is` holds, looked for outwards from `near`;
 * SIZE_MAX: nowhere. */
size_t ob_order_search(const ob_order *o, size_t near,
                       bool (*is)(const void *arg, const void *item), const void *arg);

/* Hides everything until it is judged. While another judgement is under way, whom to ask is
 * whoever either of them asks. */
void ob_order_hide(ob_order *o, ob_order_ask ask);
/* Some are not judged yet. */
bool ob_order_waits(const ob_order *o);
/* Judges the next block; `known`: shown before, and not asked for. False: none was left. */
bool ob_order_judge(ob_order *o, bool (*fn)(void *arg, void *item, bool known), void *arg);

#endif
