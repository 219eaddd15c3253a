/* A file is read whole and run by line numbers: a block is run by calling itself on the lines
 * between its head and its `end`. */
#include "script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  NAME_BYTES = 32,
  VALUE_BYTES = 512,
  VARIABLES = 64,
  LINE_BYTES = 16384,
  LINES = 2000,
  DEPTH = 8
};

struct script {
  struct {
    char name[NAME_BYTES], value[VALUE_BYTES];
  } at[VARIABLES];
  int n, depth;
  bool (*word)(void *user, char **w, int n);
  void *user;
};

typedef struct text { /* one file */
  script *s;
  const char *path;
  char *lines[LINES];
  int n;
} text;

script *script_new(void) {
  return calloc(1, sizeof(script));
}
void script_free(script *s) {
  free(s);
}

void script_set(script *s, const char *name, const char *value) {
  int i = 0;
  while (i < s->n && strcmp(s->at[i].name, name) != 0) i++;
  if (i == VARIABLES) return;
  if (i == s->n) s->n++;
  snprintf(s->at[i].name, NAME_BYTES, "%s", name);
  snprintf(s->at[i].value, VALUE_BYTES, "%s", value);
}

static const char *variable(const script *s, const char *name, size_t n) {
  for (int i = 0; i < s->n; i++)
    if (strlen(s->at[i].name) == n && memcmp(s->at[i].name, name, n) == 0) return s->at[i].value;
  return NULL;
}

static void expand(const script *s, const char *line, char *out, size_t max) {
  size_t k = 0;
  while (*line && k + VALUE_BYTES < max) {
    size_t n = *line == '$' ? strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") : 0;
    const char *v = n ? variable(s, line + 1, n) : NULL;
    if (v) {
      k += (size_t)snprintf(out + k, max - k, "%s", v);
      line += 1 + n;
    } else {
      out[k++] = *line++;
    }
  }
  out[k] = '\0';
}

static char escaped(const char **io_s) {
  char c = *(*io_s)++;
  if (c == 'x') {
    char hex[3] = {(*io_s)[0], (*io_s)[1], 0};
    *io_s += 2;
    return (char)strtol(hex, NULL, 16);
  }
  return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'e' ? '\033' : c;
}

static int split(const char *s, char *out, char **w) {
  int n = 0;
  while (*s && n < SCRIPT_WORDS) {
    while (isspace((unsigned char)*s)) s++;
    if (!*s || *s == '#') break;
    w[n++] = out;
    char quote = 0;
    while (*s && (quote || !isspace((unsigned char)*s))) {
      if ((*s == '"' || *s == '\'') && (!quote || quote == *s)) {
        quote = quote ? 0 : *s;
        s++;
      } else if (*s == '\\' && quote == '"') {
        s++;
        *out++ = escaped(&s);
      } else {
        *out++ = *s++;
      }
    }
    *out++ = '\0';
  }
  w[n] = NULL;
  return n;
}

/* --- blocks ------------------------------------------------------------------------------- */
static bool wrong(const text *t, int line, const char *why) {
  printf("%s:%d: %s\n", t->path, line + 1, why);
  return false;
}

static bool starts_with_word(const char *line, const char *word) {
  line += strspn(line, " \t");
  size_t n = strlen(word);
  return strncmp(line, word, n) == 0 && (isspace((unsigned char)line[n]) || !line[n]);
}

/* The line of the `end` that belongs to the block at `line`; t->n when there is none. */
static int end_of(const text *t, int line) {
  int depth = 0;
  for (; line < t->n; line++) {
    depth += starts_with_word(t->lines[line], "for") || starts_with_word(t->lines[line], "when");
    depth -= starts_with_word(t->lines[line], "end");
    if (depth == 0) return line;
  }
  return line;
}

static bool run(text *t, int from, int to);

static bool run_for(text *t, int line, int end, char **w, int n) {
  int names = 1;
  while (names < n && strcmp(w[names], "in") != 0) names++;
  int values = n - names - 1, each = names - 1;
  if (each < 1 || values < 1 || values % each != 0)
    return wrong(t, line, "for NAME… in VALUE…: the values are no multiple of the names");
  for (int at = names + 1; at < n; at += each) {
    for (int i = 0; i < each; i++) script_set(t->s, w[1 + i], w[at + i]);
    if (run(t, line + 1, end)) continue;
    printf("  with");
    for (int i = 0; i < each; i++) printf(" %s=\"%s\"", w[1 + i], w[at + i]);
    printf("\n");
    return false;
  }
  return true;
}

static bool run_when(text *t, int line, int end, char **w, int n) {
  bool is = n > 2 && strcmp(w[2], "is") == 0, isnt = n > 2 && strcmp(w[2], "isnt") == 0,
       one = false;
  if (!is && !isnt) return wrong(t, line, "when VALUE is|isnt VALUE…");
  for (int i = 3; i < n; i++) one |= strcmp(w[1], w[i]) == 0;
  return one != is || run(t, line + 1, end);
}

static bool run_file(script *s, const char *path);

static bool include(text *t, const char *name) {
  char path[1024];
  const char *slash = strrchr(t->path, '/');
  snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - t->path + 1) : 0, t->path, name);
  return run_file(t->s, path);
}

static bool run_line(text *t, int *io_line, int to) {
  char *line = malloc(LINE_BYTES), *bytes = malloc(LINE_BYTES * 2), *w[SCRIPT_WORDS + 1];
  int at = *io_line, end = at;
  expand(t->s, t->lines[at], line, LINE_BYTES);
  int n = split(line, bytes, w);
  bool ok = true;
  if (n > 0 && (strcmp(w[0], "for") == 0 || strcmp(w[0], "when") == 0)) {
    end = end_of(t, at);
    if (end >= to)
      ok = wrong(t, at, "this block has no end");
    else
      ok = (*w[0] == 'f' ? run_for : run_when)(t, at, end, w, n);
  } else if (n == 3 && strcmp(w[0], "set") == 0) {
    script_set(t->s, w[1], w[2]);
  } else if (n == 2 && strcmp(w[0], "include") == 0) {
    ok = include(t, w[1]);
  } else if (n > 0) {
    ok = t->s->word(t->s->user, w, n);
    if (!ok) printf("FAILED %s:%d: %s\n", t->path, at + 1, line);
  }
  free(line);
  free(bytes);
  *io_line = end + 1;
  return ok;
}

static bool run(text *t, int from, int to) {
  while (from < to)
    if (!run_line(t, &from, to)) return false;
  return true;
}

static bool run_file(script *s, const char *path) {
  text t = {.s = s, .path = path};
  FILE *f = s->depth < DEPTH ? fopen(path, "r") : NULL;
  if (!f) return wrong(&t, 0, s->depth < DEPTH ? "cannot be read" : "included too deep");
  char line[LINE_BYTES];
  while (t.n < LINES && fgets(line, sizeof line, f)) {
    line[strcspn(line, "\n")] = '\0';
    t.lines[t.n++] = strdup(line);
  }
  fclose(f);
  s->depth++;
  bool ok = run(&t, 0, t.n);
  s->depth--;
  for (int i = 0; i < t.n; i++) free(t.lines[i]);
  return ok;
}

bool script_run(script *s, const char *path, bool (*word)(void *user, char **w, int n),
                void *user) {
  s->word = word;
  s->user = user;
  return run_file(s, path);
}
