/* cJSON behind ob_json: an ob_json is a cJSON node.
 *
 * Three things are added to cJSON's reading. The text is scanned first (json_scan.c), so cJSON
 * sees sound JSON only. After the parse one walk drops overridden duplicates, which makes
 * lookups and iteration plain list walks, and gives numbers that a double cannot hold their
 * digits: such a node has its text in `valuestring` beside the rounded double. cJSON frees
 * and copies `valuestring` for every type, so nothing else needs to know.
 */
#include "base/json.h"
#include "base/json_scan.h"
#include "base/map.h"
#include "base/str.h"
#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

enum {
  FEW_KEYS = 12, /* up to here comparing pairs beats a map */
  TYPE_MASK = 0xFF,
};

/* Doubles hold every integer below it. */
#define EXACT_INT 0x1p53

static inline cJSON *node(ob_json *j) {
  return (cJSON *)(void *)j;
}
static inline const cJSON *cnode(const ob_json *j) {
  return (const cJSON *)(const void *)j;
}
static inline ob_json *json(cJSON *c) {
  return (ob_json *)(void *)c;
}
static inline const ob_json *cjson(const cJSON *c) {
  return (const ob_json *)(const void *)c;
}
static inline bool is(const cJSON *c, int type) {
  return c && (c->type & TYPE_MASK) == type;
}

/* A node that was just made. */
static cJSON *made(cJSON *c) {
  if (!c) ob_oom();
  return c;
}

/* --- parsing ------------------------------------------------------------------------ */

static void drop(cJSON *parent, cJSON *child) {
  cJSON_Delete(cJSON_DetachItemViaPointer(parent, child));
}

/* Remove each member that a later one of the same key overrides. */
static void drop_duplicates(cJSON *obj) {
  size_t n = 0;
  for (const cJSON *c = obj->child; c && n <= FEW_KEYS; c = c->next) n++;
  if (n <= FEW_KEYS) {
    cJSON *next;
    for (cJSON *c = obj->child; c; c = next) {
      const cJSON *d = c->next;
      next = c->next;
      while (d && (d->string[0] != c->string[0] || strcmp(d->string, c->string) != 0)) d = d->next;
      if (d) drop(obj, c);
    }
    return;
  }
  OB_AUTO(ob_map) seen = OB_MAP_INIT;
  for (cJSON *c = obj->child; c; c = c->next) {
    cJSON *old = ob_map_put(&seen, c->string, strlen(c->string), c);
    if (old) drop(obj, old);
  }
}

typedef struct finish {
  const ob_json_odd_number *odd; /* the next one */
  size_t odd_left;
  const char *bytes;
  size_t numbers;
  bool overflow; /* a number beyond the range of a double was met */
} finish;

/* strtod reads the decimal point of the locale. */
static double parse_double(const char *text) {
  const char *point = localeconv()->decimal_point, *dot = strchr(text, '.');
  if (!dot || ob_streq(point, ".")) return strtod(text, NULL);
  OB_AUTOFREE char *copy = ob_asprintf("%.*s%s%s", (int)(dot - text), text, point, dot + 1);
  return strtod(copy, NULL);
}

static void set_digits(cJSON *c, const char *text, bool integer) {
  double v = parse_double(text);
  c->valuedouble = v;
  if (isfinite(v) && (!integer || fabs(v) < EXACT_INT)) return;
  free(c->valuestring);
  c->valuestring = ob_strdup(text);
}

static void finish_number(cJSON *c, finish *f) {
  size_t ordinal = f->numbers++;
  if (!f->odd_left || f->odd->ordinal != ordinal) return;
  OB_AUTOFREE char *text = ob_strndup(f->bytes + f->odd->at, f->odd->len);
  set_digits(c, text, f->odd->integer);
  if (!isfinite(c->valuedouble) && !f->odd->integer) f->overflow = true;
  f->odd++, f->odd_left--;
}

/* In document order, because numbers are known by their ordinal; so an object's duplicates
 * go after its members were visited. */
static void finish_tree(cJSON *c, finish *f) {
  for (; c; c = c->next) {
    int type = c->type & TYPE_MASK;
    if (type == cJSON_Number) {
      finish_number(c, f);
    } else if (type & (cJSON_Array | cJSON_Object)) {
      finish_tree(c->child, f);
      if (type == cJSON_Object) drop_duplicates(c);
    }
  }
}

