/* Text: tables of what becomes of what, then every code point and random bytes. */
#include "outboard/text.h"
#include "base/clock.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <locale.h>
#include <wchar.h>

#define FFFD        "\xEF\xBF\xBD"
#define ESC_PICTURE "\xE2\x90\x9B"
#define DOTTED      "\xE2\x97\x8C"
#define ACUTE       "\xCC\x81"
#define ELLIPSIS    "\xE2\x80\xA6"

static void utf8_locale(void) {
  cr_assert(setlocale(LC_CTYPE, "C.UTF-8"));
}
TestSuite(text, .init = utf8_locale);

Test(text, table) {
  static const struct {
    const char *in, *out;
    unsigned flags;
  } rows[] = {
      {"plain text", "plain text", 0},
      {"", "", 0},
      {"\x1b[31mred", ESC_PICTURE "[31mred", 0},
      {"a\nb\tc",
       "a\xE2\x90\x8A"
       "b\xE2\x90\x89"
       "c",
       0},
      {"\x7f", "\xE2\x90\xA1", 0},
      {"a\nb", "a\nb", OB_TEXT_LINES},
      {"a\r\nb", "a\nb", OB_TEXT_LINES},
      {"a\rb",
       "a\xE2\x90\x8D"
       "b",
       OB_TEXT_LINES},
      {"a\tb", "a       b", OB_TEXT_LINES},
      {"12345678\tb", "12345678        b", OB_TEXT_LINES},
      {"1234567\tb", "1234567 b", OB_TEXT_LINES},
      {"xx\n\tb", "xx\n        b", OB_TEXT_LINES},
      {"\xE4\xB8\xAD\tb", "\xE4\xB8\xAD      b", OB_TEXT_LINES},
      {"\xC2\x9b"
       "31m",
       FFFD "31m", 0}, /* C1 CSI */
      {"a\xE2\x80\xAE"
       "b",
       "a" FFFD "b", 0}, /* RLO */
      {"a\xE2\x81\xA6"
       "b",
       "a" FFFD "b", 0}, /* LRI */
      {"a\xE2\x80\x8B"
       "b",
       "a" FFFD "b", 0},                         /* zero-width space */
      {"ad\xE2\x80\x8Dmin", "ad" FFFD "min", 0}, /* a joiner that joins nothing */
      {"a\xC2\xAD"
       "b",
       "a" FFFD "b", 0},                               /* soft hyphen */
      {"\xE2\x80\xA8", FFFD, 0},                       /* line separator */
      {"\xEF\xBB\xBFx", FFFD "x", 0},                  /* BOM */
      {"\xE2\x9A\xA0\xEF\xB8\x8F", "\xE2\x9A\xA0", 0}, /* warning sign + VS16 */
      {"\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9", "\xF0\x9F\x91\xA8\xF0\x9F\x91\xA9", 0},
      {"\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD", "\xF0\x9F\x91\x8D", 0}, /* thumb + skin tone */
      {"x\xF3\xA0\x81\x81y", "xy", 0},                             /* tag A */
      {"\xC3\xA9", "\xC3\xA9", 0},
      {"e" ACUTE, "e" ACUTE, 0},
      {ACUTE "e", DOTTED ACUTE "e", 0},
      {"x\n" ACUTE, "x\n" DOTTED ACUTE, OB_TEXT_LINES},
      {"e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "f", "e" ACUTE ACUTE ACUTE ACUTE "f", 0},
      {"\xE3\x85\xA4", FFFD, 0},           /* Hangul filler */
      {"\xEF\xBF\xBE", FFFD, 0},           /* noncharacter */
      {"\xCD\xB8", FFFD, 0},               /* unassigned U+0378 */
      {"\xEE\x80\x80", "\xEE\x80\x80", 0}, /* private use */
      {"\xff\xfe", FFFD FFFD, 0},
      {"\xC0\xAF", FFFD FFFD, 0}, /* Unicode 3.9: overlong */
      {"\xE0\x80\xBF", FFFD FFFD FFFD, 0},
      {"\xED\xA0\x80", FFFD FFFD FFFD, 0},          /* a surrogate */
      {"\xF4\x91\x92\x93", FFFD FFFD FFFD FFFD, 0}, /* past U+10FFFF */
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
       "A",
       FFFD FFFD FFFD FFFD "A", 0}, /* table 3-11 */
      {"\xF0\x9F\x98", FFFD, 0},    /* cut off */
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    ob_text_safe_str(&out, rows[i].in, rows[i].flags);
    cr_expect_str_eq(ob_buf_str(&out), rows[i].out, "row %zu gave %s", i, ob_buf_str(&out));
  }
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe(&out, "a\0b", 3, 0);
  cr_expect_str_eq(out.ptr, "a\xE2\x90\x80"
                            "b");
  ob_buf_reset(&out);
  ob_text_safe_str(&out, NULL, 0);
  ob_text_safe(&out, NULL, 0, 0);
  cr_expect_eq(ob_text_width(NULL, 0), 0);
  cr_expect_eq(out.len, 0);
}

