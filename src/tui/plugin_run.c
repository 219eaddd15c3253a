/* A plugin's words are made of the row under the cursor and given to the program as they are: one
 * argument stays one argument, whatever is in it. The two actions that outboard ships are
 * plugins too, over kubectl. */
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "tui/child.h"
#include "tui/screen.h"

#include <stdio.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- variables ------------------------------------------------------------------------------ */
typedef struct about {
  ob_tui *s;
  const ob_row *row;
} about;

static bool column(const about *a, const char *title, ob_buf *out) {
  const ob_view *v = &ob_views[a->s->tab];
  for (size_t i = 0; i < v->ncolumns; i++) {
    if (strcasecmp(v->columns[i].title, title) != 0) continue;
    ob_cell cell = {.text = out};
    v->columns[i].cell(ob_tui_cluster(a->s), a->row, ob_session_now(a->s->session), &cell);
    return true;
  }
  return false;
}

static void add_selector(const ob_service *svc, ob_buf *out) {
  for (size_t i = 0; svc && i < svc->nselector; i++)
    ob_buf_addf(out, "%s%s=%s", i ? "," : "", svc->selector[i].key, svc->selector[i].value);
}

static const char INPUT[] = "INPUT_";

static bool is_input(const char *name) {
  return strncasecmp(name, INPUT, strlen(INPUT)) == 0;
}

static bool value_of(void *context, const char *name, ob_buf *out) {
  const about *a = context;
  const ob_session_opts *o = &a->s->session_opts;
  const ob_session_status *st = ob_session_status_get(a->s->session);
  const ob_object *owner = a->row->owner;
  if (strncasecmp(name, "COL-", 4) == 0) return column(a, name + 4, out);
  if (is_input(name)) return ob_plugin_typed(a->s, name + strlen(INPUT), out);
  const struct {
    const char *name, *value;
  } simple[] = {
      {"NAMESPACE", owner->ns},
      {"NAME", owner->name},
      {"CONTEXT", o->context || o->kubeconfig || o->kubeconfig_text || getenv("KUBECONFIG")
                      ? st->context
                      : ob_or(o->context, "")},
      {"CLUSTER", st->cluster},
      {"USER", st->user},
      {"RESOURCE_NAME", ob_kinds[owner->kind].plural},
      {"FILTER", ob_tui_tab(a->s)->filter},
      {"AS", o->as},
      {"KUBECONFIG", o->kubeconfig_text ? "/proc/self/fd/3"
                     : o->kubeconfig    ? o->kubeconfig
                                        : getenv("KUBECONFIG")}};
  for (size_t i = 0; i < OB_LEN(simple); i++)
    if (strcasecmp(simple[i].name, name) == 0) return ob_buf_adds(out, simple[i].value), true;
  if (strcasecmp(name, "SELECTOR") == 0) return add_selector(a->row->service, out), true;
  return false;
}

static bool word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/* "$NAME", "$!NAME", "${NAME}", "${!NAME}": its length, 0 none. */
static size_t variable(const char *s, char name[64], bool *ret_inverse) {
  size_t at = 1, n = 0;
  bool braces = s[at] == '{';
  at += braces;
  *ret_inverse = s[at] == '!';
  at += *ret_inverse;
  while (s[at] && n + 1 < 64 && (word_char(s[at]) || (braces && strchr("%/: ", s[at]))))
    name[n++] = s[at++];
  name[n] = '\0';
  if (n == 0 || (braces && s[at] != '}')) return 0;
  return at + braces;
}

static bool harmless(const char *s) {
  for (; *s; s++)
    if (!word_char(*s) && !strchr("./:@,+=%~*[]", *s)) return false;
  return true;
}

