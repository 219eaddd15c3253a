/* Settings: defaults, values, and what is refused where. */
#include "base/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static ob_settings *parse(const char *text, ob_err *err) {
  return ob_settings_parse(text, strlen(text), "c.yaml", err);
}

Test(settings, an_empty_file_is_all_defaults) {
  ob_err err = {0};
  OB_AUTOPTR(ob_settings) s = parse("# nothing\n", &err);
  cr_assert_not_null(s, "%s", err.msg);
  cr_assert_str_eq(ob_setting_text(s, OB_SET_THEME), "auto");
  cr_assert(ob_setting_bool(s, OB_SET_MOUSE));
  cr_assert_eq(ob_setting_int(s, OB_SET_FRAMES), 60);
}

Test(settings, every_default_is_a_value_that_is_allowed) {
  for (int i = 0; i < OB_SET_COUNT; i++) {
    char text[128];
    ob_err err = {0};
    snprintf(text, sizeof text, "%s: %s\n", ob_setting_rows[i].key, ob_setting_rows[i].otherwise);
    OB_AUTOPTR(ob_settings) s = parse(text, &err);
    cr_assert_not_null(s, "%s: %s", text, err.msg);
    cr_assert(*ob_setting_rows[i].help);
  }
}

Test(settings, values_are_taken) {
  ob_err err = {0};
  OB_AUTOPTR(ob_settings)
  s = parse("theme: light\nmouse: no\nframesPerSecond: 12\ncolours: 256\n"
            "synchronizedOutput: on\nkeys: {sort: f5}\n",
            &err);
  cr_assert_not_null(s, "%s", err.msg);
  cr_assert_str_eq(ob_setting_text(s, OB_SET_THEME), "light");
  cr_assert_not(ob_setting_bool(s, OB_SET_MOUSE));
  cr_assert_eq(ob_setting_int(s, OB_SET_FRAMES), 12);
  cr_assert_str_eq(ob_setting_text(s, OB_SET_COLOURS), "256");
  cr_assert_str_eq(ob_setting_text(s, OB_SET_SYNC), "on");
  const ob_yaml_doc *doc;
  cr_assert_eq(ob_json_len(ob_settings_keys(s, &doc)), 1);
}

Test(settings, what_is_wrong_is_named_with_its_line_and_a_remedy) {
  static const struct {
    const char *text, *says, *hint;
  } cases[] = {
      {"mouse: true\nthem: dark\n", "c.yaml:2: there is no setting \"them\"",
       "did you mean theme?"},
      {"zzzzzzzz: 1\n", "c.yaml:1: there is no setting", "config --list"},
      {"mouse: 3\n", "c.yaml:1: mouse: 3 is not allowed", "true or false"},
      {"\nframesPerSecond: 61\n", "c.yaml:2: framesPerSecond: 61 is not allowed", "1 to 60"},
      {"framesPerSecond: often\n", "\"often\" is not allowed", "the default is 60"},
      {"colours: 17\n", "colours: 17 is not allowed", "auto direct 256"},
      {"theme: []\n", "theme: [] is not allowed", "text"},
      {"keys: 3\n", "c.yaml:1: keys: a mapping", "keys: {"},
      {"- a\n", "the settings are a mapping", "a setting a line"},
      {"a: [\n", "c.yaml:", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ob_err err = {0};
    cr_assert_null(parse(cases[i].text, &err), "%s", cases[i].text);
    cr_assert_not_null(strstr(err.msg, cases[i].says), "%s: %s", cases[i].text, err.msg);
    cr_assert_not_null(strstr(err.hint, cases[i].hint), "%s: %s", cases[i].text, err.hint);
  }
}

Test(settings, contexts_are_protected_by_pattern) {
  static const char text[] = "protected: [prod*, \"*/live\", one]\n";
  ob_settings *s = ob_settings_parse(text, strlen(text), "c.yaml", NULL);
  cr_assert(s);
  cr_expect(ob_settings_protects(s, "prod"));
  cr_expect(ob_settings_protects(s, "production/eu"));
  cr_expect(ob_settings_protects(s, "eu/live"));
  cr_expect(ob_settings_protects(s, "one"));
  cr_expect_not(ob_settings_protects(s, "one-more"));
  cr_expect_not(ob_settings_protects(s, "my-prod"));
  ob_settings_free(s);
  s = ob_settings_new();
  cr_expect_not(ob_settings_protects(s, "prod"), "nothing is protected by itself");
  cr_expect_not(ob_settings_protects(s, ""));
  ob_settings_free(s);
}

Test(settings, a_list_holds_texts_alone) {
  static const char *const bad[] = {"protected: [[a]]", "protected: {a: b}", "protected: [1]",
                                    "protected: [\"a\\nb\"]", "protected: [\"\"]"};
  for (size_t i = 0; i < OB_LEN(bad); i++)
    cr_expect_null(ob_settings_parse(bad[i], strlen(bad[i]), "c.yaml", NULL), "%s", bad[i]);
}