/* What must hold of any output. */
static void expect_safe(const char *s, size_t n, bool lines) {
  cr_assert(ob_utf8_valid(s, n));
  int width = 0;
  for (size_t i = 0; i < n;) {
    uint32_t cp;
    i += ob_utf8_next(s + i, n - i, &cp);
    if (lines && cp == '\n') continue;
    cr_assert(cp >= 0x20 && cp != 0x7F && !(cp >= 0x80 && cp < 0xA0), "U+%04X", cp);
    cr_assert_not((cp >= 0x200B && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202E) ||
                      (cp >= 0x2060 && cp <= 0x206F) || cp == 0x061C || cp == 0xFEFF ||
                      cp == 0xAD || (cp >= 0xFE00 && cp <= 0xFE0F) ||
                      (cp >= 0xE0000 && cp <= 0xE0FFF) || (cp & 0xFFFE) == 0xFFFE,
                  "U+%04X", cp);
    int w = wcwidth((wchar_t)cp);
    cr_assert(w >= 0, "U+%04X", cp);
    width += w;
  }
  if (!lines) cr_assert_eq(ob_text_width(s, n), width);
}

static void expect_filtered(const char *s, size_t n) {
  for (unsigned flags = 0; flags <= OB_TEXT_LINES; flags++) {
    OB_AUTO(ob_buf) once = OB_BUF_INIT(8 * OB_LINE_MAX);
    OB_AUTO(ob_buf) twice = OB_BUF_INIT(8 * OB_LINE_MAX);
    ob_text_safe(&once, s, n, flags);
    cr_assert(!once.failed && once.len <= 8 * n);
    expect_safe(ob_buf_str(&once), once.len, flags & OB_TEXT_LINES);
    ob_text_safe(&twice, ob_buf_str(&once), once.len, flags);
    cr_assert(once.len == twice.len && memcmp(ob_buf_str(&once), ob_buf_str(&twice), once.len) == 0,
              "not idempotent: %s / %s", ob_buf_str(&once), ob_buf_str(&twice));
    if (flags == OB_TEXT_LINE)
      cr_assert_eq(ob_text_width(s, n), ob_text_width(ob_buf_str(&once), once.len));
  }
}

Test(text, every_code_point) {
  for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
    if (cp >= 0xD800 && cp <= 0xDFFF) continue;
    char s[8] = "x";
    size_t n = ob_utf8_put(s + 1, cp);
    uint32_t back;
    cr_assert_eq(ob_utf8_next(s + 1, n, &back), n);
    cr_assert_eq(back, cp);
    OB_AUTO(ob_buf) once = OB_BUF_INIT(OB_LINE_MAX);
    ob_text_safe(&once, s + 1, n, 0);
    expect_safe(ob_buf_str(&once), once.len, false);
    if (cp % 7 == 0 || cp < 0x3000 || (cp >= 0x1F000 && cp < 0x20000)) expect_filtered(s, n + 1);
  }
}

Test(text, random_bytes) {
  static const char *const parts[] = {"a",
                                      " ",
                                      "\n",
                                      "\t",
                                      "\r",
                                      "\r\n",
                                      "\x1b",
                                      "\xff",
                                      "\x80",
                                      "\xE2",
                                      "\xF0\x9F",
                                      ACUTE,
                                      "\xE2\x80\x8D",
                                      "\xEF\xB8\x8F",
                                      "\xF0\x9F\x91\xA8",
                                      "\xF0\x9F\x8F\xBD",
                                      "\xE4\xB8\xAD",
                                      "\xE2\x80\xAE",
                                      "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",
                                      "\xE1\x84\x80",
                                      "\xE1\x85\xA1",
                                      "\xE0\xB8\xB3",
                                      "\xF3\xA0\x81\x81",
                                      "\xE2\x9A\xA0"};
  ob_rng rng = {42};
  for (int i = 0; i < 20000; i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    for (uint32_t k = ob_rng_below(&rng, 12); k > 0; k--) {
      if (ob_rng_below(&rng, 4)) {
        ob_buf_adds(&text, parts[ob_rng_below(&rng, OB_LEN(parts))]);
      } else {
        ob_buf_addc(&text, (char)ob_rng_next(&rng));
      }
    }
    expect_filtered(ob_buf_str(&text), text.len);
    /* A fitted text takes exactly its columns, whatever it was. */
    int width = (int)ob_rng_below(&rng, 12);
    for (int align = 0; align < 2; align++) {
      OB_AUTO(ob_buf) fit = OB_BUF_INIT(OB_LINE_MAX);
      ob_text_fit(&fit, ob_buf_str(&text), text.len, width, align ? OB_RIGHT : OB_LEFT, i % 2);
      expect_safe(ob_buf_str(&fit), fit.len, false);
      cr_assert_eq(ob_text_width(ob_buf_str(&fit), fit.len), width);
    }
  }
}

