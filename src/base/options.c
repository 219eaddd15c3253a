/* Reading the command line by the option table. A word is taken apart into an option and
 * perhaps a value; what the value means is decided in one place, take_value(). */
#include "base/options.h"
#include "base/str.h"

const ob_option ob_options[OB_OPT_COUNT] = {
#define OB_OPTION(ID, LETTER, NAME, KIND, ARG, COMMANDS, HELP)                                     \
  [OB_OPT_##ID] = {OB_OPT_##ID, LETTER, NAME, KIND, ARG, COMMANDS, HELP},
#include "base/options.def"
#undef OB_OPTION
};

enum { SUGGEST_DISTANCE = 2, HELP_COLUMNS = 80, HELP_INDENT = 2 };

typedef struct parser {
  ob_args *ret;
  unsigned command;
  int argc, at; /* at: the word being read */
  char *const *argv;
  ob_err *err;
} parser;

/* --- finding an option -------------------------------------------------------------- */

static const ob_option *by_name(unsigned command, const char *name, size_t n) {
  for (size_t i = 0; i < OB_OPT_COUNT; i++) {
    const ob_option *o = &ob_options[i];
    if ((o->commands & command) && strlen(o->name) == n && memcmp(o->name, name, n) == 0) return o;
  }
  return NULL;
}

static const ob_option *by_letter(unsigned command, char letter) {
  for (size_t i = 0; i < OB_OPT_COUNT; i++) {
    if ((ob_options[i].commands & command) && ob_options[i].letter == letter) return &ob_options[i];
  }
  return NULL;
}

static int unknown_name(const parser *p, const char *name, size_t n) {
  const ob_option *best = NULL;
  size_t least = SUGGEST_DISTANCE + 1;
  for (size_t i = 0; i < OB_OPT_COUNT; i++) {
    const ob_option *o = &ob_options[i];
    size_t len = strlen(o->name);
    if (!(o->commands & p->command)) continue;
    OB_AUTOFREE char *word = ob_strndup(name, n);
    size_t d = ob_str_distance(word, o->name);
    if (n >= 3 && len > n && memcmp(o->name, name, n) == 0) d = 1; /* a name cut short */
    if (d < least && d < n) best = o, least = d;
  }
  int r = ob_fail(p->err, OB_EUSAGE, "unknown option --%.*s", (int)n, name);
  if (by_name(OB_CMD_ALL, name, n)) {
    ob_fail(p->err, OB_EUSAGE, "option --%.*s does not belong to this command", (int)n, name);
  } else if (best) {
    ob_hint(p->err, "did you mean --%s?", best->name);
  }
  return r;
}

/* --- values ------------------------------------------------------------------------- */

static bool parse_bool(const char *s, bool *ret) {
  static const char *const words[] = {"false", "true", "False", "True", "FALSE", "TRUE",
                                      "f",     "t",    "F",     "T",    "0",     "1"};
  for (size_t i = 0; i < OB_LEN(words); i++) {
    if (ob_streq(s, words[i])) {
      *ret = i % 2;
      return true;
    }
  }
  return false;
}

static int take_value(const parser *p, const ob_option *o, const char *value) {
  ob_args *a = p->ret;
  a->given[o->id] = true;
  switch (o->kind) {
  case OB_FLAG:
    if (parse_bool(value, &a->flag[o->id])) return 0;
    return ob_fail(p->err, OB_EUSAGE, "option --%s takes true or false, not \"%s\"", o->name,
                   value);
  case OB_TEXT: a->text[o->id] = value; return 0;
  case OB_COUNT:
    if (ob_parse_int(value, 0, INT64_MAX, &a->count[o->id])) return 0;
    return ob_fail(p->err, OB_EUSAGE, "option --%s takes a whole number, not \"%s\"", o->name,
                   value);
  case OB_LIST:
    if (a->nlist[o->id] == OB_OPTION_LIST_MAX)
      return ob_fail(p->err, OB_EUSAGE, "option --%s is given more than %d times", o->name,
                     OB_OPTION_LIST_MAX);
    a->list[o->id][a->nlist[o->id]++] = value;
    a->text[o->id] = value;
    return 0;
  }
  return 0;
}

/* The next word as the value of `o`. */
static int take_next_word(parser *p, const ob_option *o) {
  if (p->at + 1 >= p->argc)
    return ob_fail(p->err, OB_EUSAGE, "option --%s needs a value (%s)", o->name, o->arg);
  return take_value(p, o, p->argv[++p->at]);
}

static int parse_long(parser *p, const char *name) {
  const char *equals = strchr(name, '=');
  size_t n = equals ? (size_t)(equals - name) : strlen(name);
  const ob_option *o = by_name(p->command, name, n);
  if (!o) return unknown_name(p, name, n);
  if (equals) return take_value(p, o, equals + 1);
  return o->kind == OB_FLAG ? take_value(p, o, "true") : take_next_word(p, o);
}

/* "-A", "-Aw", "-nfoo", "-n=foo", "-An foo": letters of flags, then perhaps one with a value. */
static int parse_letters(parser *p, const char *letters) {
  for (const char *c = letters; *c; c++) {
    const ob_option *o = by_letter(p->command, *c);
    if (!o) {
      if (c == letters || (unsigned char)*c >= 0x80 || (unsigned char)*c < 0x20)
        return ob_fail(p->err, OB_EUSAGE, "unknown option -%s", letters);
      return ob_fail(p->err, OB_EUSAGE, "unknown option -%c in -%s", *c, letters);
    }
    if (c[1] == '=') return take_value(p, o, c + 2);
    if (o->kind != OB_FLAG) return c[1] ? take_value(p, o, c + 1) : take_next_word(p, o);
    take_value(p, o, "true");
  }
  return 0;
}

int ob_args_parse(ob_args *ret, unsigned command, int argc, char *const argv[], ob_err *err) {
  *ret = (ob_args){0};
  parser p = {.ret = ret, .command = command, .argc = argc, .argv = argv, .err = err};
  bool only_operands = false;
  for (; p.at < argc; p.at++) {
    const char *word = argv[p.at];
    int r = 0;
    if (only_operands || word[0] != '-' || !word[1]) {
      if (ret->noperands == OB_OPERANDS_MAX)
        return ob_fail(err, OB_EUSAGE, "more than %d words at \"%s\"", OB_OPERANDS_MAX, word);
      ret->operands[ret->noperands++] = word;
    } else if (strcmp(word, "--") == 0) {
      only_operands = true;
    } else {
      r = word[1] == '-' ? parse_long(&p, word + 2) : parse_letters(&p, word + 1);
    }
    if (r < 0) return r;
  }
  return 0;
}

/* --- help --------------------------------------------------------------------------- */

/* "-n, --namespace NAMESPACE" */
static void add_synopsis(ob_buf *out, const ob_option *o) {
  if (o->letter) {
    ob_buf_addf(out, "-%c, ", o->letter);
  } else {
    ob_buf_fill(out, ' ', 4);
  }
  ob_buf_addf(out, "--%s", o->name);
  if (o->arg) ob_buf_addf(out, " %s", o->arg);
}

/* Words of `text` from `column` on, wrapped at HELP_COLUMNS. */
static void add_wrapped(ob_buf *out, const char *text, size_t column) {
  size_t at = column;
  for (bool first = true; *text; first = false) {
    size_t n = strcspn(text, " ");
    if (!first && at + 1 + n > HELP_COLUMNS) {
      ob_buf_addc(out, '\n');
      ob_buf_fill(out, ' ', column);
      at = column;
    } else if (!first) {
      ob_buf_addc(out, ' ');
      at++;
    }
    ob_buf_add(out, text, n);
    at += n;
    text += n;
    while (*text == ' ') text++;
  }
}

int ob_options_help(ob_buf *out, unsigned command) {
  OB_AUTO(ob_buf) left = OB_BUF_INIT(OB_LINE_MAX);
  size_t widest = 0;
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < OB_OPT_COUNT; i++) {
      if (!(ob_options[i].commands & command)) continue;
      ob_buf_reset(&left);
      add_synopsis(&left, &ob_options[i]);
      if (left.len > widest) widest = left.len;
      if (pass == 0) continue;
      ob_buf_fill(out, ' ', HELP_INDENT);
      ob_buf_adds(out, ob_buf_str(&left));
      ob_buf_fill(out, ' ', widest - left.len + 2);
      add_wrapped(out, ob_options[i].help, HELP_INDENT + widest + 2);
      ob_buf_addc(out, '\n');
    }
  }
  return out->failed ? -OB_ELIMIT : 0;
}
