#include "unit/limits.h"

#include "base/faults.h"
#include "base/patch.h"
#include "base/settings.h"
#include "base/str.h"
#include <unistd.h>

/* A text of `n` bytes in all: head, one byte again and again, tail. */
static void text_of(ob_buf *out, size_t n, const char *head, char fill, const char *tail) {
  ob_buf_init(out, n + 1);
  ob_buf_adds(out, head);
  ob_buf_fill(out, fill, n - strlen(head) - strlen(tail));
  ob_buf_adds(out, tail);
}

static bool json_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text;
  text_of(&text, n, "[", ' ', "]");
  OB_AUTOPTR(ob_json) j = ob_json_parse(text.ptr, text.len, OB_JSON_STRICT, err);
  return j != NULL;
}

static bool json_depth(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_JSON_MAX);
  ob_buf_fill(&text, '[', n);
  ob_buf_fill(&text, ']', n);
  OB_AUTOPTR(ob_json) j = ob_json_parse(text.ptr, text.len, OB_JSON_STRICT, err);
  return j != NULL;
}

static bool yaml_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text;
  text_of(&text, n, "a: b\n#", 'x', "");
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text.ptr, text.len, "f", err);
  return doc != NULL;
}

static bool yaml_depth(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_YAML_MAX);
  ob_buf_adds(&text, "- ");
  for (size_t i = 2; i < n; i++) ob_buf_adds(&text, "- "); /* the word is a level, too */
  ob_buf_adds(&text, "x");
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text.ptr, text.len, "f", err);
  return doc != NULL;
}

/* Values after aliases are filled in: a list of n - 1 zeros is n of them. */
static bool yaml_nodes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_YAML_MAX);
  ob_buf_addc(&text, '[');
  for (size_t i = 1; i < n; i++) ob_buf_adds(&text, "0,");
  ob_buf_adds(&text, "] #"); /* no JSON */
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text.ptr, text.len, "f", err);
  return doc != NULL;
}

static bool patch_ops(size_t n, ob_err *err) {
  OB_AUTOPTR(ob_json) ops = ob_json_new_array();
  ob_json *op = ob_json_new_object();
  ob_json_put_str(op, "op", "test");
  ob_json_put_str(op, "path", "");
  ob_json_put(op, "value", ob_json_new_int(1));
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_JSON_MAX * 2u), one = OB_BUF_INIT(OB_LINE_MAX);
  ob_json_print(&one, op);
  ob_json_free(op);
  ob_buf_addc(&text, '[');
  for (size_t i = 0; i < n; i++) ob_buf_addf(&text, "%s%s", i ? "," : "", ob_buf_str(&one));
  ob_buf_addc(&text, ']');
  OB_AUTOPTR(ob_json) patch = ob_json_parse(text.ptr, text.len, OB_JSON_STRICT, err);
  ob_json *doc = ob_json_new_int(1);
  int rc = ob_json_patch(&doc, patch, err);
  ob_json_free(doc);
  return rc == 0;
}

static bool settings_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text;
  text_of(&text, n, "ascii: true\n#", 'x', "\n");
  char path[] = "/tmp/outboard-limits-XXXXXX";
  int fd = mkstemp(path);
  cr_assert(fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len);
  close(fd);
  OB_AUTOPTR(ob_settings) s = ob_settings_load(path, err);
  unlink(path);
  return s != NULL;
}

/* Of the faults of a file so many are kept, and one that says that there were more. */
Test(limits, of_faults) {
  static const size_t numbers[] = {OB_FAULTS_MAX, OB_FAULTS_MAX + 1, OB_FAULTS_MAX * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    OB_AUTO(ob_faults) f = {0};
    ob_err err;
    int rc = ob_fail(&err, OB_ECONFIG, "bad");
    for (size_t k = 0; k < numbers[i]; k++) cr_assert_eq(ob_fault_keep(&f, rc, &err), 0);
    bool over = numbers[i] > OB_FAULTS_MAX;
    cr_assert_eq(f.all.len, OB_FAULTS_MAX + over);
    cr_expect_str_eq(f.all.at[f.all.len - 1].msg,
                     over ? "more than 200 faults: the others are not listed" : "bad");
  }
}

Test(limits, of_base) {
  static const limit_row rows[] = {
      LIMIT_BYTES(OB_JSON_MAX, json_bytes),
      LIMIT(OB_JSON_DEPTH, json_depth),
      LIMIT_BYTES(OB_YAML_MAX, yaml_bytes),
      LIMIT(OB_YAML_DEPTH, yaml_depth),
      {"OB_YAML_NODES", OB_YAML_NODES, OB_YAML_NODES * 2u, yaml_nodes},
      LIMIT(OB_PATCH_OPS, patch_ops),
      LIMIT(OB_SETTINGS_MAX, settings_bytes),
  };
  limits_hold(rows, OB_LEN(rows));
}
