/* The whole object as the server has it. managedFields, which nobody reads and which are half
 * of most objects, are folded into one line until enter unfolds them. */
#include "tui/pages.h"

#include "base/str.h"
#include "base/yaml.h"
#include "base/yaml_scalar.h"
#include "outboard/text.h"

/* What is no string has a colour of its own: strings that look like numbers are quoted. */
static ob_role value_role(const char *s, size_t n) {
  while (n && *s == ' ') s++, n--;
  switch (ob_yaml_kind_of(s, n, NULL)) {
  case OB_YAML_STRING:
  case OB_YAML_MERGE: return OB_ROLE_YAML_VALUE;
  default: return n ? OB_ROLE_YAML_LITERAL : OB_ROLE_YAML_VALUE;
  }
}

/* "key: value", "- key: value", "- value": the key's colour up to the colon. */
static void put_line(ob_doc *d, const char *s, size_t n) {
  size_t at = 0;
  while (at < n && (s[at] == ' ' || (s[at] == '-' && at + 1 < n && s[at + 1] == ' '))) at++;
  size_t colon = at;
  if (at < n && s[at] != '"' && s[at] != '\'')
    while (colon < n && !(s[colon] == ':' && (colon + 1 == n || s[colon + 1] == ' '))) colon++;
  if (colon < n && colon > at) {
    ob_doc_putn(d, OB_ROLE_YAML_KEY, s, colon + 1);
    ob_doc_putn(d, value_role(s + colon + 1, n - colon - 1), s + colon + 1, n - colon - 1);
  } else {
    ob_doc_putn(d, OB_ROLE_YAML_VALUE, s, at);
    ob_doc_putn(d, value_role(s + at, n - at), s + at, n - at);
  }
  ob_doc_nl(d);
}

void ob_page_write_YAML(ob_doc *d, const ob_subject *s) {
  if (ob_page_waiting(d, s, "the object")) return;
  OB_AUTOPTR(ob_json) copy = ob_json_dup(s->reply->json);
  ob_json *metadata = ob_json_get_mut(copy, "metadata");
  size_t folded = ob_json_len(ob_json_get(metadata, "managedFields"));
  if (!s->unfold && folded) ob_json_remove(metadata, "managedFields");
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_DOC_MAX), safe = OB_BUF_INIT(OB_DOC_MAX);
  ob_yaml_print(&text, copy, true);
  ob_text_safe(&safe, ob_buf_str(&text), text.len, OB_TEXT_LINES);
  const char *p = ob_buf_str(&safe), *end = p + safe.len;
  while (p < end) {
    const char *nl = memchr(p, '\n', (size_t)(end - p));
    size_t n = nl ? (size_t)(nl - p) : (size_t)(end - p);
    put_line(d, p, n);
    p += n + 1;
    if (!s->unfold && folded && n == 9 && memcmp(p - n - 1, "metadata:", 9) == 0) {
      ob_doc_put(d, OB_ROLE_YAML_KEY, "  managedFields:");
      ob_doc_putf(d, OB_ROLE_DIM, " # %zu folded, enter on the whole page shows them", folded);
      ob_doc_nl(d);
    }
  }
  if (text.failed || safe.failed) {
    ob_doc_put(d, OB_ROLE_WARN, "… the object is too large to be shown whole");
    ob_doc_nl(d);
  }
}
