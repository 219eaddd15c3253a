/* The forbidden code points stand here once more, on purpose not by the program's own tables. */
#include "fuzz.h"

#include "base/str.h"
#include "outboard/text.h"
#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  FUZZ_HOLDS(setlocale(LC_ALL, "C.UTF-8"));
  return 0;
}

_Noreturn void fuzz_broken(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  abort();
}

unsigned fuzz_byte(fuzz_in *in) {
  if (in->left == 0) return 0;
  in->left--;
  return *in->at++;
}

unsigned fuzz_below(fuzz_in *in, unsigned n) {
  return fuzz_byte(in) % n;
}

const char *fuzz_until(fuzz_in *in, char end, size_t *ret_n) {
  const char *from = (const char *)in->at;
  const char *at = in->left ? memchr(from, end, in->left) : NULL;
  *ret_n = at ? (size_t)(at - from) : in->left;
  size_t used = *ret_n + (at != NULL);
  in->at += used;
  in->left -= used;
  return *ret_n ? from : "";
}

char *fuzz_string(fuzz_in *in) {
  size_t n;
  const char *from = fuzz_until(in, '\0', &n);
  return ob_strndup(from, n);
}

static ob_json *tree_at(fuzz_in *in, int depth, bool nulls) {
  static const char *const keys[] = {"name", "port", "host", "path", "pathType",
                                     "a",    "b",    "",     "a/b"};
  static const char *const words[] = {"x", "y", "", "~1", "Prefix", "http"};
  unsigned what = fuzz_below(in, depth > 5 ? 5 : 9);
  switch (what) {
  case 0: return nulls ? ob_json_new_null() : ob_json_new_str("z");
  case 1: return ob_json_new_bool(fuzz_below(in, 2));
  case 2: return ob_json_new_int((int64_t)fuzz_below(in, 4) - 1);
  case 3:
  case 4: return ob_json_new_str(words[fuzz_below(in, OB_LEN(words))]);
  case 5: {
    ob_json *list = ob_json_new_array();
    for (unsigned n = fuzz_below(in, 5); n > 0; n--)
      ob_json_push(list, tree_at(in, depth + 1, nulls));
    return list;
  }
  default: {
    ob_json *map = ob_json_new_object();
    for (unsigned n = fuzz_below(in, 5); n > 0; n--) {
      const char *key = keys[fuzz_below(in, OB_LEN(keys))];
      ob_json_put(map, key, tree_at(in, depth + 1, nulls));
    }
    return map;
  }
  }
}

ob_json *fuzz_tree(fuzz_in *in, bool nulls) {
  return tree_at(in, 0, nulls);
}

static bool forbidden(uint32_t cp) {
  if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0xd800 && cp < 0xe000)) return true;
  if ((cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e)) return true;
  if ((cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xfff0 && cp <= 0xfffb)) return true;
  if (cp == 0xad || cp == 0x61c || cp == 0x115f || cp == 0x3164 || cp == 0xfeff) return true;
  if (cp >= 0xfe00 && cp <= 0xfe0f) return true;
  return (cp >= 0xe0000 && cp <= 0xe0fff) || (cp & 0xfffe) == 0xfffe || cp > 0x10ffff;
}

void fuzz_is_safe(const char *s, size_t n, bool lines) {
  FUZZ_HOLDS(ob_utf8_valid(s, n));
  int marks = 0;
  for (size_t i = 0; i < n;) {
    uint32_t cp;
    i += ob_utf8_next(s + i, n - i, &cp);
    if (lines && cp == '\n') {
      marks = 4; /* no mark may stand at a line's beginning */
      continue;
    }
    FUZZ_HOLDS(!forbidden(cp));
    int width = wcwidth((wchar_t)cp);
    FUZZ_HOLDS(width >= 0);
    marks = width == 0 ? marks + 1 : 0;
    FUZZ_HOLDS(marks <= 4);
  }
}

void fuzz_show(const char *s, size_t n) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(n * 8 + 64);
  ob_text_safe(&out, s, n, OB_TEXT_LINE);
  FUZZ_HOLDS(!out.failed);
  fuzz_is_safe(ob_buf_str(&out), out.len, false);
}

void fuzz_told(const ob_err *err) {
  FUZZ_HOLDS(err->code != OB_OK && err->msg[0] != '\0');
  FUZZ_HOLDS(memchr(err->msg, '\0', sizeof err->msg) && memchr(err->hint, '\0', sizeof err->hint));
  fuzz_show(err->msg, strlen(err->msg));
  fuzz_show(err->hint, strlen(err->hint));
}

void fuzz_prints(const ob_json *j) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_JSON_MAX);
  FUZZ_HOLDS(ob_json_print(&text, j) == 0);
  OB_AUTOPTR(ob_json) again = ob_json_parse(ob_buf_str(&text), text.len, OB_JSON_LENIENT, NULL);
  FUZZ_HOLDS(again && ob_json_equal(j, again));
}
