/* libyaml's events become an ob_json tree.
 *
 * Members are appended as they come and overridden ones dropped in the end, so that "the last
 * wins" also holds for merge keys, as in go-yaml v2. Anchored nodes may be asked for until the
 * document ends: nothing is freed before (what leaves the tree goes to the attic). An alias is
 * a copy; depth and nodes are counted after expansion. Lines are noted per node while it is
 * built, and sorted by address for the look-ups.
 */
#include "base/yaml.h"
#include "base/map.h"
#include "base/str.h"
#include "base/yaml_scalar.h"
#include "outboard/text.h"
#include <stdio.h>
#include <yaml.h>

typedef struct node_line {
  const ob_json *node;
  unsigned line;
  char word[6]; /* of a boolean: as it was written */
} node_line;

struct ob_yaml_doc {
  char *name;
  ob_json *root;
  OB_VEC(node_line) lines; /* sorted by address */
};

typedef struct anchor {
  char *name;
  const ob_json *node; /* NULL while the node is being read */
} anchor;

typedef struct builder {
  yaml_parser_t parser;
  const char *name, *bytes;
  size_t nbytes, nodes;
  ob_err *err;
  OB_VEC(node_line) lines;
  OB_VEC(anchor *) all_anchors;
  ob_map anchors; /* by name */
  ob_json *attic;
} builder;

/* --- errors ------------------------------------------------------------------------- */

static void *fail(const builder *b, ob_code code, unsigned line, const char *what) {
  ob_fail(b->err, code, "%s:%u: %s", b->name, line, what);
  return NULL;
}

static void *bad(const builder *b, unsigned line, const char *what) {
  return fail(b, OB_ECONFIG, line, what);
}

static void parser_failed(const builder *b) {
  const yaml_parser_t *p = &b->parser;
  if (p->error == YAML_MEMORY_ERROR) ob_oom();
  const char *what = p->problem ? p->problem : "not YAML";
  unsigned line = (unsigned)p->problem_mark.line + 1;
  if (p->error == YAML_READER_ERROR) { /* it only knows the byte */
    line = 1;
    for (size_t i = 0; i < p->problem_offset && i < b->nbytes; i++) line += b->bytes[i] == '\n';
  }
  if (p->context && p->error != YAML_READER_ERROR) {
    ob_fail(b->err, OB_ECONFIG, "%s:%u: %s (%s)", b->name, line, what, p->context);
  } else {
    bad(b, line, what);
  }
}

static bool next_event(builder *b, yaml_event_t *ret) {
  if (yaml_parser_parse(&b->parser, ret)) return true;
  parser_failed(b);
  return false;
}

static unsigned line_of(const yaml_event_t *e) {
  return (unsigned)e->start_mark.line + 1;
}

/* --- nodes -------------------------------------------------------------------------- */

static ob_json *note(builder *b, ob_json *j, unsigned line) {
  node_line entry = {.node = j, .line = line};
  ob_vec_push(&b->lines, entry);
  return j;
}

static bool count_node(builder *b, unsigned line) {
  return ++b->nodes <= OB_YAML_NODES || fail(b, OB_ELIMIT, line, "more than 1000000 values");
}

/* Every node of a copy stands where its alias stands. False past a limit. */
static bool note_copy(builder *b, ob_json *copy, unsigned line, int depth) {
  if (depth > OB_YAML_DEPTH) return fail(b, OB_ELIMIT, line, "nested more than 100 levels deep");
  if (!count_node(b, line)) return false;
  note(b, copy, line);
  for (const ob_json *c = ob_json_first(copy); c; c = ob_json_next(c)) {
    if (!note_copy(b, (ob_json *)(uintptr_t)c, line, depth + 1)) return false;
  }
  return true;
}

static ob_json *copy_of(builder *b, const ob_json *node, unsigned line, int depth) {
  OB_AUTOPTR(ob_json) copy = ob_json_dup(node);
  return note_copy(b, copy, line, depth) ? ob_take(copy) : NULL;
}

