/* Printing rows. A row's cells are made once (ob_line) and then laid out by the
 * format's function; a format is one row of `formats`. Tables grow their column
 * widths with each batch and never shrink them, so that a watch stays aligned. */
#include "cli/format.h"

#include "base/str.h"
#include "base/yaml.h"

static const char *const event_names[] = {
    [OB_ROW_NONE] = "", [OB_ROW_ADDED] = "ADDED", [OB_ROW_MODIFIED] = "MODIFIED", [OB_ROW_DELETED] = "DELETED"};
enum { EVENT_WIDTH = 8, CHANGE_WIDTH = 20, GAP = 3 };

static const char *const tone_sgr[OB_TONE_COUNT] = {
    [OB_TONE_PLAIN] = "", [OB_TONE_DIM] = "2", [OB_TONE_OK] = "32",
    [OB_TONE_WARN] = "33", [OB_TONE_BAD] = "31", [OB_TONE_ACCENT] = "36"};

void ob_line_make(ob_line *ret, const ob_cluster *c, const ob_view *v, const ob_row *r,
                  int64_t now_ms) {
  *ret = (ob_line){0};
  OB_AUTO(ob_buf) all = OB_BUF_INIT((size_t)OB_LINE_MAX * OB_COLUMNS_MAX);
  OB_AUTO(ob_buf) one = OB_BUF_INIT(OB_LINE_MAX);
  size_t at[OB_COLUMNS_MAX];
  for (size_t i = 0; i < v->ncolumns && i < OB_COLUMNS_MAX; i++) {
    ob_buf_reset(&one);
    ob_cell cell = {.text = &one};
    v->columns[i].cell(c, r, now_ms, &cell);
    at[i] = all.len;
    ob_buf_add(&all, ob_buf_str(&one), one.len + 1);
    ret->tone[i] = cell.tone;
    ret->mark[i] = cell.mark;
    ret->num[i] = cell.num;
    ret->has_num[i] = cell.has_num;
    ret->unknown[i] = cell.unknown;
    ret->none[i] = cell.none;
    ret->link[i] = cell.link;
  }
  ret->texts = ob_buf_take(&all, NULL);
  for (size_t i = 0; i < v->ncolumns && i < OB_COLUMNS_MAX; i++) ret->cell[i] = ret->texts + at[i];
  OB_AUTO(ob_buf) name = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&name, "%s/", r->owner->kind == OB_KIND_INGRESS ? "ingress" : "service");
  ob_text_safe_str(&name, r->owner->name, OB_TEXT_LINE);
  ret->name = ob_buf_take(&name, NULL);
}

void ob_line_done(ob_line *l) {
  free(l->texts);
  free(l->name);
  *l = (ob_line){0};
}

ob_json *ob_line_json(const ob_line *l, const ob_view *v) {
  ob_json *item = ob_json_new_object();
  for (size_t i = 0; i < v->ncolumns; i++) {
    const ob_column *col = &v->columns[i];
    if (col->flags & OB_COL_PROBE) continue;
    const char *text = l->cell[i];
    if (l->unknown[i] || (l->none[i] && !(col->flags & OB_COL_LIST))) {
      ob_json_put(item, col->key, ob_json_new_null());
    } else if (l->none[i]) {
      ob_json_put(item, col->key, ob_json_new_array());
    } else if (col->flags & OB_COL_BOOL) {
      ob_json_put_bool(item, col->key, l->num[i] != 0);
    } else if (col->flags & OB_COL_NUMBER) {
      ob_json_put(item, col->key,
                  l->has_num[i] ? ob_json_new_int(l->num[i]) : ob_json_new_null());
    } else if (col->flags & OB_COL_LIST) {
      ob_json *list = ob_json_put(item, col->key, ob_json_new_array());
      while (*text) {
        size_t n = strcspn(text, ",");
        ob_json_push(list, ob_json_new_strn(text, n));
        text += n + (text[n] == ',');
      }
    } else {
      ob_json_put_str(item, col->key, text);
    }
  }
  return item;
}

