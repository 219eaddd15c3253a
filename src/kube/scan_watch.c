/* A watch is lines. An event's `object` is found by skipping over the members of the line, so
 * that only it is parsed, once, by whoever decodes it. */
#include "base/json.h"
#include "base/str.h"
#include "kube/scan_nest.h"
#include "kube/status.h"
#include <stdio.h>

void ob_watch_scan_init(ob_watch_scan *s, size_t max_event, ob_scan_fn on_event, void *arg) {
  *s = (ob_watch_scan){
      .on_event = on_event, .arg = arg, .max_event = max_event ? max_event : OB_ITEM_MAX};
  ob_buf_init(&s->line, s->max_event);
}

void ob_watch_scan_done(ob_watch_scan *s) {
  ob_buf_done(&s->line);
}

void ob_watch_scan_reset(ob_watch_scan *s) {
  ob_buf_reset(&s->line);
}

bool ob_watch_scan_partial(const ob_watch_scan *s) {
  return s->line.len > 0;
}

static int emit(ob_watch_scan *s, const char *line, size_t n, ob_err *err) {
  while (n > 0 && ob_json_blank(line[n - 1])) n--;
  if (n == 0) return 0;
  s->events++;
  if (s->on_event && s->on_event(s->arg, line, n))
    return ob_fail(err, OB_ECANCELED, "watch: stopped");
  return 0;
}

int ob_watch_scan_feed(ob_watch_scan *s, const char *bytes, size_t n, ob_err *err) {
  const char *p = bytes, *end = bytes + n;
  while (p < end) {
    const char *nl = memchr(p, '\n', (size_t)(end - p));
    size_t len = (size_t)((nl ? nl : end) - p);
    if (s->line.len + len > s->max_event)
      return ob_fail(err, OB_ELIMIT, "watch: an event of more than %zu bytes", s->max_event);
    int rc = 0;
    if (nl && s->line.len == 0) {
      rc = emit(s, p, len, err);
    } else {
      if (ob_buf_add(&s->line, p, len)) return ob_fail(err, OB_ELIMIT, "watch: an event of more than %zu bytes", s->max_event);
      if (nl) {
        rc = emit(s, ob_buf_str(&s->line), s->line.len, err);
        ob_buf_reset(&s->line);
      }
    }
    if (rc) return rc;
    p += len + (nl ? 1 : 0);
  }
  return 0;
}

static const char *blank(const char *p, const char *end) {
  while (p < end && ob_json_blank(*p)) p++;
  return p;
}

static ob_watch_type type_of(const char *s) {
  static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};
  for (size_t i = 0; i < OB_LEN(names); i++)
    if (ob_streq(s, names[i])) return (ob_watch_type)i;
  return OB_WATCH_UNKNOWN;
}

static bool span_is(const char *p, size_t n, const char *s) {
  return strlen(s) == n && memcmp(p, s, n) == 0;
}

/* One member; *io_p stands on its key. False when it is none. */
static bool member(ob_watch_event *e, const char **io_p, const char *end) {
  const char *key = *io_p;
  if (key == end || *key != '"') return false;
  const char *key_end = ob_nest_skip(key, end);
  if (!key_end) return false;
  const char *p = blank(key_end, end);
  if (p == end || *p != ':') return false;
  const char *value = blank(p + 1, end);
  const char *value_end = ob_nest_skip(value, end);
  if (!value_end) return false;
  size_t kn = (size_t)(key_end - key), vn = (size_t)(value_end - value);
  if (span_is(key, kn, "\"type\"") && vn >= 2 && *value == '"') {
    size_t n = vn - 2 < sizeof e->type_text ? vn - 2 : sizeof e->type_text - 1;
    memcpy(e->type_text, value + 1, n);
    e->type_text[n] = '\0';
  } else if (span_is(key, kn, "\"object\"") && !span_is(value, vn, "null")) {
    e->object = value;
    e->object_len = vn;
  }
  *io_p = blank(value_end, end);
  return true;
}

static bool parse_line(ob_watch_event *e, const char *p, const char *end) {
  p = blank(p, end);
  if (p == end || *p != '{') return false;
  p = blank(p + 1, end);
  while (p < end && *p != '}') {
    if (!member(e, &p, end)) return false;
    if (p == end) return false;
    if (*p == '}') break;
    if (*p != ',') return false;
    p = blank(p + 1, end);
    if (p == end || *p == '}') return false;
  }
  return p < end && blank(p + 1, end) == end && *e->type_text;
}

int ob_watch_event_parse(ob_watch_event *ret, const char *line, size_t n, ob_err *err) {
  *ret = (ob_watch_event){.type = OB_WATCH_UNKNOWN};
  if (!parse_line(ret, line, line + n)) return ob_fail(err, OB_EPROTO, "watch: a line is no event");
  ret->type = type_of(ret->type_text);
  return 0;
}

int ob_watch_bookmark(const ob_watch_event *e, char ret_rv[64], bool *ret_initial_end,
                      ob_err *err) {
  ret_rv[0] = '\0';
  *ret_initial_end = false;
  OB_AUTOPTR(ob_json)
  j = e->object ? ob_json_parse(e->object, e->object_len, OB_JSON_LENIENT, err) : NULL;
  const char *rv = ob_json_get_str(ob_json_get(j, "metadata"), "resourceVersion");
  if (!rv || strlen(rv) >= 64)
    return ob_fail(err, OB_EPROTO, "watch: a bookmark without resourceVersion");
  (void)snprintf(ret_rv, 64, "%s", rv);
  const char *end =
      ob_json_str(ob_json_at(j, "metadata", "annotations", "k8s.io/initial-events-end", NULL));
  *ret_initial_end = ob_streq(end, "true");
  return 0;
}

int ob_watch_error(const ob_watch_event *e, ob_err *ret_err) {
  ob_err local = {0};
  if (!ret_err) ret_err = &local;
  OB_AUTO(ob_status) s = {0};
  if (e->object && ob_status_parse(&s, e->object, e->object_len))
    return ob_status_err(&s, 0, NULL, NULL, ret_err);
  return ob_fail(ret_err, OB_ESERVER, "watch: the server sent an error that says nothing");
}