ob_json *ob_json_parse(const char *bytes, size_t n, ob_json_mode mode, ob_err *err) {
  return ob_json_parse_without(bytes, n, mode, NULL, err);
}

ob_json *ob_json_parse_without(const char *bytes, size_t n, ob_json_mode mode, const char *key,
                               ob_err *err) {
  OB_AUTO(ob_json_scan) scan;
  if (!n) bytes = "";
  if (ob_json_scan_text(&scan, bytes, n, mode, key, err) < 0) return NULL;
  const char *text = scan.fixed.len ? scan.fixed.ptr : bytes;
  size_t len = scan.fixed.len ? scan.fixed.len : n;
  const char *end = NULL;
  cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, false);
  if (!root) { /* the scan has seen sound JSON, so only memory can be the reason */
    ob_fail(err, OB_EPROTO, "the JSON parser stopped at byte %zu of %zu",
            end ? (size_t)(end - text) : 0, len);
    return NULL;
  }
  finish f = {.odd = scan.odd.at, .odd_left = scan.odd.len, .bytes = bytes};
  finish_tree(root, &f);
  if (f.overflow && mode == OB_JSON_STRICT) {
    cJSON_Delete(root);
    ob_fail(err, OB_EPROTO, "a number is beyond the range of a 64-bit float");
    return NULL;
  }
  return json(root);
}

void ob_json_free(ob_json *root) {
  cJSON_Delete(node(root));
}

void ob_json_settle(ob_json *root) {
  finish none = {0};
  if (root) finish_tree(node(root), &none);
}

/* --- reading ------------------------------------------------------------------------ */

ob_json_type ob_json_type_of(const ob_json *j) {
  if (!j) return OB_JSON_NULL;
  switch (cnode(j)->type & TYPE_MASK) {
  case cJSON_False:
  case cJSON_True: return OB_JSON_BOOL;
  case cJSON_Number: return OB_JSON_NUMBER;
  case cJSON_String: return OB_JSON_STRING;
  case cJSON_Array: return OB_JSON_ARRAY;
  case cJSON_Object: return OB_JSON_OBJECT;
  default: return OB_JSON_NULL;
  }
}

const char *ob_json_type_name(ob_json_type t) {
  static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};
  return (size_t)t < OB_LEN(names) ? names[t] : "unknown";
}

bool ob_json_is(const ob_json *j, ob_json_type t) {
  return j && ob_json_type_of(j) == t;
}

static cJSON *find(const cJSON *obj, const char *key) {
  if (!is(obj, cJSON_Object) || !key) return NULL;
  cJSON *c = obj->child;
  while (c && (c->string[0] != key[0] || strcmp(c->string, key) != 0)) c = c->next;
  return c;
}

const ob_json *ob_json_get(const ob_json *obj, const char *key) {
  return cjson(find(cnode(obj), key));
}

ob_json *ob_json_get_mut(ob_json *obj, const char *key) {
  return json(find(node(obj), key));
}

const ob_json *ob_json_at(const ob_json *j, ...) {
  va_list keys;
  va_start(keys, j);
  for (const char *key; j && (key = va_arg(keys, const char *));) j = ob_json_get(j, key);
  va_end(keys);
  return j;
}

const char *ob_json_str(const ob_json *j) {
  return is(cnode(j), cJSON_String) ? cnode(j)->valuestring : NULL;
}

const char *ob_json_get_str(const ob_json *obj, const char *key) {
  return ob_json_str(ob_json_get(obj, key));
}

bool ob_json_int(const ob_json *j, int64_t *ret) {
  const cJSON *c = cnode(j);
  if (!is(c, cJSON_Number)) return false;
  if (c->valuestring) return ob_parse_int(c->valuestring, INT64_MIN, INT64_MAX, ret);
  double v = c->valuedouble;
  /* -2^63 is a double, 2^63 - 1 is none. */
  if (!(v >= -0x1p63 && v < 0x1p63) || v != (double)(int64_t)v) return false;
  *ret = (int64_t)v;
  return true;
}

int64_t ob_json_get_int(const ob_json *obj, const char *key, int64_t otherwise) {
  ob_json_int(ob_json_get(obj, key), &otherwise);
  return otherwise;
}

double ob_json_double(const ob_json *j) {
  return is(cnode(j), cJSON_Number) ? cnode(j)->valuedouble : 0;
}

const char *ob_json_digits(const ob_json *j) {
  return is(cnode(j), cJSON_Number) ? cnode(j)->valuestring : NULL;
}