static anchor *anchor_new(builder *b, const yaml_char_t *name) {
  if (!name) return NULL;
  anchor *a = ob_calloc(1, sizeof *a);
  a->name = ob_strdup((const char *)name);
  ob_vec_push(&b->all_anchors, a);
  ob_map_put(&b->anchors, a->name, strlen(a->name), a);
  return a;
}

static const ob_json *alias_target(builder *b, const yaml_event_t *e) {
  const char *name = (const char *)e->data.alias.anchor;
  const anchor *a = ob_map_get(&b->anchors, name, strlen(name));
  if (!a) {
    ob_fail(b->err, OB_ECONFIG, "%s:%u: unknown anchor '%s'", b->name, line_of(e), name);
    return NULL;
  }
  return a->node ? a->node : bad(b, line_of(e), "an anchor's value contains itself");
}

/* --- scalars ------------------------------------------------------------------------ */

static bool has_tag(const yaml_event_t *e, const char *name) {
  const char *tag = (const char *)e->data.scalar.tag;
  return tag && ob_starts(tag, "tag:yaml.org,2002:") && ob_streq(strrchr(tag, ':') + 1, name);
}

/* Whether the scalar's text decides its type. */
static bool is_typed(const yaml_event_t *e) {
  if (!e->data.scalar.tag) return e->data.scalar.plain_implicit;
  return has_tag(e, "int") || has_tag(e, "float") || has_tag(e, "bool") || has_tag(e, "null");
}

static bool tag_agrees(const yaml_event_t *e, ob_yaml_kind kind) {
  switch (kind) {
  case OB_YAML_NULL: return has_tag(e, "null");
  case OB_YAML_TRUE:
  case OB_YAML_FALSE: return has_tag(e, "bool");
  case OB_YAML_INT: return has_tag(e, "int") || has_tag(e, "float");
  case OB_YAML_FLOAT:
  case OB_YAML_INFINITE: return has_tag(e, "float");
  default: return false;
  }
}

static ob_json *binary_of(const builder *b, const yaml_event_t *e) {
  OB_AUTO(ob_buf) bytes = OB_BUF_INIT(OB_YAML_MAX);
  if (ob_base64_decode(&bytes, (const char *)e->data.scalar.value, e->data.scalar.length) < 0)
    return bad(b, line_of(e), "!!binary without base64");
  if (memchr(ob_buf_str(&bytes), 0, bytes.len))
    return bad(b, line_of(e), "a NUL character in a string");
  /* Trees hold UTF-8; what is none becomes U+FFFD, as Go's encoding/json has it. */
  OB_AUTO(ob_buf) text = OB_BUF_INIT((size_t)OB_YAML_MAX * 3);
  for (size_t i = 0; i < bytes.len;) {
    uint32_t cp;
    char utf8[4];
    i += ob_utf8_next(bytes.ptr + i, bytes.len - i, &cp);
    ob_buf_add(&text, utf8, ob_utf8_put(utf8, cp));
  }
  return ob_json_new_strn(ob_buf_str(&text), text.len);
}

static ob_json *scalar_of(const builder *b, const yaml_event_t *e) {
  const char *text = (const char *)e->data.scalar.value;
  size_t n = e->data.scalar.length;
  OB_AUTO(ob_buf) number = OB_BUF_INIT(OB_LINE_MAX);
  if (memchr(text, 0, n)) return bad(b, line_of(e), "a NUL character in a string");
  if (has_tag(e, "binary")) return binary_of(b, e);
  ob_yaml_kind kind = is_typed(e) ? ob_yaml_kind_of(text, n, &number) : OB_YAML_STRING;
  if (e->data.scalar.tag && is_typed(e) && !tag_agrees(e, kind))
    return bad(b, line_of(e), "the value does not fit its tag");
  switch (kind) {
  case OB_YAML_NULL: return ob_json_new_null();
  case OB_YAML_TRUE: return ob_json_new_bool(true);
  case OB_YAML_FALSE: return ob_json_new_bool(false);
  case OB_YAML_INT:
  case OB_YAML_FLOAT: return ob_json_parse(number.ptr, number.len, OB_JSON_STRICT, b->err);
  case OB_YAML_INFINITE: return bad(b, line_of(e), "infinity and NaN are not supported");
  case OB_YAML_STRING:
  case OB_YAML_MERGE: break;
  }
  return ob_json_new_strn(text, n);
}

