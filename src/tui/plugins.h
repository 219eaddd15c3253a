/* Plugins: programs behind a key, in k9s' format.
 *
 *   # $XDG_CONFIG_HOME/outboard/plugins.yaml, and k9s' own plugins.yaml
 *   plugins:
 *     dig:
 *       shortCut: Shift-D          # also Ctrl-x, F1 … F12, or a character
 *       description: Ask DNS
 *       scopes: [ingresses]        # services, ingresses or all, by the names kubectl knows
 *       command: dig               # looked for on PATH; no shell unless this names one
 *       args: [+short, $COL-HOST]
 *       background: false          # true: without the terminal
 *       confirm: false
 *       wait: true                 # outboard's own: ask for a key at the end
 *
 * k9s' pipes, override and dangerous mean what they mean there. inputs are asked for in a form,
 * which shows the line that would run, and are $INPUT_<NAME>. Variables: $NAMESPACE $NAME $CONTEXT
 * $CLUSTER $USER $KUBECONFIG $RESOURCE_NAME $SELECTOR $FILTER and $COL-<COLUMN>; ${…} and the
 * inverse $!… too. One that is not there stays as it was written, as in k9s. Where the command is a
 * shell, a value with characters that a shell would read is refused: values come from the cluster.
 * What the person typed is their own.
 *
 * Ownership ob_plugins_done() frees. Thread: UI.
 * Limits    OB_PLUGINS_FILE bytes of file, OB_PLUGINS_MAX plugins, OB_PLUGIN_WORDS arguments,
 *           OB_PLUGIN_INPUTS inputs.
 * Source    k9s v0.51 internal/config/plugin.go, internal/view/{actions,env,exec}.go.
 */
#ifndef OB_TUI_PLUGINS_H
#define OB_TUI_PLUGINS_H

#include "base/faults.h"
#include "outboard/error.h"
#include "outboard/view.h"
#include "tui/keymap.h"

enum {
  OB_PLUGINS_FILE = 1024 * 1024,
  OB_PLUGINS_MAX = 200,
  OB_PLUGIN_WORDS = 128,
  OB_PLUGIN_INPUTS = 5
};

typedef OB_VEC(char *) ob_words;
void ob_words_done(ob_words *w);

typedef enum ob_answer {
  OB_ANSWER_STRING,
  OB_ANSWER_NUMBER,
  OB_ANSWER_BOOL,    /* "true" or "false" */
  OB_ANSWER_DROPDOWN /* one of its options */
} ob_answer;

typedef struct ob_plugin_input {
  char *name, *label, *preset; /* label, preset: NULL none */
  ob_answer type;
  bool required;
  ob_words options;
} ob_plugin_input;

typedef struct ob_plugin {
  char *name, *file, *shortcut, *description, *command;
  unsigned line; /* in file; 0: shipped */
  uint32_t key;
  ob_words scopes, args, pipes;
  ob_plugin_input inputs[OB_PLUGIN_INPUTS];
  int ninputs;
  bool background, confirm, override, dangerous, wait;
  char *broken; /* why it is not offered, NULL it is */
} ob_plugin;

typedef struct ob_plugins {
  OB_VEC(ob_plugin) all;
} ob_plugins;

/* Append a document's plugins. The error has the line; what was read before it stays. */
int ob_plugins_parse(ob_plugins *io, const char *text, size_t n, const char *name, ob_err *err);
/* One file, and whether it agrees with the keys: what --check says. io NULL: the first fault. */
int ob_plugins_check(const char *path, const ob_keymap *keys, ob_faults *io, ob_err *err);
/* The person's own file, then k9s' when `k9s`. A file that is not there is no error; of an error
 * the first is told, and the other file is still read. */
int ob_plugins_load(ob_plugins *ret, const ob_keymap *keys, bool k9s, ob_err *err);
void ob_plugins_done(ob_plugins *p);

/* "Shift-L", "Ctrl-L", "F5", "b": k9s' names of keys. OB_KEY_NONE when it is none. */
uint32_t ob_plugin_key(const char *shortcut);
/* The plugin is for such an object. */
bool ob_plugin_in_scope(const ob_plugin *p, const ob_object *o);

/* It is for a kind that has rows here at all. */
bool ob_plugin_is_ours(const ob_plugin *p);

struct ob_tui;
/* The plugin that the key runs here, NULL none: one that is in scope first. `own`: the row of
 * keys.def that has the key too, NULL none; only an override goes before it. */
const ob_plugin *ob_plugin_find(struct ob_tui *s, uint32_t key, const ob_key_row *own);
/* Run it for the row under the cursor, asking first when it says so. */
void ob_plugin_run(struct ob_tui *s, const ob_plugin *p);
/* The answer to that question. Yes runs what was shown, whatever the cursor is on by then. */
void ob_plugin_confirmed(struct ob_tui *s, bool yes);
/* There are marked rows, and the service of one selects pods. */
bool ob_plugin_marked_pods(struct ob_tui *s);
/* kubectl is on PATH. */
bool ob_plugin_has_kubectl(void);

/* The plugin's words for the row under the cursor, with the inputs of the form in view. */
int ob_plugin_argv(struct ob_tui *s, const ob_plugin *p, ob_words *out, ob_err *err);
/* False: it could not be started, or ended with an error. */
bool ob_plugin_launch(struct ob_tui *s, const ob_plugin *p, ob_words *argv);
/* Ask for its inputs; what is accepted is run. */
void ob_plugin_ask(struct ob_tui *s, const ob_plugin *p);
/* What stands in that form for an input; false: there is no such form or input. */
bool ob_plugin_typed(const struct ob_tui *s, const char *name, struct ob_buf *out);

/* What a variable is, appended; false when there is none of that name. */
typedef bool (*ob_plugin_value)(void *context, const char *name, struct ob_buf *out);
/* One argument with its variables replaced. Refuses what would be read as something else. */
int ob_plugin_expand(ob_buf *out, const char *arg, bool shell, ob_plugin_value value, void *context,
                     ob_err *err);

#endif
