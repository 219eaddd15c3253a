/* Plugins: k9s' format, what is refused and where, and variables that stay text. */
#include "tui/plugins.h"

#include "base/buf.h"
#include "tui/term_env.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int parse(ob_plugins *p, const char *text, ob_err *err) {
  return ob_plugins_parse(p, text, strlen(text), "p.yaml", err);
}

Test(plugins, k9s_three_shapes_are_read) {
  static const char *const shapes[] = {
      "plugins:\n  dive:\n    shortCut: Ctrl-D\n    scopes: [svc]\n    command: dive\n",
      "dive:\n  shortCut: Ctrl-D\n  scopes: [svc]\n  command: dive\n",
      "shortCut: Ctrl-D\nscopes: [svc]\ncommand: dive\n"};
  for (size_t i = 0; i < 3; i++) {
    ob_plugins p = {0};
    ob_err err = {0};
    cr_assert_eq(parse(&p, shapes[i], &err), 0, "%s", err.msg);
    cr_assert_eq(p.all.len, 1);
    cr_assert_eq(p.all.at[0].key, (uint32_t)OB_KEY_CTRL + 'd');
    cr_assert_str_eq(p.all.at[0].command, "dive");
    ob_plugins_done(&p);
  }
}

Test(plugins, k9s_names_of_keys) {
  static const struct {
    const char *name;
    uint32_t key;
  } cases[] = {{"Shift-L", 'L'},
               {"Ctrl-L", OB_KEY_CTRL + 'l'},
               {"b", 'b'},
               {"F5", OB_KEY_F0 + 5},
               {"Shift-1", '!'},
               {"Space", ' '},
               {"Alt-X", OB_KEY_NONE},
               {"Ctrl-Alt-X", OB_KEY_NONE},
               {"F13", OB_KEY_NONE},
               {"", OB_KEY_NONE}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    cr_assert_eq(ob_plugin_key(cases[i].name), cases[i].key, "%s: %x", cases[i].name,
                 ob_plugin_key(cases[i].name));
}

Test(plugins, what_is_wrong_is_named_with_its_line) {
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"plugins:\n  a: {scopes: [all], command: x}\n",
       "p.yaml:2: plugins.a.shortCut: it is missing"},
      {"plugins:\n  a: {shortCut: b, command: x}\n", "plugins.a.scopes: it is missing"},
      {"plugins:\n  a: {shortCut: b, scopes: [all]}\n", "plugins.a.command: it is missing"},
      {"plugins:\n  a:\n    shortCut: Hyper-X\n    scopes: [all]\n    command: x\n",
       "p.yaml:3: plugins.a.shortCut: there is no such key"},
      {"plugins:\n  a:\n    shortcut: b\n", "p.yaml:3: plugins.a.shortcut: there is no such field"},
      {"plugins:\n  a: {args: x}\n", "plugins.a.args: a list is needed"},
      {"plugins:\n  a: {confirm: maybe}\n", "plugins.a.confirm: true or false is needed"},
      {"plugins: [a]\n", "a mapping `plugins` is needed"},
      {"plugins:\n  a:\n    inputs:\n    - {name: n, type: date}\n",
       "p.yaml:4: plugins.a.inputs.type: there is no such type"},
      {"plugins:\n  a: {inputs: [{name: n}]}\n", "plugins.a.inputs: name or type is missing"},
      {"plugins:\n  a: {inputs: [{type: bool}]}\n", "plugins.a.inputs: name or type is missing"},
      {"plugins:\n  a: {inputs: [{name: n, type: dropdown}]}\n",
       "plugins.a.inputs.options: it is missing"},
      {"plugins:\n  a: {inputs: [{name: n, kind: bool}]}\n",
       "plugins.a.inputs: there is no such field"},
      {"plugins:\n  a: {inputs: [a]}\n", "plugins.a.inputs: a mapping is needed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ob_plugins p = {0};
    ob_err err = {0};
    cr_assert_lt(parse(&p, cases[i].text, &err), 0, "%s", cases[i].text);
    cr_assert_not_null(strstr(err.msg, cases[i].says), "%s: %s", cases[i].text, err.msg);
    cr_assert(*err.hint);
    ob_plugins_done(&p);
  }
}

Test(plugins, as_many_inputs_as_k9s_allows) {
  for (int n = 1; n <= OB_PLUGIN_INPUTS + 1; n++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(1000);
    ob_plugins p = {0};
    ob_err err = {0};
    ob_buf_adds(&text, "a:\n  shortCut: b\n  scopes: [svc]\n  command: x\n  inputs:\n");
    for (int i = 0; i < n; i++) ob_buf_addf(&text, "  - {name: n%d, type: bool}\n", i);
    int rc = parse(&p, ob_buf_str(&text), &err);
    cr_expect_eq(rc < 0, n > OB_PLUGIN_INPUTS, "%d: %s", n, err.msg);
    if (rc == 0) cr_expect_eq(p.all.at[0].ninputs, n);
    ob_plugins_done(&p);
  }
}

