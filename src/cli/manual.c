/* The manual page and the shells' completions: the tables, read aloud once more. */
#include "cli/cli.h"

#include "base/settings.h"
#include "base/str.h"
#include "outboard/view.h"

/* --- roff ----------------------------------------------------------------------------------- */
static void roff_text(ob_buf *out, const char *s) {
  bool start = true;
  for (; *s; s++) {
    if (start && (*s == '.' || *s == '\'')) ob_buf_adds(out, "\\&");
    if (*s == '\\')
      ob_buf_adds(out, "\\e");
    else if (*s == '-')
      ob_buf_adds(out, "\\-");
    else
      ob_buf_addc(out, *s);
    start = *s == '\n';
  }
}

static void roff_item(ob_buf *out, const char *term, const char *text) {
  ob_buf_adds(out, ".TP\n\\fB");
  roff_text(out, term);
  ob_buf_adds(out, "\\fR\n");
  roff_text(out, text);
  ob_buf_addc(out, '\n');
}

static void heading(ob_buf *out, const char *title) {
  ob_buf_addf(out, ".SH %s\n", title);
}

static void paragraph(ob_buf *out, const char *text) {
  ob_buf_adds(out, ".PP\n");
  roff_text(out, text);
  ob_buf_addc(out, '\n');
}

static void add_commands(ob_buf *out) {
  heading(out, "COMMANDS");
  for (size_t i = 0; i < ob_ncommands; i++) {
    const ob_command *c = &ob_commands[i];
    OB_AUTOFREE char *term = ob_asprintf("outboard%s%s%s%s", *c->name ? " " : "", c->name,
                                         *c->usage ? " " : "", c->usage);
    roff_item(out, term, c->help);
    ob_buf_adds(out, ".RS\n.nf\n");
    roff_text(out, c->more);
    ob_buf_adds(out, ".fi\n.RE\n");
  }
}

static void add_options(ob_buf *out) {
  heading(out, "OPTIONS");
  for (size_t i = 0; i < OB_OPT_COUNT; i++) {
    const ob_option *o = &ob_options[i];
    char letter[8] = "";
    if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
    OB_AUTOFREE char *term =
        ob_asprintf("%s--%s%s%s", letter, o->name, o->arg ? " " : "", ob_or(o->arg, ""));
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&text, "%s\n(", o->help);
    for (size_t k = 0, n = 0; k < ob_ncommands; k++)
      if (ob_commands[k].bit & o->commands)
        ob_buf_addf(&text, "%s%s", n++ ? ", " : "",
                    *ob_commands[k].name ? ob_commands[k].name : "dashboard");
    ob_buf_adds(&text, ")");
    roff_item(out, term, ob_buf_str(&text));
  }
}

static void add_settings(ob_buf *out) {
  heading(out, "SETTINGS");
  paragraph(out, "In $XDG_CONFIG_HOME/outboard/config.yaml, a setting a line. `outboard config "
                 "--check FILE` names the line of what is not good.");
  for (int i = 0; i < OB_SET_COUNT; i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&text, "%s.\nValues: ", ob_setting_rows[i].help);
    ob_setting_range(&ob_setting_rows[i], &text);
    ob_buf_addf(&text, ". Default: %s.", ob_setting_rows[i].otherwise);
    roff_item(out, ob_setting_rows[i].key, ob_buf_str(&text));
  }
  roff_item(out, "keys",
            "Keys of your own: a mapping of actions (see KEYS) to one key, a list of keys, or "
            "none: []. Two actions that share a key where both work are refused, with both "
            "lines.");
}

static const char *const last[][2] = {
    {"FILES", NULL},
    {"$XDG_CONFIG_HOME/outboard/config.yaml", "settings"},
    {"$XDG_CONFIG_HOME/outboard/plugins.yaml, k9s' plugins.yaml",
     "programs behind keys, in k9s' format: shortCut, description, scopes, command, args, pipes, "
     "background, confirm, override; `wait: true` asks for a key at the end. No shell is started "
     "unless command names one."},
    {"$XDG_CONFIG_HOME/outboard/themes, …/skins, k9s' skins", "themes of your own, and k9s skins"},
    {"$XDG_STATE_HOME/outboard/state.json", "what comes back when a context is opened again"},
    {"ENVIRONMENT", NULL},
    {"KUBECONFIG", "kubeconfig files, separated by colons"},
    {"NO_COLOR", "when set and not empty: no colours anywhere"},
    {"COLORTERM", "truecolor or 24bit: direct colours"},
    {"LC_ALL, LC_CTYPE, LANG", "without UTF-8, lines and marks are drawn in ASCII"},
    {"K9S_CONFIG_DIR", "where k9s' skins and plugins lie"},
    {"EXIT STATUS", NULL},
    {"0", "done"},
    {"1", "a failure, or an answer that is not complete"},
    {"2", "the command line makes no sense"},
};