bool ob_json_bool(const ob_json *j, bool otherwise) {
  if (is(cnode(j), cJSON_True)) return true;
  return is(cnode(j), cJSON_False) ? false : otherwise;
}

bool ob_json_get_bool(const ob_json *obj, const char *key, bool otherwise) {
  return ob_json_bool(ob_json_get(obj, key), otherwise);
}

const ob_json *ob_json_first(const ob_json *j) {
  const cJSON *c = cnode(j);
  return is(c, cJSON_Array) || is(c, cJSON_Object) ? cjson(c->child) : NULL;
}

const ob_json *ob_json_next(const ob_json *child) {
  return child ? cjson(cnode(child)->next) : NULL;
}

const char *ob_json_key(const ob_json *child) {
  return child ? cnode(child)->string : NULL;
}

size_t ob_json_len(const ob_json *j) {
  size_t n = 0;
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) n++;
  return n;
}

static cJSON *nth(const cJSON *arr, size_t i) {
  if (!is(arr, cJSON_Array)) return NULL;
  cJSON *c = arr->child;
  while (c && i--) c = c->next;
  return c;
}

const ob_json *ob_json_index(const ob_json *arr, size_t i) {
  return cjson(nth(cnode(arr), i));
}

static bool same_text(const cJSON *a, const cJSON *b) {
  OB_AUTO(ob_buf) x = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) y = OB_BUF_INIT(OB_LINE_MAX);
  ob_json_print(&x, cjson(a));
  ob_json_print(&y, cjson(b));
  return ob_streq(ob_buf_str(&x), ob_buf_str(&y));
}

static bool equal_numbers(const cJSON *a, const cJSON *b) {
  /* Digits are an integer beyond 2^53; a double is what it is printed as, the fewest digits that
   * name it. */
  if (!a->valuestring != !b->valuestring) return a->valuedouble == b->valuedouble && same_text(a, b);
  int64_t x, y;
  bool xi = ob_json_int(cjson(a), &x), yi = ob_json_int(cjson(b), &y);
  if (xi || yi) return xi && yi && x == y;
  if (a->valuestring && b->valuestring) return strcmp(a->valuestring, b->valuestring) == 0;
  return a->valuedouble == b->valuedouble;
}

static bool equal_objects(const ob_json *a, const ob_json *b) {
  if (ob_json_len(a) != ob_json_len(b)) return false;
  /* Most pairs have one order of keys: look behind the last hit first. */
  const cJSON *hint = cnode(b)->child;
  for (const cJSON *c = cnode(a)->child; c; c = c->next) {
    const cJSON *d = hint && ob_streq(hint->string, c->string) ? hint : find(cnode(b), c->string);
    if (!d || !ob_json_equal(cjson(c), cjson(d))) return false;
    hint = d->next;
  }
  return true;
}

bool ob_json_equal(const ob_json *a, const ob_json *b) {
  ob_json_type t = ob_json_type_of(a);
  if (a == b) return true;
  if (t != ob_json_type_of(b)) return false;
  switch (t) {
  case OB_JSON_NULL: return true;
  case OB_JSON_BOOL: return ob_json_bool(a, false) == ob_json_bool(b, false);
  case OB_JSON_NUMBER: return equal_numbers(cnode(a), cnode(b));
  case OB_JSON_STRING: return strcmp(cnode(a)->valuestring, cnode(b)->valuestring) == 0;
  case OB_JSON_OBJECT: return equal_objects(a, b);
  case OB_JSON_ARRAY: break;
  }
  const ob_json *x = ob_json_first(a), *y = ob_json_first(b);
  for (; x && y; x = ob_json_next(x), y = ob_json_next(y)) {
    if (!ob_json_equal(x, y)) return false;
  }
  return !x && !y;
}

/* --- building ----------------------------------------------------------------------- */

ob_json *ob_json_new_object(void) {
  return json(made(cJSON_CreateObject()));
}
ob_json *ob_json_new_array(void) {
  return json(made(cJSON_CreateArray()));
}
ob_json *ob_json_new_str(const char *s) {
  return json(made(cJSON_CreateString(s ? s : "")));
}
ob_json *ob_json_new_bool(bool v) {
  return json(made(cJSON_CreateBool(v)));
}
ob_json *ob_json_new_null(void) {
  return json(made(cJSON_CreateNull()));
}
ob_json *ob_json_new_double(double v) {
  return json(made(cJSON_CreateNumber(v)));
}

