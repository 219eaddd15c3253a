/* The form of a plugin's inputs. Its table of fields is made of what the plugin asks for, and the
 * line below them is the command as it would run: accepting it is the answer to `confirm` too. The
 * row it was opened for must still be the one under the cursor. */
#include "base/buf.h"
#include "base/str.h"
#include "tui/screen.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

typedef struct inputs {
  const ob_plugin *plugin;
  ob_uid uid; /* of the object it is for */
  ob_form_kind kind;
  ob_form_field fields[OB_PLUGIN_INPUTS];
} inputs;

static void done(void *data) {
  free(data);
}

static void offer(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const inputs *in = f->data;
  const ob_words *all = &in->plugin->inputs[f->values.at[f->at].field].options;
  (void)s;
  for (size_t i = 0; i < all->len; i++) ob_form_offer(o, all->at[i]);
}

static const char *named(const ob_plugin_input *in) {
  return ob_or(in->label, in->name);
}

/* What stands in a field is no such thing; NULL: it is. Fields are in the order of the inputs. */
static const char *wrong(const ob_plugin_input *in, const char *value) {
  char *end;
  if (!*value)
    return in->required && in->type != OB_ANSWER_BOOL ? "something is needed here" : NULL;
  if (in->type != OB_ANSWER_NUMBER) return NULL;
  double d = strtod(value, &end);
  return *end || !isfinite(d) ? "a number is needed" : NULL;
}

static int words_of(ob_tui *s, const ob_form *f, ob_words *out, int *ret_field, ob_err *err) {
  const inputs *in = f->data;
  const ob_row *row = ob_tui_row(s);
  *ret_field = -1;
  if (!row || ob_uid_cmp(row->owner->uid, in->uid) != 0)
    return ob_fail(err, OB_ENOTFOUND, "what it was for is gone: esc, and choose again");
  for (int i = 0; i < in->plugin->ninputs; i++) {
    const char *why = wrong(&in->plugin->inputs[i], ob_form_get(f, i));
    *ret_field = i;
    if (why) return ob_fail(err, OB_EINVALID, "%s: %s", named(&in->plugin->inputs[i]), why);
  }
  *ret_field = -1;
  return ob_plugin_argv(s, in->plugin, out, err);
}

static ob_role say(const ob_tui *s, const ob_form *f, ob_buf *out) {
  ob_words argv = {0};
  ob_err err = {0};
  int field;
  int rc = words_of((ob_tui *)(uintptr_t)s, f, &argv, &field, &err);
  if (rc < 0) ob_buf_adds(out, err.msg);
  for (size_t i = 0; rc == 0 && i < argv.len; i++)
    ob_buf_addf(out, "%s%s", i ? " " : "runs  ", argv.at[i]);
  ob_words_done(&argv);
  return rc < 0 ? OB_ROLE_WARN : OB_ROLE_TEXT;
}

static void take(ob_tui *s, ob_form *f) {
  const ob_plugin *p = ((inputs *)f->data)->plugin;
  ob_words argv = {0};
  ob_err err = {0};
  int field;
  if (words_of(s, f, &argv, &field, &err) < 0) {
    OB_AUTOFREE char *said = ob_asprintf("%s%s%s", err.msg, *err.hint ? ": " : "", err.hint);
    ob_form_again(s, said);
    if (field >= 0) ob_form_go(s, f, field);
  } else if (ob_plugin_launch(s, p, &argv)) {
    ob_form_done(f);
  } else {
    ob_form_again(s, "it ended with an error");
  }
  ob_words_done(&argv);
}

static ob_form_field field_of(const ob_plugin_input *in) {
  static const ob_form_field like[] = {
      [OB_ANSWER_STRING] = {"", OB_FIELD_TEXT, "nothing", NULL, NULL, NULL, NULL},
      [OB_ANSWER_NUMBER] = {"", OB_FIELD_TEXT, "no number", NULL, NULL, NULL, NULL},
      [OB_ANSWER_BOOL] = {"", OB_FIELD_TOGGLE, "", "space changes it", NULL, NULL, NULL},
      [OB_ANSWER_DROPDOWN] = {"", OB_FIELD_CHOICE, "", "left and right, or its first letters",
                              offer, NULL, NULL},
  };
  ob_form_field f = like[in->type];
  f.label = named(in);
  if (in->required && f.type == OB_FIELD_TEXT) f.empty = "needed";
  return f;
}

void ob_plugin_ask(ob_tui *s, const ob_plugin *p) {
  inputs *in = ob_alloc(sizeof *in);
  *in = (inputs){.plugin = p, .uid = ob_tui_row(s)->owner->uid};
  in->kind = (ob_form_kind){
      .fields = in->fields, .nfields = p->ninputs, .say = say, .accept = take, .done = done};
  for (int i = 0; i < p->ninputs; i++) in->fields[i] = field_of(&p->inputs[i]);
  ob_form *f = ob_form_open(s, &in->kind, ob_strdup(p->description), in);
  f->accept = "Run";
  for (int i = 0; i < p->ninputs; i++) {
    const ob_plugin_input *input = &p->inputs[i];
    const char *preset = ob_or(input->preset, "");
    if (input->type == OB_ANSWER_BOOL) preset = strcasecmp(preset, "true") == 0 ? "yes" : "";
    if (input->type == OB_ANSWER_DROPDOWN && !*preset) preset = input->options.at[0];
    ob_form_set(f, i, preset);
  }
  char uid[OB_UID_TEXT];
  OB_AUTOFREE char *whom =
      ob_asprintf("%s %s", p->name, ob_uid_text(ob_tui_row(s)->owner, uid));
  ob_form_keep(s, whom);
}

bool ob_plugin_typed(const ob_tui *s, const char *name, ob_buf *out) {
  const ob_form *f = &s->form;
  if (!f->kind || f->kind->accept != take) return false;
  const ob_plugin *p = ((const inputs *)f->data)->plugin;
  for (int i = 0; i < p->ninputs; i++) {
    if (strcasecmp(p->inputs[i].name, name) != 0) continue;
    const char *value = ob_form_get(f, i);
    if (p->inputs[i].type == OB_ANSWER_BOOL) value = *value ? "true" : "false";
    ob_buf_adds(out, value);
    return true;
  }
  return false;
}
