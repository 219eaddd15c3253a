/* A list's body is one object; only its keys and the brackets of `items` are looked at:
 *
 *   START {  KEY "…"  COLON :  VALUE … AFTER ,  KEY …  AFTER }  END
 *                                │ items: [
 *                                ▼
 *                     ITEM_OR_END {  ITEM … ITEM_AFTER ,  ITEM_FIRST … ]  AFTER
 *
 * The values of `metadata` and `kind` are captured and parsed at the end, because `items` may
 * come before or after them. An item that lies whole in one piece is handed out in place;
 * only one that is cut is copied. Nothing is accepted unless END was reached. */
#include "base/json.h"
#include "base/str.h"
#include "kube/scan_nest.h"
#include <stdio.h>

enum { /* states */
       START,
       KEY_OR_END,
       KEY,
       IN_KEY,
       COLON,
       VALUE,
       IN_VALUE,
       IN_SCALAR,
       AFTER,
       ITEM_OR_END,
       ITEM_FIRST,
       ITEM,
       ITEM_AFTER,
       END
};
enum { KEY_OTHER, KEY_METADATA, KEY_KIND, KEY_ITEMS }; /* which key */

void ob_list_scan_init(ob_list_scan *s, size_t max_item, ob_scan_fn on_item, void *arg) {
  *s = (ob_list_scan){
      .remaining = -1,
      .cont = ob_strdup(""),
      .on_item = on_item,
      .arg = arg,
      .max_item = max_item ? max_item : OB_ITEM_MAX,
      .capture = OB_BUF_INIT(OB_SCAN_META),
      .metadata = OB_BUF_INIT(OB_SCAN_META),
      .kind_text = OB_BUF_INIT(OB_SCAN_META),
  };
  ob_buf_init(&s->item, s->max_item);
}

void ob_list_scan_done(ob_list_scan *s) {
  free(s->cont);
  ob_buf_done(&s->item);
  ob_buf_done(&s->capture);
  ob_buf_done(&s->metadata);
  ob_buf_done(&s->kind_text);
  s->cont = NULL;
}

void ob_list_scan_reset(ob_list_scan *s) {
  size_t max = s->max_item;
  ob_scan_fn fn = s->on_item;
  void *arg = s->arg;
  ob_list_scan_done(s);
  ob_list_scan_init(s, max, fn, arg);
}

static int fail(ob_list_scan *s, ob_err *err, ob_code code, const char *what) {
  s->failed = -(int)code;
  return ob_fail(err, code, "list: %s", what);
}

static int item_too_large(ob_list_scan *s, ob_err *err) {
  char what[64];
  snprintf(what, sizeof what, "an item of more than %zu bytes", s->max_item);
  return fail(s, err, OB_ELIMIT, what);
}

static int nest_fail(ob_list_scan *s, ob_err *err, ob_nest_end why) {
  return why == OB_NEST_DEEP ? fail(s, err, OB_ELIMIT, "nested more than 512 levels deep")
                             : fail(s, err, OB_EPROTO, "brackets do not match");
}

static int key_of(const ob_list_scan *s) {
  static const struct {
    const char *text;
    int key;
  } keys[] = {{"\"metadata\"", KEY_METADATA}, {"\"kind\"", KEY_KIND}, {"\"items\"", KEY_ITEMS}};
  for (size_t i = 0; i < OB_LEN(keys); i++)
    if (ob_streq(ob_buf_str(&s->capture), keys[i].text)) return keys[i].key;
  return KEY_OTHER;
}

static bool captured(const ob_list_scan *s) {
  return s->state == IN_KEY || s->key != KEY_OTHER;
}

/* The value of a key is whole. */
static void value_done(ob_list_scan *s) {
  ob_buf *to = s->key == KEY_METADATA ? &s->metadata : &s->kind_text;
  if (s->key == KEY_METADATA || s->key == KEY_KIND) {
    ob_buf_reset(to);
    ob_buf_add(to, ob_buf_str(&s->capture), s->capture.len);
  }
  s->state = AFTER;
}

/* Inside a key, a value or a scalar. */
static int run_value(ob_list_scan *s, const char **io_p, const char *end, ob_err *err) {
  const char *from = *io_p;
  ob_nest_end how = OB_NEST_MORE;
  if (s->state == IN_SCALAR) {
    while (*io_p < end && !ob_scalar_end(**io_p)) ++*io_p;
    if (*io_p < end) how = OB_NEST_DONE;
  } else {
    how = ob_nest_run(&s->nest, io_p, end);
  }
  if (captured(s) && ob_buf_add(&s->capture, from, (size_t)(*io_p - from)))
    return fail(s, err, OB_ELIMIT, "metadata of more than 65536 bytes");
  if (how == OB_NEST_MORE) return 0;
  if (how != OB_NEST_DONE) return nest_fail(s, err, how);
  if (s->state == IN_KEY) {
    s->key = (uint8_t)key_of(s);
    s->state = COLON;
    return 0;
  }
  if (s->state == IN_SCALAR && s->key == KEY_ITEMS) {
    if (!ob_streq(ob_buf_str(&s->capture), "null"))
      return fail(s, err, OB_EPROTO, "items is not an array");
    s->seen_items = true;
  }
  value_done(s);
  return 0;
}

