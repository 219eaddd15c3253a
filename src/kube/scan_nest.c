/* Most bytes of a list lie inside strings, so those are crossed eight at a time; outside, only
 * five bytes matter. */
#include "kube/scan_nest.h"
#include <string.h>

#define ONES  0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL

static uint64_t has_byte(uint64_t v, unsigned char c) {
  uint64_t x = v ^ (ONES * c);
  return (x - ONES) & ~x & HIGHS;
}

/* The next quote or backslash, or end. */
static const char *string_stop(const char *p, const char *end) {
  while (end - p >= 8) {
    uint64_t v;
    memcpy(&v, p, 8);
    if (has_byte(v, '"') | has_byte(v, '\\')) break;
    p += 8;
  }
  while (p < end && *p != '"' && *p != '\\') p++;
  return p;
}

enum { PLAIN, QUOTE, OPEN, CLOSE };
static const unsigned char class_of[256] = {
    ['"'] = QUOTE, ['{'] = OPEN, ['['] = OPEN, ['}'] = CLOSE, [']'] = CLOSE};

static bool level_is_array(const ob_nest *n, unsigned level) {
  return n->arrays[level / 64] >> (level % 64) & 1;
}

static bool open_level(ob_nest *n, bool array) {
  if (n->depth == OB_SCAN_DEPTH) return false;
  uint64_t bit = 1ULL << (n->depth % 64);
  if (array)
    n->arrays[n->depth / 64] |= bit;
  else
    n->arrays[n->depth / 64] &= ~bit;
  n->depth++;
  return true;
}

ob_nest_end ob_nest_run(ob_nest *n, const char **io_p, const char *end) {
  const char *p = *io_p;
  ob_nest_end result = OB_NEST_MORE;
  while (p < end) {
    if (n->in_string) {
      if (n->escaped) {
        n->escaped = false;
        p++;
        continue;
      }
      p = string_stop(p, end);
      if (p == end) break;
      if (*p++ == '\\') {
        n->escaped = true;
        continue;
      }
      n->in_string = false;
      if (n->depth == 0) {
        result = OB_NEST_DONE;
        break;
      }
      continue;
    }
    while (p < end && class_of[(unsigned char)*p] == PLAIN) p++;
    if (p == end) break;
    char c = *p++;
    if (c == '"') {
      n->in_string = true;
    } else if (c == '{' || c == '[') {
      if (!open_level(n, c == '[')) {
        result = OB_NEST_DEEP;
        break;
      }
    } else {
      if (n->depth == 0 || level_is_array(n, n->depth - 1) != (c == ']')) {
        result = OB_NEST_BAD;
        break;
      }
      if (--n->depth == 0) {
        result = OB_NEST_DONE;
        break;
      }
    }
  }
  *io_p = p;
  return result;
}

const char *ob_nest_skip(const char *p, const char *end) {
  if (p == end) return NULL;
  if (class_of[(unsigned char)*p] == PLAIN) {
    const char *from = p;
    while (p < end && !ob_scalar_end(*p)) p++;
    return p > from ? p : NULL;
  }
  ob_nest n = {0};
  return ob_nest_run(&n, &p, end) == OB_NEST_DONE ? p : NULL;
}
