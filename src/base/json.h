/* JSON: the only includer of cJSON, with its traps closed.
 *
 *   - looks keys up with case and takes the last of duplicates, as Go does;
 *   - numbers that are integers keep 64 bits (cJSON rounds beyond 2^53);
 *   - bad UTF-8, raw control bytes and \u0000 are refused (OB_JSON_STRICT), or, for
 *     objects read from a cluster, become U+FFFD (OB_JSON_LENIENT): an annotation
 *     with a NUL must not hide the object that carries it;
 *   - nothing may follow the value; depth and size have limits.
 *
 * Ownership A tree is owned by its root; ob_json_free() takes roots only. Borrowed
 *           pointers die with the root, strings with their node.
 * Thread    One owner at a time.
 * Limits    OB_JSON_DEPTH levels, OB_JSON_MAX bytes unless the caller says less.
 * Source    RFC 8259; Go encoding/json for duplicates.
 */
#ifndef OB_BASE_JSON_H
#define OB_BASE_JSON_H

#include "base/buf.h"
#include "outboard/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct ob_json ob_json;

enum { OB_JSON_DEPTH = 200, OB_JSON_MAX = 64 * 1024 * 1024 };
typedef enum ob_json_mode { OB_JSON_STRICT, OB_JSON_LENIENT } ob_json_mode;
typedef enum ob_json_type {
  OB_JSON_NULL,
  OB_JSON_BOOL,
  OB_JSON_NUMBER,
  OB_JSON_STRING,
  OB_JSON_ARRAY,
  OB_JSON_OBJECT
} ob_json_type;

/* NULL on error; the message has line and column. */
ob_json *ob_json_parse(const char *bytes, size_t n, ob_json_mode mode, ob_err *err);
/* The same, but what stands under this key, when it is an object or a list, is only checked, and
 * null in the tree: parts that nobody reads cost no memory. `key` without escapes. */
ob_json *ob_json_parse_without(const char *bytes, size_t n, ob_json_mode mode, const char *key,
                               ob_err *err);
void ob_json_free(ob_json *root);
OB_AUTOPTR_DEFINE(ob_json, ob_json_free)

/* --- reading; every function takes NULL and answers as for an absent value --- */
ob_json_type ob_json_type_of(const ob_json *j); /* OB_JSON_NULL for NULL */
const char *ob_json_type_name(ob_json_type t);  /* "object", "string", … */
bool ob_json_is(const ob_json *j, ob_json_type t);
const ob_json *ob_json_get(const ob_json *obj, const char *key);
ob_json *ob_json_get_mut(ob_json *obj, const char *key);
/* Walk keys: ob_json_at(j, "metadata", "name", NULL). */
const ob_json *ob_json_at(const ob_json *j, ...) __attribute__((sentinel));
/* A string member, or NULL when absent or not a string. */
const char *ob_json_get_str(const ob_json *obj, const char *key);
const char *ob_json_str(const ob_json *j); /* NULL unless a string */
/* An integral number within int64; otherwise `otherwise`. */
int64_t ob_json_get_int(const ob_json *obj, const char *key, int64_t otherwise);
bool ob_json_int(const ob_json *j, int64_t *ret);
double ob_json_double(const ob_json *j);
/* The digits of a number that a double does not hold exactly, else NULL. */
const char *ob_json_digits(const ob_json *j);
/* true and false; otherwise `otherwise` (nil semantics). */
bool ob_json_get_bool(const ob_json *obj, const char *key, bool otherwise);
bool ob_json_bool(const ob_json *j, bool otherwise);
size_t ob_json_len(const ob_json *j); /* of an array or an object, else 0 */
const ob_json *ob_json_index(const ob_json *arr, size_t i);
/* Children in order: for (c = ob_json_first(j); c; c = ob_json_next(c)). An overridden
 * duplicate key is skipped. */
const ob_json *ob_json_first(const ob_json *j);
const ob_json *ob_json_next(const ob_json *child);
const char *ob_json_key(const ob_json *child); /* NULL in an array */
bool ob_json_equal(const ob_json *a, const ob_json *b); /* objects unordered */

/* --- building; containers take ownership of what is put into them --- */
ob_json *ob_json_new_object(void);
ob_json *ob_json_new_array(void);
ob_json *ob_json_new_str(const char *s);
ob_json *ob_json_new_strn(const char *s, size_t n);
ob_json *ob_json_new_int(int64_t v);
ob_json *ob_json_new_double(double v);
/* An integer of any length from its decimal digits ("-" first when negative). */
ob_json *ob_json_new_digits(const char *digits);
ob_json *ob_json_new_bool(bool v);
ob_json *ob_json_new_null(void);
ob_json *ob_json_dup(const ob_json *j);
/* Append a member without looking for its key: O(1), for whoever knows that the key is new
 * or calls ob_json_settle() in the end. */
ob_json *ob_json_add(ob_json *obj, const char *key, ob_json *move_child);
/* Drop all members that a later one of the same key overrides, in the whole tree. */
void ob_json_settle(ob_json *root);
/* Replaces in place (order kept) or appends. Returns the child (borrowed). */
ob_json *ob_json_put(ob_json *obj, const char *key, ob_json *move_child);
ob_json *ob_json_put_str(ob_json *obj, const char *key, const char *s); /* NULL s: nothing */
ob_json *ob_json_put_int(ob_json *obj, const char *key, int64_t v);
ob_json *ob_json_put_bool(ob_json *obj, const char *key, bool v);
ob_json *ob_json_push(ob_json *arr, ob_json *move_child);
ob_json *ob_json_insert(ob_json *arr, size_t at, ob_json *move_child); /* at <= len */
void ob_json_remove(ob_json *obj, const char *key);
void ob_json_remove_at(ob_json *arr, size_t i);
/* Member as an object, made when absent or of another type. */
ob_json *ob_json_ensure_object(ob_json *obj, const char *key);
/* Detach: the caller owns it; NULL when absent. */
ob_json *ob_json_take(ob_json *obj, const char *key);

/* --- printing --- */
int ob_json_print(ob_buf *out, const ob_json *j);         /* compact */
int ob_json_print_pretty(ob_buf *out, const ob_json *j);  /* 2 spaces, as kubectl -o json */
/* One string with quotes and escapes; non-ASCII stays UTF-8. */
int ob_json_quote(ob_buf *out, const char *s, size_t n);

#endif
