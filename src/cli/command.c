/* The command table and what is printed from it: help, version, errors. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "outboard/text.h"
#include "outboard/view.h"

const ob_command ob_commands[] = {
#define OB_COMMAND(name, bit, usage, help, more) {name, bit, usage, help, more},
#include "cli/commands.def"
#undef OB_COMMAND
};
const size_t ob_ncommands = OB_LEN(ob_commands);

static const ob_command *command_named(const char *word) {
  for (size_t i = 0; i < ob_ncommands; i++)
    if (strcmp(ob_commands[i].name, word) == 0) return &ob_commands[i];
  return NULL;
}

/* An option whose value is the next word ("--context prod", "-n shop"). */
static bool takes_next_word(const char *word) {
  if (strchr(word, '=')) return false;
  for (size_t i = 0; i < OB_OPT_COUNT; i++) {
    const ob_option *o = &ob_options[i];
    if (o->kind == OB_FLAG) continue;
    if (word[1] == '-' ? strcmp(word + 2, o->name) == 0
                       : o->letter && word[1] == o->letter && word[2] == '\0')
      return true;
  }
  return false;
}

const ob_command *ob_command_find(int argc, char *const argv[], int *ret_at, ob_err *err) {
  *ret_at = 0;
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    if (strcmp(word, "--") == 0) break;
    if (word[0] == '-' && word[1]) {
      if (takes_next_word(word)) i++;
      continue;
    }
    const ob_command *cmd = *word ? command_named(word) : NULL;
    if (!cmd) {
      ob_fail(err, OB_EUSAGE, "unknown command \"%s\"", word);
      ob_hint(err, "'outboard --help' lists the commands");
      return NULL;
    }
    *ret_at = i;
    return cmd;
  }
  return command_named("");
}

static void print_views(FILE *out) {
  fputs("\nViews:\n", out);
  for (size_t i = 0; i < OB_VIEW_COUNT; i++)
    fprintf(out, "  %-14s %s (also: %s)\n", ob_views[i].name, ob_views[i].help,
            ob_views[i].aliases);
}

static void print_columns(FILE *out) {
  fputs("\nKeys of -o json, a row each (null: unknown):\n", out);
  for (size_t v = 0; v < OB_VIEW_COUNT; v++) {
    fprintf(out, "  %s\n", ob_views[v].name);
    for (size_t i = 0; i < ob_views[v].ncolumns; i++) {
      const ob_column *col = &ob_views[v].columns[i];
      if (col->flags & OB_COL_PROBE) continue;
      const char *type = col->flags & OB_COL_LIST     ? "[string]"
                         : col->flags & OB_COL_NUMBER ? "number"
                         : col->flags & OB_COL_BOOL   ? "boolean"
                                                      : "string";
      fprintf(out, "    %-18s %-8s %s\n", col->key, type, col->help);
    }
  }
}

void ob_cli_help(FILE *out, const ob_command *cmd) {
  bool dashboard = cmd->bit == OB_CMD_DASHBOARD;
  if (dashboard)
    fputs("outboard shows what the outside world can reach in a Kubernetes cluster.\n\n", out);
  fprintf(out, "Usage: outboard%s%s%s%s [options]\n", *cmd->name ? " " : "", cmd->name,
          *cmd->usage ? " " : "", cmd->usage);
  if (!dashboard) fprintf(out, "\n%s\n", cmd->help);
  fprintf(out, "\n%s", cmd->more);
  if (dashboard) {
    fputs("\nCommands ('outboard COMMAND --help' says more):\n", out);
    for (size_t i = 0; i < ob_ncommands; i++)
      fprintf(out, "  %-10s %s\n", *ob_commands[i].name ? ob_commands[i].name : "(none)",
              ob_commands[i].help);
  }
  if (cmd->bit == OB_CMD_GET) print_views(out);
  OB_AUTO(ob_buf) options = OB_BUF_INIT(OB_LINE_MAX);
  ob_options_help(&options, cmd->bit);
  fprintf(out, "\nOptions:\n%s", ob_buf_str(&options));
  if (cmd->bit == OB_CMD_GET) print_columns(out);
}

void ob_cli_version(FILE *out, const char *libraries) {
  fprintf(out, "outboard %s\n%s", OB_VERSION, libraries);
}

void ob_cli_error_said(FILE *err, const ob_err *e, const char *said) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIZE_MAX / 2);
  ob_text_safe_str(&text, said ? said : e->msg, OB_TEXT_LINES);
  fputs("outboard: ", err);
  for (const char *at = ob_buf_str(&text); *at; at++) {
    fputc(*at, err);
    if (*at == '\n') fputs("  ", err); /* a line of theirs does not look like one of ours */
  }
  fputc('\n', err);
  if (!*e->hint) return;
  ob_buf_reset(&text);
  ob_text_safe_str(&text, e->hint, OB_TEXT_LINES);
  fprintf(err, "  %s\n", ob_buf_str(&text));
}

void ob_cli_error(FILE *err, const ob_err *e) {
  ob_cli_error_said(err, e, NULL);
}

ob_session_opts ob_cli_session_opts(const ob_args *args) {
  ob_session_opts o = {
      .kubeconfig = args->text[OB_OPT_KUBECONFIG],
      .context = args->text[OB_OPT_CONTEXT],
      .cluster = args->text[OB_OPT_CLUSTER],
      .user = args->text[OB_OPT_USER],
      .as = args->text[OB_OPT_AS],
      .as_uid = args->text[OB_OPT_AS_UID],
      .as_groups = args->list[OB_OPT_AS_GROUP],
      .nas_groups = args->nlist[OB_OPT_AS_GROUP],
      .insecure = args->flag[OB_OPT_INSECURE],
      .probe_ca = args->text[OB_OPT_PROBE_CA],
      .scope = OB_SCOPE_WIDEST,
  };
  if (args->flag[OB_OPT_ALL_NAMESPACES])
    o.scope = OB_SCOPE_ALL;
  else
    o.ns = args->text[OB_OPT_NAMESPACE];
  return o;
}

bool ob_cli_duration(const char *s, int64_t *ret_ms) {
  static const struct {
    const char *unit;
    int64_t ms;
  } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1000}};
  size_t digits = strspn(s, "0123456789");
  if (digits == 0 || digits > 9) return false;
  for (size_t i = 0; i < OB_LEN(units); i++) {
    if (strcmp(s + digits, units[i].unit) != 0) continue;
    *ret_ms = strtoll(s, NULL, 10) * units[i].ms;
    return true;
  }
  return false;
}

int ob_cli_fail(FILE *err, const ob_err *e) {
  ob_cli_error(err, e);
  return e->code == OB_EUSAGE ? OB_EXIT_USAGE : OB_EXIT_FAILURE;
}

int ob_cli_table_or_json(const ob_args *args, bool *ret_json, ob_err *err) {
  const char *format = ob_or(args->text[OB_OPT_OUTPUT], "table");
  *ret_json = ob_streq(format, "json");
  if (*ret_json || ob_streq(format, "table")) return 0;
  ob_fail(err, OB_EUSAGE, "this command has no output format \"%s\"", format);
  return ob_hint(err, "-o table or json");
}

void ob_cli_print_json(FILE *out, const struct ob_json *doc) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_JSON_MAX);
  ob_json_print_pretty(&text, doc);
  fprintf(out, "%s\n", ob_buf_str(&text));
}