int ob_plugin_expand(ob_buf *out, const char *arg, bool shell, ob_plugin_value value, void *context,
                     ob_err *err) {
  for (const char *s = arg; *s;) {
    char name[64];
    bool inverse = false;
    size_t n = *s == '$' ? variable(s, name, &inverse) : 0;
    OB_AUTO(ob_buf) v = OB_BUF_INIT(OB_LINE_MAX);
    if (n == 0 || !value(context, name, &v)) {
      ob_buf_add(out, s, n ? n : 1);
      s += n ? n : 1;
      continue;
    }
    const char *is = ob_buf_str(&v);
    if (inverse && strcmp(is, "true") == 0)
      is = "false";
    else if (inverse && strcmp(is, "false") == 0)
      is = "true";
    if (shell && !is_input(name) && !harmless(is)) {
      ob_fail(err, OB_EINVALID, "$%s is \"%.100s\", which a shell would read as more than text",
              name, is);
      return ob_hint(err, "give it to a program without a shell between");
    }
    if (s == arg && !is_input(name) && is[0] == '-') {
      ob_fail(err, OB_EINVALID, "$%s is \"%.100s\", which would be read as an option", name, is);
      return ob_hint(err, "put something before it, as in --name=$%s", name);
    }
    ob_buf_adds(out, is);
    s += n;
  }
  return 0;
}

/* --- words --------------------------------------------------------------------------------------
 */
static bool is_shell(const char *command) {
  static const char *const shells[] = {"sh",  "bash", "dash", "zsh",     "ksh",
                                       "ash", "fish", "pwsh", "busybox", "env"};
  const char *slash = strrchr(command, '/'), *name = slash ? slash + 1 : command;
  for (size_t i = 0; i < OB_LEN(shells); i++)
    if (strcmp(shells[i], name) == 0) return true;
  return false;
}

/* A pipe's text in words: blanks part them, quotes keep them. */
static void split(const char *s, ob_words *out) {
  while (*s && out->len < OB_PLUGIN_WORDS) {
    OB_AUTO(ob_buf) word = OB_BUF_INIT(OB_LINE_MAX);
    char quote = 0;
    while (*s == ' ') s++;
    if (!*s) break;
    for (; *s && (quote || *s != ' '); s++) {
      if (!quote && (*s == '"' || *s == '\''))
        quote = *s;
      else if (quote && *s == quote)
        quote = 0;
      else
        ob_buf_addc(&word, *s);
    }
    ob_vec_push(out, ob_buf_take(&word, NULL));
  }
}

static int expand_all(about *a, const ob_plugin *p, ob_words *out, ob_err *err) {
  bool shell = is_shell(p->command);
  ob_vec_push(out, ob_strdup(p->command));
  for (size_t i = 0; i < p->args.len; i++) {
    OB_AUTO(ob_buf) word = OB_BUF_INIT(OB_LINE_MAX);
    int rc = ob_plugin_expand(&word, p->args.at[i], shell, value_of, a, err);
    if (rc < 0) return rc;
    ob_vec_push(out, ob_strdup(ob_buf_str(&word)));
  }
  return 0;
}

/* --- running ------------------------------------------------------------------------------------
 */
static void say_err(ob_tui *s, const ob_err *err) {
  ob_tui_say(s, true, "%s%s%s", err->msg, *err->hint ? ": " : "", err->hint);
}

/* A kubeconfig that is in no file, as one that the programs inherit. */
static int config_fd(const ob_tui *s) {
  const char *text = s->session_opts.kubeconfig_text;
  int fd = text ? memfd_create("kubeconfig", MFD_CLOEXEC) : -1;
  size_t n = text ? strlen(text) : 0;
  if (fd >= 0 && write(fd, text, n) != (ssize_t)n) {
    close(fd);
    fd = -1;
  }
  return fd;
}

