/* The command line: every spelling that kubectl takes, and errors that name the word. */
#include "base/options.h"
#include "base/str.h"
#include "outboard/text.h"
#include <criterion/criterion.h>
#include <string.h>

enum { WORDS = 8 };

static int parse(ob_args *a, unsigned command, const char *const words[WORDS], ob_err *err) {
  char *argv[WORDS + 1] = {0};
  int n = 0;
  for (; n < WORDS && words[n]; n++) argv[n] = (char *)(uintptr_t)words[n];
  *err = (ob_err){0};
  return ob_args_parse(a, command, n, argv, err);
}

Test(options, every_spelling_of_a_value) {
  static const char *const rows[][WORDS] = {
      {"-n", "foo"},  {"-nfoo"},  {"-n=foo"},  {"--namespace", "foo"},     {"--namespace=foo"},
      {"-wn", "foo"}, {"-wnfoo"}, {"-wn=foo"}, {"-n", "bar", "-n", "foo"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ob_args a;
    ob_err err;
    cr_assert_eq(parse(&a, OB_CMD_GET, rows[i], &err), 0, "%zu: %s", i, err.msg);
    cr_expect_str_eq(a.text[OB_OPT_NAMESPACE], "foo", "%zu", i);
    cr_expect(a.given[OB_OPT_NAMESPACE]);
    cr_expect_eq(a.noperands, 0);
  }
}

Test(options, mixed_with_operands) {
  static const char *const words[WORDS] = {"services", "-A", "shop", "--", "-n", "-"};
  ob_args a;
  ob_err err;
  cr_assert_eq(parse(&a, OB_CMD_GET, words, &err), 0);
  cr_expect(a.flag[OB_OPT_ALL_NAMESPACES]);
  cr_expect_eq(a.noperands, 4);
  cr_expect_str_eq(a.operands[0], "services");
  cr_expect_str_eq(a.operands[1], "shop");
  cr_expect_str_eq(a.operands[2], "-n");
  cr_expect_str_eq(a.operands[3], "-");
  cr_expect_not(a.given[OB_OPT_NAMESPACE]);
}

Test(options, values_that_look_like_options) {
  static const char *const words[WORDS] = {"-l", "-x", "--as="};
  ob_args a;
  ob_err err;
  cr_assert_eq(parse(&a, OB_CMD_GET, words, &err), 0);
  cr_expect_str_eq(a.text[OB_OPT_SELECTOR], "-x");
  cr_expect_str_eq(a.text[OB_OPT_AS], "");
}

Test(options, flags_take_true_and_false) {
  static const struct {
    const char *word;
    bool value;
  } rows[] = {{"--watch", true}, {"--watch=true", true}, {"--watch=false", false},
              {"-w", true},      {"-w=false", false},    {"--watch=1", true}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    const char *words[WORDS] = {rows[i].word};
    ob_args a;
    ob_err err;
    cr_assert_eq(parse(&a, OB_CMD_GET, words, &err), 0);
    cr_expect_eq(a.flag[OB_OPT_WATCH], rows[i].value, "%s", rows[i].word);
    cr_expect(a.given[OB_OPT_WATCH]);
  }
}

Test(options, counts_and_lists) {
  static const char *const words[WORDS] = {"--seed", "8443", "--fault=a", "--fault", "b"};
  ob_args a;
  ob_err err;
  cr_assert_eq(parse(&a, OB_CMD_SERVE, words, &err), 0);
  cr_expect_eq(a.count[OB_OPT_SEED], 8443);
  cr_expect_eq(a.nlist[OB_OPT_FAULT], 2);
  cr_expect_str_eq(a.list[OB_OPT_FAULT][0], "a");
  cr_expect_str_eq(a.list[OB_OPT_FAULT][1], "b");
}

Test(options, errors) {
  static const struct {
    unsigned command;
    const char *words[WORDS];
    const char *msg, *hint;
  } rows[] = {
      {OB_CMD_GET, {"--namespac"}, "unknown option --namespac", "did you mean --namespace?"},
      {OB_CMD_GET, {"--namesapce=x"}, "unknown option --namesapce", "did you mean --namespace?"},
      {OB_CMD_GET, {"--kube"}, "unknown option --kube", "did you mean --kubeconfig?"},
      {OB_CMD_GET, {"--frobnicate"}, "unknown option --frobnicate", ""},
      {OB_CMD_GET, {"--churn", "1"}, "option --churn does not belong to this command", ""},
      {OB_CMD_GET, {"--x"}, "unknown option --x", ""},
      {OB_CMD_GET, {"-x"}, "unknown option -x", ""},
      {OB_CMD_GET, {"-Ax"}, "unknown option -x in -Ax", ""},
      {OB_CMD_GET, {"-n"}, "option --namespace needs a value (NAMESPACE)", ""},
      {OB_CMD_GET, {"--watch=maybe"}, "option --watch takes true or false, not \"maybe\"", ""},
      {OB_CMD_SERVE, {"--seed=x"}, "option --seed takes a whole number, not \"x\"", ""},
      {OB_CMD_SERVE, {"--seed=-1"}, "option --seed takes a whole number, not \"-1\"", ""},
      {OB_CMD_SERVE, {"-n", "x"}, "unknown option -n", ""},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ob_args a;
    ob_err err;
    cr_expect_eq(parse(&a, rows[i].command, rows[i].words, &err), -OB_EUSAGE, "%zu", i);
    cr_expect_str_eq(err.msg, rows[i].msg, "%s", err.msg);
    cr_expect_str_eq(err.hint, rows[i].hint, "%s: %s", err.msg, err.hint);
  }
}

Test(options, limits) {
  char *argv[2 * OB_OPERANDS_MAX + 2];
  ob_args a;
  ob_err err = {0};
  for (size_t i = 0; i < OB_LEN(argv); i++) argv[i] = (char *)(uintptr_t) "x";
  cr_expect_eq(ob_args_parse(&a, OB_CMD_GET, OB_OPERANDS_MAX, argv, &err), 0);
  cr_expect_eq(ob_args_parse(&a, OB_CMD_GET, OB_OPERANDS_MAX + 1, argv, &err), -OB_EUSAGE);
  for (size_t i = 0; i < OB_LEN(argv); i++) argv[i] = (char *)(uintptr_t) "--as-group=g";
  cr_expect_eq(ob_args_parse(&a, OB_CMD_GET, OB_OPTION_LIST_MAX, argv, &err), 0);
  cr_expect_eq(ob_args_parse(&a, OB_CMD_GET, OB_OPTION_LIST_MAX + 1, argv, &err), -OB_EUSAGE);
}

Test(options, the_table_is_sound) {
  for (size_t i = 0; i < OB_OPT_COUNT; i++) {
    const ob_option *o = &ob_options[i];
    cr_expect_eq((size_t)o->id, i);
    cr_expect_eq(o->arg == NULL, o->kind == OB_FLAG, "%s", o->name);
    for (size_t k = 0; k < i; k++) {
      cr_expect_str_neq(o->name, ob_options[k].name);
      if (o->letter) cr_expect_neq(o->letter, ob_options[k].letter, "-%c", o->letter);
    }
  }
}

Test(options, help_is_aligned_and_fits) {
  static const unsigned commands[] = {OB_CMD_DASHBOARD, OB_CMD_GET, OB_CMD_SERVE};
  for (size_t c = 0; c < OB_LEN(commands); c++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    cr_assert_eq(ob_options_help(&out, commands[c]), 0);
    for (size_t i = 0; i < OB_OPT_COUNT; i++) {
      OB_AUTOFREE char *name = ob_asprintf("--%s ", ob_options[i].name);
      bool has = strstr(out.ptr, name) != NULL;
      cr_expect_eq(has, (ob_options[i].commands & commands[c]) != 0, "%s", name);
    }
    size_t column = 0;
    for (const char *line = out.ptr; *line; line += strcspn(line, "\n") + 1) {
      size_t n = strcspn(line, "\n");
      cr_expect_leq(n, 80, "%.*s", (int)n, line);
      cr_expect_neq(line[n - 1], ' ');
      const char *help = strstr(line, "--"), *gap = help ? strstr(help, "  ") : NULL;
      if (!gap || gap > line + n) continue;
      while (*gap == ' ') gap++;
      if (column) cr_expect_eq((size_t)(gap - line), column, "%.*s", (int)n, line);
      column = (size_t)(gap - line);
    }
  }
}