Test(text, fit) {
  static const struct {
    const char *in;
    int width;
    ob_align align;
    bool ascii;
    const char *out;
  } rows[] = {
      {"abc", 5, OB_LEFT, false, "abc  "},
      {"abc", 5, OB_RIGHT, false, "  abc"},
      {"abc", 3, OB_LEFT, false, "abc"},
      {"abcd", 3, OB_LEFT, false, "ab" ELLIPSIS},
      {"abcd", 3, OB_RIGHT, true, "ab>"},
      {"abcd", 1, OB_LEFT, true, ">"},
      {"abcd", 0, OB_LEFT, true, ""},
      {"abcd", -1, OB_LEFT, true, ""},
      {"", 2, OB_LEFT, false, "  "},
      {"\xE4\xB8\xAD\xE6\x96\x87", 4, OB_LEFT, false, "\xE4\xB8\xAD\xE6\x96\x87"},
      {"\xE4\xB8\xAD\xE6\x96\x87", 3, OB_LEFT, false, "\xE4\xB8\xAD" ELLIPSIS},
      {"\xE4\xB8\xAD\xE6\x96\x87x", 4, OB_LEFT, false, "\xE4\xB8\xAD " ELLIPSIS},
      {"\xE4\xB8\xAD", 1, OB_LEFT, false, ELLIPSIS},
      {"ae" ACUTE "bc", 3, OB_LEFT, false, "ae" ACUTE ELLIPSIS},
      {"ae" ACUTE, 2, OB_LEFT, false, "ae" ACUTE},
      {"\x1b[0m", 8, OB_LEFT, false, ESC_PICTURE "[0m    "},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    ob_text_fit(&out, rows[i].in, strlen(rows[i].in), rows[i].width, rows[i].align, rows[i].ascii);
    cr_expect_str_eq(ob_buf_str(&out), rows[i].out, "row %zu gave %s", i, ob_buf_str(&out));
  }
}

Test(text, prefix_keeps_clusters_whole) {
  const char *s = "a" ACUTE "\xE4\xB8\xAD"
                  "b";
  int w;
  cr_expect_eq(ob_text_prefix(s, strlen(s), 0, &w), 0);
  cr_expect_eq(w, 0);
  cr_expect_eq(ob_text_prefix(s, strlen(s), 1, &w), 3);
  cr_expect_eq(ob_text_prefix(s, strlen(s), 2, &w), 3);
  cr_expect_eq(w, 1);
  cr_expect_eq(ob_text_prefix(s, strlen(s), 3, NULL), 6);
  cr_expect_eq(ob_text_prefix(s, strlen(s), 99, &w), 7);
  cr_expect_eq(w, 4);
}

Test(text, utf8) {
  char out[4];
  cr_expect_eq(ob_utf8_put(out, 0xD800), 3);
  cr_expect(memcmp(out, FFFD, 3) == 0);
  cr_expect_eq(ob_utf8_put(out, 0x110000), 3);
  cr_expect(ob_utf8_valid(FFFD, 3), "a real U+FFFD is valid");
  cr_expect_not(ob_utf8_valid("\xE2\x82", 2));
  cr_expect(ob_utf8_valid("", 0));
}

/* Without a UTF-8 locale nothing is known of widths: nothing may crash or loop. */
Test(text, a_plain_locale_still_works) {
  cr_assert(setlocale(LC_CTYPE, "C"));
  const char *s = "a" ACUTE "\xE4\xB8\xAD\x1b";
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&out, s, 0);
  cr_expect_null(strchr(out.ptr, 0x1b));
  cr_expect_eq(ob_text_width(s, strlen(s)), 4);
}