bool ob_plugin_launch(ob_tui *s, const ob_plugin *p, ob_words *argv) {
  ob_words pipes[OB_CHILD_PIPE] = {0};
  OB_AUTOFD int fd = config_fd(s);
  ob_child c = {.n = 1, .fd = fd, .wait = p->wait};
  ob_vec_push(argv, NULL);
  c.argv[0] = argv->at;
  for (size_t i = 0; i < p->pipes.len && c.n < OB_CHILD_PIPE; i++) {
    split(p->pipes.at[i], &pipes[c.n]);
    if (pipes[c.n].len == 0) continue;
    ob_vec_push(&pipes[c.n], NULL);
    c.argv[c.n] = pipes[c.n].at;
    c.n++;
  }
  ob_err err = {0};
  int status = 0;
  int rc = p->background ? ob_child_start(&c, &err) : ob_child_run(s->term, &c, &status, &err);
  if (rc < 0)
    say_err(s, &err);
  else if (p->background)
    ob_tui_say(s, false, "%s runs in the background", p->description);
  else if (status)
    ob_tui_say(s, true, "%s ended with an error", p->description);
  for (size_t i = 0; i < OB_CHILD_PIPE; i++) ob_words_done(&pipes[i]);
  return rc >= 0 && !status;
}

int ob_plugin_argv(ob_tui *s, const ob_plugin *p, ob_words *out, ob_err *err) {
  const ob_row *row = ob_tui_row(s);
  if (!row) return ob_fail(err, OB_ENOTFOUND, "there is no row to run it for");
  return expand_all(&(about){s, row}, p, out, err);
}

static void ask(ob_tui *s, const ob_plugin *p, ob_words *move_argv) {
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < move_argv->len; i++)
    ob_buf_addf(&line, "%s%s", i ? " " : "", move_argv->at[i]);
  s->asking = p;
  ob_words_done(&s->asked);
  s->asked = *move_argv;
  *move_argv = (ob_words){0};
  ob_menu_open(&s->menu, OB_MENU_CONFIRM, p->description);
  ob_menu_add(&s->menu, "Cancel", "", 0, true);
  ob_menu_add(&s->menu, "Run", ob_buf_str(&line), 1, false);
  ob_menu_ready(&s->menu);
}

static void run_now(ob_tui *s, const ob_plugin *p) {
  ob_words argv = {0};
  ob_err err = {0};
  if (ob_plugin_argv(s, p, &argv, &err) < 0)
    say_err(s, &err);
  else if (p->confirm)
    ask(s, p, &argv);
  else
    ob_plugin_launch(s, p, &argv);
  ob_words_done(&argv);
}

void ob_plugin_run(ob_tui *s, const ob_plugin *p) {
  if (p->broken)
    ob_tui_say(s, true, "%s: %s", p->name, p->broken);
  else if (ob_tui_row(s) && p->ninputs)
    ob_plugin_ask(s, p);
  else if (ob_tui_row(s))
    run_now(s, p);
}

void ob_plugin_confirmed(ob_tui *s, bool yes) {
  const ob_plugin *p = s->asking;
  s->asking = NULL;
  if (p && yes) ob_plugin_launch(s, p, &s->asked);
  ob_words_done(&s->asked);
}

const ob_plugin *ob_plugin_find(ob_tui *s, uint32_t key, const ob_key_row *own) {
  const ob_row *row = ob_tui_row(s);
  const ob_plugin *other = NULL;
  for (size_t i = 0; i < s->plugins.all.len; i++) {
    const ob_plugin *p = &s->plugins.all.at[i];
    if (p->key != key || (own && (!p->override || p->broken))) continue;
    if (row && ob_plugin_in_scope(p, row->owner)) {
      if (!p->broken) return p;
      other = p;
    }
  }
  return own ? NULL : other;
}

/* --- what is shipped ---------------------------------------------------------------------------
 */
static bool on_path(const char *name) {
  const char *path = getenv("PATH");
  while (path && *path) {
    size_t n = strcspn(path, ":");
    OB_AUTOFREE char *file = ob_asprintf("%.*s/%s", (int)n, path, name);
    if (n && access(file, X_OK) == 0) return true;
    path += n + (path[n] == ':');
  }
  return false;
}

bool ob_plugin_has_kubectl(void) {
  return on_path("kubectl");
}

