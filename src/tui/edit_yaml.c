/* See edit_yaml.h. The editor is $KUBE_EDITOR, else $EDITOR, else vi, its words split at blanks:
 * never a shell. */
#include "tui/edit_yaml.h"

#include "base/str.h"
#include "base/yaml.h"
#include "tui/child.h"
#include "tui/screen.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { WORDS_MAX = 16 };

static const char head[] =
    "# Edit the object; lines that begin with '#' are ignored. It is looked at by the server and\n"
    "# shown to you before anything is changed. An unchanged file changes nothing.\n";

static const char *const hidden[] = {"uid",           "resourceVersion",   "generation",
                                     "managedFields", "creationTimestamp", "selfLink"};

static void print_object(ob_buf *out, const ob_json *object) {
  OB_AUTOPTR(ob_json) copy = ob_json_dup(object);
  ob_json_remove(copy, "status");
  ob_json *meta = ob_json_get_mut(copy, "metadata");
  for (size_t i = 0; meta && i < OB_LEN(hidden); i++) ob_json_remove(meta, hidden[i]);
  ob_yaml_print(out, copy, false);
}

static int write_file(const char *path, int fd, const ob_buf *text, ob_err *err) {
  for (size_t done = 0; done < text->len;) {
    ssize_t n = write(fd, text->ptr + done, text->len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return ob_fail(err, OB_EIO, "%s: %s", path, strerror(errno));
    done += (size_t)n;
  }
  return 0;
}

/* The editor on one file; what it left there. */
static int run_editor(ob_tui *s, const char *path, ob_buf *ret, ob_err *err) {
  const char *editor = ob_or(getenv("KUBE_EDITOR"), ob_or(getenv("EDITOR"), "vi"));
  OB_AUTOFREE char *words = ob_strdup(editor);
  char *argv[WORDS_MAX + 2];
  size_t n = 0;
  for (char *at = words; n < WORDS_MAX;) {
    at += strspn(at, " \t");
    if (!*at) break;
    argv[n++] = at;
    at += strcspn(at, " \t");
    if (*at) *at++ = '\0';
  }
  argv[n++] = (char *)(uintptr_t)path;
  argv[n] = NULL;
  int status = 0;
  const ob_child child = {.argv = {argv}, .n = 1, .fd = -1};
  int rc = ob_child_run(s->term, &child, &status, err);
  if (rc < 0) return ob_hint(err, "$EDITOR names a program that edits a file");
  if (status) return ob_fail(err, OB_EIO, "%s ended with an error: nothing is changed", argv[0]);
  return ob_read_file(path, ret, err);
}

static void comment(ob_buf *out, const char *lines) {
  for (const char *at = lines; at && *at;) {
    size_t n = strcspn(at, "\n");
    ob_buf_adds(out, "# ! ");
    ob_buf_add(out, at, n);
    ob_buf_addc(out, '\n');
    at += n + (at[n] == '\n');
  }
}

/* Behind the comments of the top. */
static const char *body_of(const char *text) {
  while (*text == '#') {
    text += strcspn(text, "\n");
    if (*text) text++;
  }
  return text;
}

/* One round: 0 good, 1 unchanged, 2 not readable (*io_errors says why), negative: an end. */
static int round_trip(ob_tui *s, char **io_typed, char **io_errors, ob_json **ret_wanted,
                      ob_err *err) {
  const char *dir = ob_or(getenv("XDG_RUNTIME_DIR"), "/tmp");
  OB_AUTOFREE char *path = ob_asprintf("%s/outboard-XXXXXX.yaml", dir);
  int fd = mkstemps(path, (int)strlen(".yaml"));
  if (fd < 0) return ob_fail(err, OB_EIO, "%s: %s", path, strerror(errno));
  OB_AUTO(ob_buf) before = OB_BUF_INIT(OB_PLAN_MAX);
  OB_AUTO(ob_buf) after = OB_BUF_INIT(OB_PLAN_MAX);
  ob_buf_adds(&before, head);
  comment(&before, *io_errors);
  ob_buf_adds(&before, *io_typed);
  int rc = write_file(path, fd, &before, err);
  close(fd);
  if (rc == 0) rc = run_editor(s, path, &after, err);
  if (rc == 0 && ob_streq(ob_buf_str(&before), ob_buf_str(&after))) rc = 1;
  const char *body = body_of(ob_buf_str(&after));
  if (rc == 0 && body[strspn(body, " \t\r\n")] == '\0') rc = 1;
  if (rc == 0) {
    free(*io_typed);
    *io_typed = ob_strdup(body);
    ob_err bad = {0};
    OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(body, strlen(body), "the object", &bad);
    if (doc && ob_json_is(ob_yaml_root(doc), OB_JSON_OBJECT)) {
      *ret_wanted = ob_json_dup(ob_yaml_root(doc));
    } else {
      free(*io_errors);
      *io_errors = ob_strdup(doc ? "this is no object" : bad.msg);
      rc = 2;
    }
  }
  if (rc < 0 && after.len)
    ob_hint(err, "what was typed is in %s", path);
  else
    (void)unlink(path);
  return rc;
}

int ob_yaml_edit(ob_tui *s, const ob_json *object, const char *typed, const char *errors,
                 ob_json **ret_wanted, char **ret_typed, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  if (!typed) print_object(&text, object);
  *ret_typed = ob_strdup(typed ? typed : ob_buf_str(&text));
  *ret_wanted = NULL;
  char *why = ob_strdup_opt(errors);
  int rc = 2;
  for (int i = 0; rc == 2 && i < OB_EDIT_ROUNDS; i++)
    rc = round_trip(s, ret_typed, &why, ret_wanted, err);
  free(why);
  return rc;
}