/* --- tables ------------------------------------------------------------------------ */
static bool shown(const ob_printer *p, const ob_column *col) {
  if (col->flags & (OB_COL_HIDDEN | OB_COL_PROBE)) return false;
  if (col->flags & OB_COL_WIDE) return p->format == OB_FORMAT_WIDE;
  return !(col->flags & OB_COL_NS) || p->namespaces;
}

/* A cell as a person may see it. Valid until the next call with the same buffer. */
static const char *safe_text(const char *text, ob_buf *b) {
  ob_buf_reset(b);
  ob_text_safe_str(b, text, OB_TEXT_LINE);
  return ob_buf_str(b);
}

static const char *cell_text(const ob_line *l, size_t i) {
  return *l->cell[i] ? l->cell[i] : "-";
}

/* Bytes that may stand in a URL as they are; the rest is percent-encoded, so that what a
 * terminal opens is what was shown and nothing of it ends the escape sequence early. */
static void add_link_target(ob_buf *out, const char *url) {
  for (; *url; url++) {
    unsigned char ch = (unsigned char)*url;
    if (ch > 0x20 && ch < 0x7f && !strchr("\"<>\\^`{|}", ch))
      ob_buf_addc(out, (char)ch);
    else
      ob_buf_addf(out, "%%%02X", ch);
  }
}

static void add_cell(const ob_printer *p, ob_buf *out, const char *raw, ob_tone tone, bool link,
                     int width, bool right, bool last) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
  const char *text = safe_text(raw, &safe);
  int pad = width - ob_text_width(text, strlen(text));
  if (pad < 0) pad = 0;
  if (right) ob_buf_fill(out, ' ', (size_t)pad);
  bool sgr = p->colour && *tone_sgr[tone];
  if (sgr) ob_buf_addf(out, "\033[%sm", tone_sgr[tone]);
  if (p->colour && link) {
    ob_buf_adds(out, "\033]8;;");
    add_link_target(out, raw);
    ob_buf_adds(out, "\033\\");
  }
  ob_buf_adds(out, text);
  if (p->colour && link) ob_buf_adds(out, "\033]8;;\033\\");
  if (sgr) ob_buf_adds(out, "\033[0m");
  if (!last) ob_buf_fill(out, ' ', (size_t)(right ? 0 : pad) + GAP);
}

/* "READY 3/3 -> 2/3, PROBLEM - -> no ready endpoint" */
static int add_changes(ob_buf *out, const ob_view *v, const ob_line *l) {
  for (size_t i = 0; i < v->ncolumns; i++) {
    if (!(l->changed >> i & 1u) || (v->columns[i].flags & OB_COL_HIDDEN)) continue;
    ob_buf_addf(out, "%s%s %s -> %s", out->len ? ", " : "", v->columns[i].title,
                *l->was[i] ? l->was[i] : "-", cell_text(l, i));
  }
  return 0;
}

static void print_table(ob_printer *p, const ob_line *lines, size_t n) {
  const ob_view *v = p->view;
  size_t last = 0;
  for (size_t i = 0; i < v->ncolumns; i++) {
    if (!shown(p, &v->columns[i])) continue;
    last = i;
    int w = (int)strlen(v->columns[i].title);
    if (p->widths[i] < w) p->widths[i] = w;
    for (size_t l = 0; l < n; l++) {
      const char *text = cell_text(&lines[l], i);
      w = ob_text_width(text, strlen(text)); /* measured as if safe */
      if (p->widths[i] < w) p->widths[i] = w;
    }
  }
  OB_AUTO(ob_buf) out = OB_BUF_INIT((size_t)OB_LINE_MAX * OB_COLUMNS_MAX);
  for (size_t l = 0; l < n + 1; l++) {
    const ob_line *line = l == 0 ? NULL : &lines[l - 1];
    if (!line && (p->started || !p->headers || n == 0)) continue;
    ob_buf_reset(&out);
    if (p->watch) {
      add_cell(p, &out, line ? event_names[line->event] : "EVENT", OB_TONE_PLAIN, false,
               EVENT_WIDTH, false, false);
      OB_AUTO(ob_buf) what = OB_BUF_INIT(OB_LINE_MAX);
      line ? add_changes(&what, v, line) : ob_buf_adds(&what, "CHANGE");
      add_cell(p, &out, what.len ? ob_buf_str(&what) : "-", OB_TONE_PLAIN, false, CHANGE_WIDTH,
               false, false);
    }
    for (size_t i = 0; i <= last; i++) {
      const ob_column *col = &v->columns[i];
      if (!shown(p, col)) continue;
      bool right = (col->flags & OB_COL_NUMBER) != 0;
      if (line)
        add_cell(p, &out, cell_text(line, i), line->tone[i], line->link[i], p->widths[i], right, i == last);
      else
        add_cell(p, &out, col->title, OB_TONE_PLAIN, false, p->widths[i], right, i == last);
    }
    ob_buf_addc(&out, '\n');
    fwrite(ob_buf_str(&out), 1, out.len, p->out);
  }
  if (n) p->started = true;
}