/* --- containers --------------------------------------------------------------------- */

static ob_json *read_node(builder *b, yaml_event_t *e, int depth);

static bool is_merge_key(const yaml_event_t *e) {
  return e->type == YAML_SCALAR_EVENT && ob_streq((const char *)e->data.scalar.value, "<<") &&
         (e->data.scalar.tag ? has_tag(e, "merge") : e->data.scalar.plain_implicit);
}

static bool merge_object(builder *b, ob_json *into, const ob_json *from, unsigned line, int depth) {
  if (!ob_json_is(from, OB_JSON_OBJECT))
    return bad(b, line, "a merge needs a mapping or a list of mappings");
  for (const ob_json *c = ob_json_first(from); c; c = ob_json_next(c)) {
    ob_json *copy = copy_of(b, c, line, depth);
    if (!copy) return false;
    ob_json_add(into, ob_json_key(c), copy);
  }
  return true;
}

static bool merge_into(builder *b, ob_json *into, int depth) {
  yaml_event_t e;
  if (!next_event(b, &e)) return false;
  unsigned line = line_of(&e);
  ob_json *value = read_node(b, &e, depth);
  if (!value) return false;
  ob_json_push(b->attic, value);
  if (!ob_json_is(value, OB_JSON_ARRAY)) return merge_object(b, into, value, line, depth);
  /* Of a list the first mapping wins, so it goes in last. */
  OB_VEC(const ob_json *) maps = {0};
  for (const ob_json *c = ob_json_first(value); c; c = ob_json_next(c)) ob_vec_push(&maps, c);
  bool ok = true;
  for (size_t i = maps.len; ok && i > 0; i--) {
    ok = merge_object(b, into, maps.at[i - 1], line, depth);
  }
  ob_vec_done(&maps);
  return ok;
}

/* A key's text; go-yaml's typed keys become their JSON spelling. NULL on error. */
static const char *key_text(builder *b, const ob_json *key, unsigned line, ob_buf *out) {
  ob_buf_reset(out);
  switch (ob_json_type_of(key)) {
  case OB_JSON_STRING: return ob_json_str(key);
  case OB_JSON_BOOL:
  case OB_JSON_NUMBER: ob_json_print(out, key); return ob_buf_str(out);
  case OB_JSON_NULL: return bad(b, line, "a key must not be empty or null");
  default: return bad(b, line, "a key must be a scalar");
  }
}

static ob_json *read_mapping(builder *b, ob_json *move_obj, int depth) {
  OB_AUTOPTR(ob_json) obj = move_obj;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  for (;;) {
    yaml_event_t e;
    if (!next_event(b, &e)) return NULL;
    if (e.type == YAML_MAPPING_END_EVENT) {
      yaml_event_delete(&e);
      return ob_take(obj);
    }
    if (is_merge_key(&e)) {
      yaml_event_delete(&e);
      if (!merge_into(b, obj, depth + 1)) return NULL;
      continue;
    }
    unsigned line = line_of(&e);
    ob_json *key_node = read_node(b, &e, depth + 1);
    if (!key_node) return NULL;
    ob_json_push(b->attic, key_node); /* it may carry an anchor */
    const char *key = key_text(b, key_node, line, &text);
    if (!key || !next_event(b, &e)) return NULL;
    ob_json *value = read_node(b, &e, depth + 1);
    if (!value) return NULL;
    ob_json_add(obj, key, value);
  }
}