static void kubectl_plugin(ob_plugin *p, const char *what, const char *const words[], size_t n) {
  static const char *const target[] = {"--kubeconfig=$KUBECONFIG", "--context=$CONTEXT",
                                       "--as=$AS"};
  *p = (ob_plugin){.name = (char *)(uintptr_t)what,
                   .description = (char *)(uintptr_t)what,
                   .command = (char *)(uintptr_t) "kubectl"};
  for (size_t i = 0; i < n; i++) ob_vec_push(&p->args, (char *)(uintptr_t)words[i]);
  for (size_t i = 0; i < OB_LEN(target); i++) ob_vec_push(&p->args, (char *)(uintptr_t)target[i]);
}

/* The rows whose services' pods are meant: the marked ones, else the one under the cursor; each
 * service once. Returns how many there are, which may be more than `max`. */
static size_t rows_with_pods(ob_tui *s, const ob_row **ret, size_t max) {
  const ob_tab *t = ob_tui_tab(s);
  size_t n = 0;
  OB_AUTO(ob_map) seen = {0};
  for (size_t i = 0; t->marks.len && i < ob_list_len(t->list); i++) {
    const ob_row *row = ob_list_at(t->list, i);
    if (!row->service || !row->service->nselector || !ob_tui_marked(t, ob_list_key(t->list, i)))
      continue;
    const ob_uid *uid = &row->service->o.uid;
    if (ob_map_put(&seen, (const char *)uid, sizeof *uid, (void *)(uintptr_t)row)) continue;
    if (n < max) ret[n] = row;
    n++;
  }
  const ob_row *row = t->marks.len ? NULL : ob_tui_row(s);
  if (row && max) ret[n++] = row;
  return n;
}

bool ob_plugin_marked_pods(ob_tui *s) {
  const ob_row *row;
  return ob_tui_tab(s)->marks.len && rows_with_pods(s, &row, 1) > 0;
}

void ob_act_logs(ob_tui *s) {
  static const char *const words[] = {"logs",
                                      "--namespace=$NAMESPACE",
                                      "--selector=$SELECTOR",
                                      "--all-containers",
                                      "--prefix",
                                      "--tail=200",
                                      "--follow",
                                      "--max-log-requests=50"};
  const ob_row *rows[OB_CHILD_PIPE];
  size_t all = rows_with_pods(s, rows, OB_LEN(rows)), n = all < OB_LEN(rows) ? all : OB_LEN(rows);
  ob_plugin p;
  kubectl_plugin(&p, "kubectl logs", words, OB_LEN(words));
  ob_words argv[OB_CHILD_PIPE] = {0};
  OB_AUTOFD int fd = config_fd(s);
  ob_child c = {.n = n, .apart = true, .fd = fd, .wait = true};
  ob_err err = {0};
  int status = 0, rc = 0;
  for (size_t i = 0; i < n && rc == 0; i++) {
    rc = expand_all(&(about){s, rows[i]}, &p, &argv[i], &err);
    ob_vec_push(&argv[i], NULL);
    c.argv[i] = argv[i].at;
  }
  /* Whoever follows logs ends them by ^C, which kubectl calls an error; a real one was on its
   * screen. */
  if (rc == 0) rc = ob_child_run(s->term, &c, &status, &err);
  if (rc < 0)
    say_err(s, &err);
  else if (all > n)
    ob_tui_say(s, true, "these were the logs of %zu of %zu services: no more at once", n, all);
  for (size_t i = 0; i < n; i++) ob_words_done(&argv[i]);
  ob_vec_done(&p.args);
}

void ob_act_describe(ob_tui *s) {
  static const char *const words[] = {"describe", "$RESOURCE_NAME", "$NAME",
                                      "--namespace=$NAMESPACE"};
  ob_plugin p;
  kubectl_plugin(&p, "kubectl describe", words, OB_LEN(words));
  /* What it prints is a text to read, not a stream to follow. */
  p.wait = !on_path("less");
  if (!p.wait) ob_vec_push(&p.pipes, (char *)(uintptr_t) "less -R");
  run_now(s, &p);
  ob_vec_done(&p.args);
  ob_vec_done(&p.pipes);
}
