/* Docs, wrapping, and the line that is being typed. */
#include "tui/doc.h"
#include "tui/line.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

static void utf8(void) {
  setlocale(LC_CTYPE, "C.UTF-8");
}
TestSuite(doc, .init = utf8);
TestSuite(line, .init = utf8);

static void is_line(const ob_doc *d, size_t i, const char *want) {
  cr_assert_lt(i, d->lines.len);
  const ob_doc_line *l = &d->lines.at[i];
  cr_assert(strlen(want) == l->len && memcmp(d->text.ptr + l->at, want, l->len) == 0,
            "line %zu is \"%.*s\"", i, (int)l->len, d->text.ptr + l->at);
}

Test(doc, lines_break_at_blanks_and_after_marks_of_addresses) {
  static const struct {
    const char *text;
    int width;
    size_t take, skip;
  } cases[] = {
      {"short", 10, 5, 0},
      {"two words", 5, 3, 1},
      {"two   words", 6, 3, 3},
      {"https://a.example/x", 10, 10, 0},
      {"https://docs.example.com/", 20, 13, 0},
      {"see https://docs.example.com/", 20, 3, 1},
      {"https://short.io/path", 18, 17, 0},
      {"abcdefghij", 4, 4, 0},
      {"日本語", 5, 6, 0},
      {"日", 1, 3, 0},
      {"exact fit", 9, 9, 0},
      {"alertmanager.monitoring", 20, 13, 0},
      {"a-very.long", 6, 6, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t skip, take = ob_wrap_line(cases[i].text, strlen(cases[i].text), cases[i].width, &skip);
    cr_assert_eq(take, cases[i].take, "row %zu: %zu", i, take);
    cr_assert_eq(skip, cases[i].skip, "row %zu: %zu", i, skip);
  }
}

Test(doc, a_field_wraps_under_itself) {
  ob_doc d;
  ob_doc_init(&d);
  ob_doc_reset(&d, 30);
  ob_doc_field(&d, "label", OB_ROLE_TEXT, "one two three four five");
  ob_doc_field(&d, "nothing", OB_ROLE_TEXT, "");
  cr_assert_eq(d.lines.len, 2);
  is_line(&d, 0, "label         one two three");
  is_line(&d, 1, "              four five");
  ob_doc_done(&d);
}

Test(doc, hostile_text_is_made_safe_on_the_way_in) {
  ob_doc d;
  ob_doc_init(&d);
  ob_doc_reset(&d, 80);
  ob_doc_put(&d, OB_ROLE_BAD, "a\033[31m\nb");
  ob_doc_nl(&d);
  is_line(&d, 0, "a␛[31m␊b");
  cr_assert_null(memchr(d.text.ptr, 27, d.text.len));
  ob_doc_done(&d);
}

Test(doc, neighbours_of_one_role_are_one_span) {
  ob_doc d;
  ob_doc_init(&d);
  ob_doc_reset(&d, 80);
  ob_doc_put(&d, OB_ROLE_OK, "a");
  ob_doc_put(&d, OB_ROLE_OK, "b");
  ob_doc_put(&d, OB_ROLE_BAD, "c");
  cr_assert_eq(d.lines.at[0].nspans, 2);
  ob_doc_done(&d);
}

Test(line, editing_keeps_whole_characters) {
  ob_line l;
  ob_line_set(&l, "aé日");
  ob_line_left(&l);
  cr_assert_eq(l.at, 3);
  cr_assert(ob_line_backspace(&l));
  cr_assert_str_eq(l.text, "a日");
  cr_assert(ob_line_delete(&l));
  cr_assert_str_eq(l.text, "a");
  cr_assert(ob_line_insert(&l, 0x1f44d));
  cr_assert_str_eq(l.text, "a👍");
  cr_assert_not(ob_line_insert(&l, 27), "a control is no text");
  cr_assert(ob_line_clear(&l));
  cr_assert_str_eq(l.text, "");
  cr_assert_not(ob_line_backspace(&l));
}

Test(line, words_go_one_by_one) {
  ob_line l;
  ob_line_set(&l, "ns  shop ");
  ob_line_word(&l);
  cr_assert_str_eq(l.text, "ns  ");
  ob_line_word(&l);
  cr_assert_str_eq(l.text, "");
}

Test(line, the_limit_holds) {
  ob_line l;
  ob_line_set(&l, "");
  for (int i = 0; i < 2 * OB_LINE_TEXT; i++) ob_line_insert(&l, 0x65e5);
  cr_assert_lt(l.len, OB_LINE_TEXT);
  cr_assert_eq(l.len % 3, 0);
  cr_assert_eq(l.text[l.len], '\0');
}