static ob_json *read_sequence(builder *b, ob_json *move_arr, int depth) {
  OB_AUTOPTR(ob_json) arr = move_arr;
  for (;;) {
    yaml_event_t e;
    if (!next_event(b, &e)) return NULL;
    if (e.type == YAML_SEQUENCE_END_EVENT) {
      yaml_event_delete(&e);
      return ob_take(arr);
    }
    ob_json *value = read_node(b, &e, depth + 1);
    if (!value) return NULL;
    ob_json_push(arr, value);
  }
}

/* The node that begins with this event. Consumes the event. */
static ob_json *read_node(builder *b, yaml_event_t *e, int depth) {
  unsigned line = line_of(e);
  const ob_json *target;
  ob_json *j = NULL;
  char word[sizeof b->lines.at->word] = "";
  anchor *a = NULL;
  if (depth > OB_YAML_DEPTH) {
    fail(b, OB_ELIMIT, line, "nested more than 100 levels deep");
    yaml_event_delete(e);
    return NULL;
  }
  switch (e->type) {
  case YAML_ALIAS_EVENT:
    target = alias_target(b, e);
    if (target) j = copy_of(b, target, line, depth);
    yaml_event_delete(e);
    return j;
  case YAML_SCALAR_EVENT:
    j = scalar_of(b, e);
    if (ob_json_is(j, OB_JSON_BOOL))
      snprintf(word, sizeof word, "%s", (const char *)e->data.scalar.value);
    if (j) a = anchor_new(b, e->data.scalar.anchor);
    yaml_event_delete(e);
    break;
  case YAML_SEQUENCE_START_EVENT:
    a = anchor_new(b, e->data.sequence_start.anchor);
    yaml_event_delete(e);
    j = read_sequence(b, ob_json_new_array(), depth);
    break;
  case YAML_MAPPING_START_EVENT:
    a = anchor_new(b, e->data.mapping_start.anchor);
    yaml_event_delete(e);
    j = read_mapping(b, ob_json_new_object(), depth);
    break;
  default: yaml_event_delete(e); return bad(b, line, "a value was expected");
  }
  if (!j) return NULL;
  if (a) a->node = j;
  if (!count_node(b, line)) {
    ob_json_free(j);
    return NULL;
  }
  note(b, j, line);
  memcpy(b->lines.at[b->lines.len - 1].word, word, sizeof word);
  return j;
}

/* --- documents ---------------------------------------------------------------------- */

/* The root of the first document; a null node for none. NULL on error. */
static ob_json *read_document(builder *b) {
  yaml_event_t e;
  for (;;) {
    if (!next_event(b, &e)) return NULL;
    if (e.type == YAML_STREAM_END_EVENT) {
      yaml_event_delete(&e);
      return ob_json_new_null();
    }
    if (e.type != YAML_STREAM_START_EVENT && e.type != YAML_DOCUMENT_START_EVENT) break;
    yaml_event_delete(&e);
  }
  OB_AUTOPTR(ob_json) root = read_node(b, &e, 1);
  if (!root || !next_event(b, &e)) return NULL;
  yaml_event_delete(&e); /* the end of the document: whatever follows it is not read */
  return ob_take(root);
}

static int by_address(const void *x, const void *y) {
  const node_line *a = x, *b = y;
  uintptr_t p = (uintptr_t)a->node, q = (uintptr_t)b->node;
  return (p > q) - (p < q);
}

static void builder_done(builder *b) {
  for (size_t i = 0; i < b->all_anchors.len; i++) {
    free(b->all_anchors.at[i]->name);
    free(b->all_anchors.at[i]);
  }
  ob_vec_done(&b->all_anchors);
  ob_vec_done(&b->lines);
  ob_map_done(&b->anchors);
  ob_json_free(b->attic);
  yaml_parser_delete(&b->parser);
}

/* Only what is left in the tree keeps its line: a freed node's address may be used again. */
static void keep_lines(ob_yaml_doc *doc, const builder *b, const ob_json *j) {
  const node_line want = {.node = j};
  const node_line *found =
      b->lines.len ? bsearch(&want, b->lines.at, b->lines.len, sizeof want, by_address) : NULL;
  if (found) ob_vec_push(&doc->lines, *found);
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) keep_lines(doc, b, c);
}