ob_json *ob_json_new_strn(const char *s, size_t n) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIZE_MAX - 1);
  if (!n) s = "";
  for (const char *end = s + n, *zero; s < end; s = zero + 1) {
    zero = memchr(s, 0, (size_t)(end - s));
    ob_buf_add(&text, s, (size_t)((zero ? zero : end) - s));
    if (!zero) break;
    ob_buf_adds(&text, "\xEF\xBF\xBD"); /* strings here end at a NUL */
  }
  return ob_json_new_str(ob_buf_str(&text));
}

ob_json *ob_json_new_digits(const char *digits) {
  cJSON *c = made(cJSON_CreateNumber(0));
  set_digits(c, digits, true);
  return json(c);
}

ob_json *ob_json_new_int(int64_t v) {
  if (v > -(int64_t)EXACT_INT && v < (int64_t)EXACT_INT) return ob_json_new_double((double)v);
  char digits[24];
  snprintf(digits, sizeof digits, "%lld", (long long)v);
  return ob_json_new_digits(digits);
}

static cJSON *forget_key(cJSON *c) {
  free(c->string);
  c->string = NULL;
  return c;
}

ob_json *ob_json_dup(const ob_json *j) {
  return j ? json(forget_key(made(cJSON_Duplicate(cnode(j), true)))) : NULL;
}

/* The node under a new key. */
static cJSON *keyed(cJSON *c, const char *key) {
  char *copy = ob_strdup(key); /* the key may lie inside the node */
  forget_key(c)->string = copy;
  return c;
}

/* Whether `child` can go into a container of this type; if not, it is freed. */
static bool accepts(const ob_json *container, int type, ob_json *child) {
  if (is(cnode(container), type)) return child != NULL;
  ob_json_free(child);
  return false;
}

ob_json *ob_json_add(ob_json *obj, const char *key, ob_json *move_child) {
  if (!accepts(obj, cJSON_Object, move_child)) return NULL;
  cJSON_AddItemToArray(node(obj), keyed(node(move_child), key));
  return move_child;
}

ob_json *ob_json_put(ob_json *obj, const char *key, ob_json *move_child) {
  cJSON *old = find(node(obj), key);
  if (!old) return ob_json_add(obj, key, move_child);
  if (!move_child) return NULL;
  cJSON_ReplaceItemViaPointer(node(obj), old, keyed(node(move_child), key));
  return move_child;
}

ob_json *ob_json_put_str(ob_json *obj, const char *key, const char *s) {
  return s ? ob_json_put(obj, key, ob_json_new_str(s)) : NULL;
}

ob_json *ob_json_put_int(ob_json *obj, const char *key, int64_t v) {
  return ob_json_put(obj, key, ob_json_new_int(v));
}

ob_json *ob_json_put_bool(ob_json *obj, const char *key, bool v) {
  return ob_json_put(obj, key, ob_json_new_bool(v));
}

ob_json *ob_json_push(ob_json *arr, ob_json *move_child) {
  if (!accepts(arr, cJSON_Array, move_child)) return NULL;
  cJSON_AddItemToArray(node(arr), forget_key(node(move_child)));
  return move_child;
}

ob_json *ob_json_insert(ob_json *arr, size_t at, ob_json *move_child) {
  cJSON *next = nth(node(arr), at);
  if (!next) return ob_json_push(arr, move_child);
  if (!move_child) return NULL;
  /* Linked by hand: cJSON's own takes an int and walks again. */
  cJSON *c = forget_key(node(move_child));
  c->next = next;
  c->prev = next->prev;
  next->prev = c;
  if (node(arr)->child == next) {
    node(arr)->child = c;
  } else {
    c->prev->next = c;
  }
  return move_child;
}

void ob_json_remove(ob_json *obj, const char *key) {
  cJSON *c = find(node(obj), key);
  if (c) drop(node(obj), c);
}

void ob_json_remove_at(ob_json *arr, size_t i) {
  cJSON *c = nth(node(arr), i);
  if (c) drop(node(arr), c);
}

ob_json *ob_json_ensure_object(ob_json *obj, const char *key) {
  ob_json *child = ob_json_get_mut(obj, key);
  if (ob_json_is(child, OB_JSON_OBJECT)) return child;
  return ob_json_put(obj, key, ob_json_new_object());
}

ob_json *ob_json_take(ob_json *obj, const char *key) {
  cJSON *c = find(node(obj), key);
  return c ? json(forget_key(cJSON_DetachItemViaPointer(node(obj), c))) : NULL;
}
