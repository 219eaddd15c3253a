#include "unit/limits.h"

#include "base/mem.h"
#include "tui/doc.h"
#include "tui/menu.h"
#include "tui/plugins.h"
#include "tui/term_report.h"
#include "tui/theme_find.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/outboard-limits-XXXXXX";
static bool made;

/* The text as $XDG_CONFIG_HOME/outboard/NAME. */
static char *config_file(const char *name, const ob_buf *text) {
  if (!made) cr_assert_not_null(mkdtemp(folder));
  made = true;
  setenv("XDG_CONFIG_HOME", folder, 1); /* Criterion runs each test in a process */
  OB_AUTOFREE char *dir = ob_asprintf("%s/outboard", folder);
  mkdir(dir, 0700);
  char *path = ob_asprintf("%s/%s", dir, name);
  FILE *f = fopen(path, "w");
  cr_assert(f && fwrite(ob_buf_str(text), 1, text->len, f) == text->len && fclose(f) == 0);
  return path;
}

static void cleanup(void) {
  OB_AUTOFREE char *dir = ob_asprintf("%s/outboard", folder);
  rmdir(dir);
  rmdir(folder);
}

static bool theme_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n);
  ob_buf_adds(&text, "roles: {}\n#");
  ob_buf_fill(&text, 'x', n - text.len);
  OB_AUTOFREE char *path = config_file("t.yaml", &text);
  ob_theme t;
  int rc = ob_theme_load_file(&t, path, true, err);
  unlink(path);
  return rc == 0;
}

static bool theme_colours(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  ob_buf_adds(&text, "roles: {}\ncolors:\n");
  for (size_t i = 0; i < n; i++) ob_buf_addf(&text, "  c%zu: red\n", i);
  ob_theme t;
  return ob_theme_parse(&t, text.ptr, text.len, "t.yaml", err) == 0;
}

static bool plugins_of(const ob_buf *text, ob_err *err) {
  OB_AUTOFREE char *path = config_file("plugins.yaml", text);
  OB_AUTOPTR(ob_keymap) keys = ob_keymap_new(NULL, err);
  ob_plugins p = {0};
  int rc = ob_plugins_load(&p, keys, false, err);
  ob_plugins_done(&p);
  unlink(path);
  return rc == 0;
}

static bool plugins_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n);
  ob_buf_adds(&text, "plugins: {}\n#");
  ob_buf_fill(&text, 'x', n - text.len);
  return plugins_of(&text, err);
}

static bool plugin_words(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  ob_buf_adds(
      &text, "plugins: {p: {shortCut: Shift-1, description: d, scopes: [all], command: c, args: [");
  for (size_t i = 0; i < n; i++) ob_buf_addf(&text, "%sw", i ? "," : "");
  ob_buf_adds(&text, "]}}\n");
  return plugins_of(&text, err);
}

static bool plugins(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLUGINS_FILE * 4u);
  ob_buf_adds(&text, "plugins:\n");
  for (size_t i = 0; i < n; i++)
    ob_buf_addf(&text, "  p%zu: {shortCut: Shift-1, description: d, scopes: [all], command: c}\n",
                i);
  return plugins_of(&text, err);
}

Test(limits, of_files) {
  static const limit_row rows[] = {
      LIMIT(OB_THEME_MAX, theme_bytes),
      LIMIT(OB_THEME_COLOURS, theme_colours),
      LIMIT_BYTES(OB_PLUGINS_FILE, plugins_bytes),
      LIMIT(OB_PLUGIN_WORDS, plugin_words),
      {"OB_PLUGINS_MAX", OB_PLUGINS_MAX, OB_PLUGINS_MAX * 50u, plugins},
  };
  limits_hold(rows, OB_LEN(rows));
  cleanup();
}

/* An answer without an end grows no further, and is none. */
Test(limits, of_an_answer) {
  static const size_t numbers[] = {OB_REPORT_MAX - 1, OB_REPORT_MAX, OB_REPORT_MAX * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_report r;
    ob_report_begin(&r, OB_REPORT_BACKGROUND);
    for (size_t k = 0; k < numbers[i]; k++) cr_assert_not(ob_report_add(&r, 'x'));
    cr_expect_eq(r.n, OB_REPORT_MAX - 1);
    cr_assert(ob_report_add(&r, '\a'));
    cr_expect_eq(ob_report_input(&r).type, OB_INPUT_NONE);
  }
}

Test(limits, of_a_menu) {
  static const size_t numbers[] = {OB_MENU_MAX, OB_MENU_MAX + 1, OB_MENU_MAX * 10};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_menu m = {0};
    ob_menu_open(&m, OB_MENU_NONE, "many");
    for (size_t k = 0; k < numbers[i]; k++) ob_menu_add(&m, "x", NULL, (int)k, false);
    cr_expect_eq(m.items.len, OB_MENU_MAX);
    cr_expect_eq(m.cut, numbers[i] > OB_MENU_MAX);
    ob_menu_close(&m);
  }
}

/* A page that is too long is cut, and says so. */
Test(limits, of_a_page) {
  static const size_t numbers[] = {OB_DOC_MAX - 2, OB_DOC_MAX + 2, OB_DOC_MAX * 2u};
  OB_AUTO(ob_buf) kib = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_fill(&kib, 'x', 1024);
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_doc d;
    ob_doc_init(&d);
    ob_doc_reset(&d, 80);
    for (size_t n = numbers[i]; n > 0; n -= n < kib.len ? n : kib.len)
      ob_doc_putn(&d, OB_ROLE_TEXT, kib.ptr, n < kib.len ? n : kib.len);
    cr_expect_eq(d.text.failed, numbers[i] > OB_DOC_MAX, "%zu", numbers[i]);
    ob_doc_done(&d);
  }
}