static void sort_lines(void *at, size_t n) {
  if (n) qsort(at, n, sizeof(node_line), by_address);
}

static bool parse_events(ob_yaml_doc *doc, const char *bytes, size_t n, ob_err *err) {
  builder b = {.name = doc->name, .bytes = bytes, .nbytes = n, .err = err};
  if (!yaml_parser_initialize(&b.parser)) ob_oom();
  yaml_parser_set_input_string(&b.parser, (const unsigned char *)bytes, n);
  b.attic = ob_json_new_array();
  doc->root = read_document(&b);
  if (doc->root) {
    ob_json_settle(doc->root);
    sort_lines(b.lines.at, b.lines.len);
    keep_lines(doc, &b, doc->root);
    sort_lines(doc->lines.at, doc->lines.len);
  }
  builder_done(&b);
  return doc->root != NULL;
}

/* "line 3, column 14: what" as "NAME:3: what". */
static void fail_json(const ob_yaml_doc *doc, const ob_err *json_err, ob_err *err) {
  unsigned line = 1, column;
  int used = 0;
  if (sscanf(json_err->msg, "line %u, column %u: %n", &line, &column, &used) < 2) used = 0;
  ob_fail(err, OB_ECONFIG, "%s:%u: %s", doc->name, line, json_err->msg + used);
}

/* JSON first, where it must be: libyaml cannot read all of it. What is no JSON may still be
 * a flow mapping. */
static bool parse_braces(ob_yaml_doc *doc, const char *bytes, size_t n, ob_err *err) {
  ob_err json_err = {0};
  doc->root = ob_json_parse(bytes, n, OB_JSON_STRICT, &json_err);
  if (doc->root) return true;
  if (json_err.code != OB_ELIMIT && parse_events(doc, bytes, n, NULL)) return true;
  fail_json(doc, &json_err, err);
  return false;
}

ob_yaml_doc *ob_yaml_parse(const char *bytes, size_t n, const char *name, ob_err *err) {
  if (!n) bytes = ""; /* an empty buffer has no bytes, and libyaml aborts on NULL */
  if (n > OB_YAML_MAX) {
    ob_fail(err, OB_ELIMIT, "%s: larger than %d bytes", name, OB_YAML_MAX);
    return NULL;
  }
  OB_AUTOPTR(ob_yaml_doc) doc = ob_calloc(1, sizeof *doc);
  doc->name = ob_strdup(name);
  size_t bom = n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0, i = bom;
  while (i < n && strchr(" \t\r\n", bytes[i]) && bytes[i]) i++;
  bool braces = i < n && bytes[i] == '{';
  bool ok =
      braces ? parse_braces(doc, bytes + bom, n - bom, err) : parse_events(doc, bytes, n, err);
  return ok ? ob_take(doc) : NULL;
}

void ob_yaml_free(ob_yaml_doc *doc) {
  if (!doc) return;
  ob_json_free(doc->root);
  ob_vec_done(&doc->lines);
  free(doc->name);
  free(doc);
}

const ob_json *ob_yaml_root(const ob_yaml_doc *doc) {
  return doc ? doc->root : NULL;
}

const char *ob_yaml_name(const ob_yaml_doc *doc) {
  return doc->name;
}

static const node_line *found_line(const ob_yaml_doc *doc, const ob_json *node) {
  const node_line want = {.node = node};
  if (!doc || !node || !doc->lines.len) return NULL;
  return bsearch(&want, doc->lines.at, doc->lines.len, sizeof want, by_address);
}

unsigned ob_yaml_line(const ob_yaml_doc *doc, const ob_json *node) {
  const node_line *found = found_line(doc, node);
  return found ? found->line : 0;
}

const char *ob_yaml_word(const ob_yaml_doc *doc, const ob_json *node) {
  const node_line *found = ob_json_is(node, OB_JSON_BOOL) ? found_line(doc, node) : NULL;
  return found && *found->word ? found->word : ob_json_str(node);
}