/* --- csv (RFC 4180) ------------------------------------------------------------------ */
static void add_csv(const ob_printer *p, ob_buf *out, const char *raw) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
  const char *text = p->seen ? safe_text(raw, &safe) : raw;
  if (!strpbrk(text, ",\"\r\n")) {
    ob_buf_adds(out, text);
    return;
  }
  ob_buf_addc(out, '"');
  for (; *text; text++) {
    if (*text == '"') ob_buf_addc(out, '"');
    ob_buf_addc(out, *text);
  }
  ob_buf_addc(out, '"');
}

static void print_csv(ob_printer *p, const ob_line *lines, size_t n) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT((size_t)OB_LINE_MAX * OB_COLUMNS_MAX);
  for (size_t l = 0; l < n + 1; l++) {
    const ob_line *line = l == 0 ? NULL : &lines[l - 1];
    if (!line && (p->started || !p->headers)) continue;
    ob_buf_reset(&out);
    if (p->watch) {
      ob_buf_addf(&out, "%s,", line ? event_names[line->event] : "event");
      if (!line) ob_buf_adds(&out, "changed");
      for (size_t i = 0, k = 0; line && i < p->view->ncolumns; i++)
        if (line->changed >> i & 1u) ob_buf_addf(&out, "%s%s", k++ ? " " : "", p->view->columns[i].key);
      ob_buf_addc(&out, ',');
    }
    for (size_t i = 0; i < p->view->ncolumns; i++) {
      const ob_column *col = &p->view->columns[i];
      if (col->flags & OB_COL_PROBE) continue;
      if (i) ob_buf_addc(&out, ',');
      if (!line)
        add_csv(p, &out, col->key);
      else if (line->unknown[i] || line->none[i])
        continue;
      else if (col->flags & OB_COL_NUMBER)
        line->has_num[i] ? ob_buf_addf(&out, "%lld", (long long)line->num[i]) : 0;
      else if (col->flags & OB_COL_BOOL)
        ob_buf_adds(&out, line->num[i] ? "true" : "false");
      else
        add_csv(p, &out, line->cell[i]);
    }
    ob_buf_adds(&out, "\r\n");
    fwrite(ob_buf_str(&out), 1, out.len, p->out);
  }
  p->started = true;
}

/* --- json and yaml --------------------------------------------------------------------- */
/* JSON's text with every character that a terminal might obey or hide as \uXXXX: the value stays
 * what it is. Such a character can stand in strings only. */
static void write_json(ob_printer *p, const ob_buf *json) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(8 * OB_JSON_MAX), one = OB_BUF_INIT(64);
  const char *s = ob_buf_str(json), *end = s + json->len;
  while (s < end) {
    const char *run = s;
    while (s < end && (unsigned char)*s < 0x7f) s++;
    ob_buf_add(&out, run, (size_t)(s - run));
    if (s == end) break;
    uint32_t cp;
    size_t n = ob_utf8_next(s, (size_t)(end - s), &cp);
    ob_buf_reset(&one);
    ob_text_safe(&one, s, n, OB_TEXT_LINE);
    if (one.len == n && memcmp(one.ptr, s, n) == 0)
      ob_buf_add(&out, s, n);
    else if (cp < 0x10000)
      ob_buf_addf(&out, "\\u%04x", cp);
    else
      ob_buf_addf(&out, "\\u%04x\\u%04x", 0xd800 + ((cp - 0x10000) >> 10),
                  0xdc00 + ((cp - 0x10000) & 0x3ff));
    s += n;
  }
  fwrite(ob_buf_str(&out), 1, out.len, p->out);
}