static bool value(void *context, const char *name, ob_buf *out) {
  (void)context;
  static const char *const all[][2] = {
      {"NAME", "web"},     {"NAMESPACE", "shop"}, {"COL-EVIL", "$(rm)"}, {"COL-MINUS", "--as=root"},
      {"COL-YES", "true"}, {"EMPTY", ""},         {"INPUT_X", "-a b;c"}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (strcmp(all[i][0], name) == 0) return ob_buf_adds(out, all[i][1]), true;
  return false;
}

Test(plugins, variables_are_replaced_and_stay_one_argument) {
  static const struct {
    const char *arg, *is;
    bool shell;
  } cases[] = {{"$NAME", "web", false},
               {"-n=$NAMESPACE", "-n=shop", false},
               {"${NAMESPACE}/${NAME}.x", "shop/web.x", false},
               {"$NOSUCH $", "$NOSUCH $", false},
               {"${open", "${open", false},
               {"x$COL-EVIL", "x$(rm)", false},
               {"$!COL-YES", "false", false},
               {"a${EMPTY}b", "ab", true},
               {"$INPUT_X", "-a b;c", true},
               {"kubectl get svc $NAME | less", "kubectl get svc web | less", true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(1000);
    ob_err err = {0};
    cr_assert_eq(ob_plugin_expand(&out, cases[i].arg, cases[i].shell, value, NULL, &err), 0, "%s",
                 err.msg);
    cr_assert_str_eq(ob_buf_str(&out), cases[i].is);
  }
}

Test(plugins, what_would_be_read_as_something_else_is_refused) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(1000);
  ob_err err = {0};
  cr_assert_lt(ob_plugin_expand(&out, "echo $COL-EVIL", true, value, NULL, &err), 0);
  cr_assert_not_null(strstr(err.msg, "which a shell would read"));
  cr_assert_lt(ob_plugin_expand(&out, "$COL-MINUS", false, value, NULL, &err), 0);
  cr_assert_not_null(strstr(err.msg, "read as an option"));
  cr_assert_eq(ob_plugin_expand(&out, "--x=$COL-MINUS", false, value, NULL, &err), 0);
}

Test(plugins, scopes_are_kubectls_names) {
  ob_plugins p = {0};
  ob_err err = {0};
  parse(&p,
        "a: {shortCut: b, scopes: [Ing, pods], command: x}\nb: {shortCut: c, scopes: [all], "
        "command: x}\n",
        &err);
  ob_object service = {.kind = OB_KIND_SERVICE}, ingress = {.kind = OB_KIND_INGRESS};
  cr_assert(ob_plugin_in_scope(&p.all.at[0], &ingress));
  cr_assert_not(ob_plugin_in_scope(&p.all.at[0], &service));
  cr_assert(ob_plugin_in_scope(&p.all.at[1], &service));
  ob_plugins_done(&p);
}

Test(copy, tmux_and_screen_are_passed_through) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(100000);
  unsetenv("TMUX");
  unsetenv("STY");
  ob_env_copy(&out, "hi", 2);
  cr_assert_str_eq(ob_buf_str(&out), "\033]52;c;aGk=\033\\");
  setenv("TMUX", "x", 1);
  ob_buf_reset(&out);
  ob_env_copy(&out, "hi", 2);
  cr_assert_str_eq(ob_buf_str(&out), "\033]52;c;aGk=\033\\\033Ptmux;\033\033]52;c;aGk=\007\033\\");
  unsetenv("TMUX");
  setenv("STY", "x", 1);
  ob_buf_reset(&out);
  char many[2000];
  memset(many, 'a', sizeof many);
  ob_env_copy(&out, many, sizeof many);
  size_t pieces = 0;
  for (const char *s = ob_buf_str(&out); (s = strstr(s, "\033P")); s++) pieces++;
  cr_assert_eq(pieces, 4);
}

Test(plugins, a_kind_without_rows_here_takes_no_key) {
  ob_plugins p = {0};
  ob_err err = {0};
  parse(
      &p,
      "a: {shortCut: s, scopes: [pods], command: x}\nb: {shortCut: s, scopes: [svc], command: x}\n",
      &err);
  cr_assert_not(ob_plugin_is_ours(&p.all.at[0]));
  cr_assert(ob_plugin_is_ours(&p.all.at[1]));
  ob_plugins_done(&p);
}
