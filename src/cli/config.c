/* `outboard config`: the settings, and whether a file is as it should be. */
#include "cli/cli.h"

#include "base/dirs.h"
#include "base/faults.h"
#include "base/settings.h"
#include "base/str.h"
#include "outboard/text.h"

static int check(const char *path, const ob_cli_front *front, FILE *out, FILE *err) {
  const char *what = "";
  OB_AUTO(ob_faults) faults = {0};
  front->check(path, &what, &faults);
  for (size_t i = 0; i < faults.all.len; i++) ob_cli_error(err, &faults.all.at[i]);
  if (faults.all.len) return OB_EXIT_FAILURE;
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&safe, path, OB_TEXT_LINE);
  fprintf(out, "%s: a good file of %s\n", ob_buf_str(&safe), what);
  return OB_EXIT_OK;
}

static void list(FILE *out) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_settings_list(&text);
  fputs(ob_buf_str(&text), out);
}

/* Where they lie, and which of them are there. */
static void places(FILE *out) {
  OB_AUTOFREE char *own = ob_dir_config(), *state = ob_dir_state();
  fprintf(out,
          "settings  %s/config.yaml\nthemes    %s/themes\nskins     %s/skins\nplugins   "
          "%s/plugins.yaml\nstate     %s\n",
          ob_or(own, "?"), ob_or(own, "?"), ob_or(own, "?"), ob_or(own, "?"), ob_or(state, "?"));
}

int ob_cli_config(const ob_args *args, const ob_cli_front *front, FILE *out, FILE *err) {
  if (args->noperands) {
    ob_err e = {0};
    ob_fail(&e, OB_EUSAGE, "config takes no operand, \"%s\" is too much", args->operands[0]);
    ob_hint(&e, "'outboard config --check FILE' looks at a file");
    ob_cli_error(err, &e);
    return OB_EXIT_USAGE;
  }
  int rc = OB_EXIT_OK;
  for (size_t i = 0; i < args->nlist[OB_OPT_CHECK]; i++)
    if (check(args->list[OB_OPT_CHECK][i], front, out, err) != OB_EXIT_OK) rc = OB_EXIT_FAILURE;
  if (args->flag[OB_OPT_LIST]) list(out);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX * 16);
  ob_err e = {0};
  if (args->flag[OB_OPT_MANUAL]) ob_cli_manual(&text, front);
  const char *shell = args->text[OB_OPT_COMPLETION];
  if (shell && ob_cli_completion(&text, shell, &e) < 0) {
    ob_cli_error(err, &e);
    return OB_EXIT_USAGE;
  }
  fputs(ob_buf_str(&text), out);
  if (!args->nlist[OB_OPT_CHECK] && !args->flag[OB_OPT_LIST] && !text.len) places(out);
  return rc;
}