static void write_yaml(ob_printer *p, const ob_buf *yaml) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(8 * OB_JSON_MAX);
  if (p->seen) ob_text_safe(&safe, ob_buf_str(yaml), yaml->len, OB_TEXT_LINES);
  const ob_buf *out = p->seen ? &safe : yaml;
  fwrite(ob_buf_str(out), 1, out->len, p->out);
}

static void print_document(ob_printer *p, const ob_line *lines, size_t n, const ob_json *meta) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_JSON_MAX);
  bool yaml = p->format == OB_FORMAT_YAML;
  if (p->watch) {
    for (size_t l = 0; l < n; l++) {
      OB_AUTOPTR(ob_json) event = ob_json_new_object();
      ob_json_put_str(event, "type", event_names[lines[l].event]);
      if (lines[l].event == OB_ROW_MODIFIED) {
        ob_json *changed = ob_json_put(event, "changed", ob_json_new_array());
        for (size_t i = 0; i < p->view->ncolumns; i++)
          if (lines[l].changed >> i & 1u)
            ob_json_push(changed, ob_json_new_str(p->view->columns[i].key));
      }
      ob_json_put(event, "object", ob_line_json(&lines[l], p->view));
      ob_buf_reset(&out);
      if (yaml) ob_buf_adds(&out, "---\n");
      yaml ? ob_yaml_print(&out, event, false) : ob_json_print(&out, event);
      if (!yaml) ob_buf_addc(&out, '\n');
      yaml ? write_yaml(p, &out) : write_json(p, &out);
    }
    return;
  }
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  for (const ob_json *m = ob_json_first(meta); m; m = ob_json_next(m))
    ob_json_put(doc, ob_json_key(m), ob_json_dup(m));
  ob_json *items = ob_json_put(doc, "items", ob_json_new_array());
  for (size_t l = 0; l < n; l++) ob_json_push(items, ob_line_json(&lines[l], p->view));
  yaml ? ob_yaml_print(&out, doc, false) : ob_json_print_pretty(&out, doc);
  if (!yaml) ob_buf_addc(&out, '\n');
  yaml ? write_yaml(p, &out) : write_json(p, &out);
}

static void print_names(ob_printer *p, const ob_line *lines, size_t n) {
  const char *before = "";
  for (size_t l = 0; l < n; l++) {
    if (p->watch) fprintf(p->out, "%-*s ", EVENT_WIDTH, event_names[lines[l].event]);
    /* An object with several rows is named once. */
    if (p->watch || strcmp(before, lines[l].name) != 0) fprintf(p->out, "%s\n", lines[l].name);
    before = lines[l].name;
  }
}

static const char *const formats[OB_FORMAT_COUNT] = {
    [OB_FORMAT_TABLE] = "table", [OB_FORMAT_WIDE] = "wide", [OB_FORMAT_JSON] = "json",
    [OB_FORMAT_YAML] = "yaml",   [OB_FORMAT_CSV] = "csv",   [OB_FORMAT_NAME] = "name"};

bool ob_format_find(const char *name, ob_format_id *ret) {
  for (size_t i = 0; i < OB_FORMAT_COUNT; i++) {
    if (strcmp(formats[i], name) != 0) continue;
    *ret = (ob_format_id)i;
    return true;
  }
  return false;
}

void ob_print_lines(ob_printer *p, const ob_line *lines, size_t n, const ob_json *meta) {
  switch (p->format) {
  case OB_FORMAT_TABLE:
  case OB_FORMAT_WIDE: print_table(p, lines, n); break;
  case OB_FORMAT_CSV: print_csv(p, lines, n); break;
  case OB_FORMAT_NAME: print_names(p, lines, n); break;
  case OB_FORMAT_JSON:
  case OB_FORMAT_YAML: print_document(p, lines, n, meta); break;
  case OB_FORMAT_COUNT: break;
  }
}