void ob_cli_manual(ob_buf *out, const ob_cli_front *front) {
  ob_buf_addf(out, ".TH OUTBOARD 1 \"\" \"outboard %s\" \"User Commands\"\n", OB_VERSION);
  heading(out, "NAME");
  ob_buf_adds(out, "outboard \\- what the outside world can reach in a Kubernetes cluster\n");
  heading(out, "SYNOPSIS");
  ob_buf_adds(out, ".B outboard\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]\n");
  heading(out, "DESCRIPTION");
  paragraph(out,
            "Without a command outboard opens a dashboard that joins Services, NodePorts, "
            "LoadBalancers, Ingress rules, EndpointSlices and Nodes into one live picture: every "
            "way in is a row, problems first. The commands print the same for scripts.");
  add_commands(out);
  add_options(out);
  front->manual(out);
  heading(out, "SCREEN READERS AND DUMB TERMINALS");
  paragraph(out,
            "`outboard get VIEW --watch` gives the dashboard's rows as lines, and then a line for "
            "each change. A line says first what happened (ADDED, MODIFIED, DELETED), then which "
            "columns changed, from what to what, and then the row. Nothing moves the cursor and "
            "nothing is drawn over; colours are left out when NO_COLOR is set.");
  add_settings(out);
  for (size_t i = 0; i < OB_LEN(last); i++)
    if (last[i][1])
      roff_item(out, last[i][0], last[i][1]);
    else
      heading(out, last[i][0]);
  heading(out, "SEE ALSO");
  ob_buf_adds(out, ".BR kubectl (1)\n");
}

/* --- completions -------------------------------------------------------------------------------
 */
/* Words of a list, for bash and zsh alike. */
static void add_options_of(ob_buf *out, unsigned bit) {
  for (size_t i = 0; i < OB_OPT_COUNT; i++)
    if (ob_options[i].commands & bit) ob_buf_addf(out, " --%s", ob_options[i].name);
}

static void add_bash(ob_buf *out) {
  ob_buf_adds(out, "_outboard() {\n"
                   "  local cur=${COMP_WORDS[COMP_CWORD]} cmd= i words\n"
                   "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                   "    case ${COMP_WORDS[i]} in -*) ;; *) cmd=${COMP_WORDS[i]}; break ;; esac\n"
                   "  done\n"
                   "  case $cmd in\n");
  for (size_t i = 0; i < ob_ncommands; i++) {
    const ob_command *c = &ob_commands[i];
    ob_buf_addf(out, "  %s) words=\"", *c->name ? c->name : "''");
    if (!*c->name)
      for (size_t k = 0; k < ob_ncommands; k++) ob_buf_addf(out, " %s", ob_commands[k].name);
    if (c->bit == OB_CMD_GET)
      for (size_t k = 0; k < OB_VIEW_COUNT; k++) ob_buf_addf(out, " %s", ob_views[k].name);
    add_options_of(out, c->bit);
    ob_buf_adds(out, "\" ;;\n");
  }
  ob_buf_adds(out, "  esac\n"
                   "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                   "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                   "}\n"
                   "complete -F _outboard outboard kubectl-outboard\n");
}

static void add_quoted(ob_buf *out, const char *s) {
  for (; *s; s++) {
    if (*s == '\'') ob_buf_adds(out, "'\\'");
    ob_buf_addc(out, *s);
  }
}

static void add_fish(ob_buf *out) {
  for (size_t i = 0; i < ob_ncommands; i++) {
    if (!*ob_commands[i].name) continue;
    ob_buf_addf(out, "complete -c outboard -n __fish_use_subcommand -f -a %s -d '",
                ob_commands[i].name);
    add_quoted(out, ob_commands[i].help);
    ob_buf_adds(out, "'\n");
  }
  for (size_t k = 0; k < OB_VIEW_COUNT; k++)
    ob_buf_addf(out, "complete -c outboard -n '__fish_seen_subcommand_from get' -f -a %s\n",
                ob_views[k].name);
  for (size_t i = 0; i < OB_OPT_COUNT; i++) {
    const ob_option *o = &ob_options[i];
    ob_buf_addf(out, "complete -c outboard -l %s", o->name);
    if (o->letter) ob_buf_addf(out, " -s %c", o->letter);
    ob_buf_addf(out, "%s -d '", o->kind == OB_FLAG ? "" : " -r");
    add_quoted(out, o->help);
    ob_buf_adds(out, "'\n");
  }
}

int ob_cli_completion(ob_buf *out, const char *shell, ob_err *err) {
  if (strcmp(shell, "bash") == 0) {
    add_bash(out);
  } else if (strcmp(shell, "zsh") == 0) {
    ob_buf_adds(out, "#compdef outboard\nautoload -U +X bashcompinit && bashcompinit\n");
    add_bash(out);
  } else if (strcmp(shell, "fish") == 0) {
    add_fish(out);
  } else {
    ob_fail(err, OB_EUSAGE, "no completion for \"%s\"", shell);
    return ob_hint(err, "--completion bash, zsh or fish");
  }
  return 0;
}