static int run_item(ob_list_scan *s, const char **io_p, const char *end, ob_err *err) {
  const char *from = *io_p;
  ob_nest_end how = ob_nest_run(&s->nest, io_p, end);
  size_t n = (size_t)(*io_p - from);
  if (s->item.len + n > s->max_item) return item_too_large(s, err);
  if (how != OB_NEST_DONE && how != OB_NEST_MORE) return nest_fail(s, err, how);
  const char *bytes = from;
  if (how == OB_NEST_MORE || s->item.len > 0) {
    if (ob_buf_add(&s->item, from, n)) return item_too_large(s, err);
    bytes = s->item.ptr;
    n = s->item.len;
  }
  if (how == OB_NEST_MORE) return 0;
  s->state = ITEM_AFTER;
  s->items++;
  int stop = s->on_item ? s->on_item(s->arg, bytes, n) : 0;
  ob_buf_reset(&s->item);
  return stop ? fail(s, err, OB_ECANCELED, "stopped") : 0;
}

static void begin(ob_list_scan *s, uint8_t state) {
  s->state = state;
  s->nest = (ob_nest){0};
  if (state != ITEM) ob_buf_reset(&s->capture);
}

/* One byte between values. Returns 1 when it belongs to what follows. */
static int step(ob_list_scan *s, char c, ob_err *err) {
  switch (s->state) {
  case START:
    if (c != '{') return fail(s, err, OB_EPROTO, "the answer is not a JSON object");
    s->state = KEY_OR_END;
    return 0;
  case KEY_OR_END:
  case KEY:
    if (c == '}' && s->state == KEY_OR_END) {
      s->state = END;
      return 0;
    }
    if (c != '"') return fail(s, err, OB_EPROTO, "a key is missing");
    begin(s, IN_KEY);
    return 1;
  case COLON:
    if (c != ':') return fail(s, err, OB_EPROTO, "a colon is missing");
    s->state = VALUE;
    return 0;
  case VALUE:
    if (s->key == KEY_ITEMS && c == '[') {
      if (s->seen_items) return fail(s, err, OB_EPROTO, "items came twice");
      s->seen_items = true;
      s->state = ITEM_OR_END;
      return 0;
    }
    if (s->key == KEY_ITEMS && (c == '{' || c == '"'))
      return fail(s, err, OB_EPROTO, "items is not an array");
    if (ob_scalar_end(c) || c == ':') return fail(s, err, OB_EPROTO, "a value is missing");
    begin(s, c == '{' || c == '[' || c == '"' ? IN_VALUE : IN_SCALAR);
    return 1;
  case AFTER:
    if (c != ',' && c != '}') return fail(s, err, OB_EPROTO, "a comma is missing");
    s->state = c == ',' ? KEY : END;
    return 0;
  case ITEM_OR_END:
  case ITEM_FIRST:
    if (c == ']' && s->state == ITEM_OR_END) {
      s->state = AFTER;
      return 0;
    }
    if (c != '{') return fail(s, err, OB_EPROTO, "an item is not an object");
    begin(s, ITEM);
    return 1;
  case ITEM_AFTER:
    if (c != ',' && c != ']') return fail(s, err, OB_EPROTO, "a comma is missing");
    s->state = c == ',' ? ITEM_FIRST : AFTER;
    return 0;
  default: return fail(s, err, OB_EPROTO, "text follows the list");
  }
}

int ob_list_scan_feed(ob_list_scan *s, const char *bytes, size_t n, ob_err *err) {
  if (s->failed) return ob_fail(err, (ob_code)-s->failed, "list: had failed before");
  const char *p = bytes, *end = bytes + n;
  while (p < end) {
    int rc = 0;
    if (s->state == ITEM) {
      rc = run_item(s, &p, end, err);
    } else if (s->state == IN_KEY || s->state == IN_VALUE || s->state == IN_SCALAR) {
      rc = run_value(s, &p, end, err);
    } else if (ob_json_blank(*p)) {
      p++;
    } else {
      rc = step(s, *p, err);
      if (rc == 0) p++;
    }
    if (rc < 0) return rc;
  }
  return 0;
}

static int read_metadata(ob_list_scan *s, ob_err *err) {
  if (s->metadata.len == 0) return 0;
  OB_AUTOPTR(ob_json)
  m = ob_json_parse(ob_buf_str(&s->metadata), s->metadata.len, OB_JSON_LENIENT, err);
  if (!m) return fail(s, err, OB_EPROTO, "metadata is not JSON");
  (void)snprintf(s->resource_version, sizeof s->resource_version, "%s",
                 ob_or(ob_json_get_str(m, "resourceVersion"), ""));
  free(s->cont);
  s->cont = ob_strdup(ob_or(ob_json_get_str(m, "continue"), ""));
  s->remaining = ob_json_get_int(m, "remainingItemCount", -1);
  return 0;
}

int ob_list_scan_finish(ob_list_scan *s, ob_err *err) {
  if (s->failed) return ob_fail(err, (ob_code)-s->failed, "list: had failed before");
  if (s->state == START) return fail(s, err, OB_EPROTO, "the answer is empty");
  if (s->state != END) return fail(s, err, OB_EPROTO, "the answer was cut off");
  if (s->kind_text.len) {
    OB_AUTOPTR(ob_json)
    k = ob_json_parse(ob_buf_str(&s->kind_text), s->kind_text.len, OB_JSON_LENIENT, NULL);
    (void)snprintf(s->kind, sizeof s->kind, "%s", ob_or(ob_json_str(k), ""));
  }
  if (!s->seen_items) return fail(s, err, OB_EPROTO, "the answer is no list: it has no items");
  return read_metadata(s, err);
}
