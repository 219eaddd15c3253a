/* Writing refreshed tokens back, as kubectl does: an issuer may take a refresh token only once,
 * and the next program needs the new one.
 *
 * The old tokens are replaced in the file's text, so that comments, order and style stay. Whether
 * that worked is not assumed: the result is read again and must differ from the old document in
 * those two values and in nothing else. Otherwise the document is printed anew, which is what
 * kubectl always does. */
#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"
#include "kube/oidc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const ob_json *config_of(const ob_json *root, const char *user) {
  for (const ob_json *u = ob_json_first(ob_json_get(root, "users")); u; u = ob_json_next(u))
    if (ob_streq(ob_or(ob_json_get_str(u, "name"), ""), user))
      return ob_json_at(u, "user", "auth-provider", "config", NULL);
  return NULL;
}

static ob_json *config_of_mut(ob_json *root, const char *user) {
  return (ob_json *)(uintptr_t)config_of(root, user);
}

/* What the document shall become; NULL when the user is no longer an oidc user. */
static ob_json *wanted(const ob_json *root, const char *user, const char *id, const char *refresh) {
  ob_json *want = ob_json_dup(root), *config = config_of_mut(want, user);
  if (!ob_json_is(config, OB_JSON_OBJECT)) {
    ob_json_free(want);
    return NULL;
  }
  ob_json_put_str(config, "id-token", id);
  ob_json_put_str(config, "refresh-token", refresh);
  return want;
}

static void replace(ob_buf *out, const char *s, const char *old, const char *new) {
  size_t n = strlen(old);
  for (const char *at; n > 0 && (at = strstr(s, old)); s = at + n) {
    ob_buf_add(out, s, (size_t)(at - s));
    ob_buf_adds(out, new);
  }
  ob_buf_adds(out, s);
}

static bool becomes(const ob_buf *text, const ob_json *want) {
  if (text->failed) return false;
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(ob_buf_str(text), text->len, "", NULL);
  return doc && ob_json_equal(ob_yaml_root(doc), want);
}

/* The text with the tokens replaced; false when that would not say what is wanted. */
static bool edit(ob_buf *out, const ob_buf *text, const ob_json *config, const char *id,
                 const char *refresh, const ob_json *want) {
  const char *old_id = ob_json_get_str(config, "id-token");
  const char *old_refresh = ob_json_get_str(config, "refresh-token");
  if (text->len != strlen(ob_buf_str(text)) || !old_id) return false; /* UTF-16 */
  OB_AUTO(ob_buf) half = OB_BUF_INIT(OB_KUBECONFIG_MAX);
  replace(&half, ob_buf_str(text), old_id, id);
  replace(out, ob_buf_str(&half), refresh && old_refresh ? old_refresh : "",
          refresh ? refresh : "");
  if (half.ptr) explicit_bzero(half.ptr, half.cap);
  return becomes(out, want);
}

static int io(ob_err *err, const char *path, const char *what) {
  ob_fail(err, OB_EIO, "%s: the new tokens could not be stored: %s: %s", path, what,
          strerror(errno));
  return ob_hint(err, "this session goes on; the next login may have to be done by hand");
}

/* A new file beside the old one, with its rights, then in its place. */
static int put(const char *path, const ob_buf *text, ob_err *err) {
  OB_AUTOFREE char *real = realpath(path, NULL);
  if (!real) return io(err, path, "realpath");
  struct stat st;
  if (stat(real, &st) != 0) return io(err, path, "stat");
  OB_AUTOFREE char *temp = ob_asprintf("%s.outboard-XXXXXX", real);
  OB_AUTOFD int fd = mkostemp(temp, O_CLOEXEC);
  if (fd < 0) return io(err, path, "a file beside it");
  bool ok = fchmod(fd, st.st_mode & 07777) == 0;
  for (size_t done = 0; ok && done < text->len;) {
    ssize_t n = write(fd, text->ptr + done, text->len - done);
    if (n < 0 && errno == EINTR) continue;
    ok = n > 0;
    if (ok) done += (size_t)n;
  }
  ok = ok && fsync(fd) == 0 && rename(temp, real) == 0;
  if (ok) return 0;
  int rc = io(err, path, "write");
  unlink(temp);
  return rc;
}

static int store(const char *path, const char *user, const char *id, const char *refresh,
                 ob_buf *text, ob_buf *out, ob_err *err) {
  int rc = ob_read_file(path, text, err);
  if (rc) return rc;
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(ob_buf_str(text), text->len, path, err);
  if (!doc) return -(int)OB_ECONFIG;
  const ob_json *root = ob_yaml_root(doc);
  OB_AUTOPTR(ob_json) want = wanted(root, user, id, refresh);
  if (!want) return 0; /* somebody changed the user meanwhile: kubectl leaves it, too */
  if (!edit(out, text, config_of(root, user), id, refresh, want)) {
    ob_buf_reset(out);
    rc = ob_yaml_print(out, want, false);
  }
  return rc ? rc : put(path, out, err);
}

int ob_oidc_store(const char *path, const char *user, const char *id_token, const char *refresh,
                  ob_err *err) {
  OB_AUTOFREE char *lock = ob_asprintf("%s.lock", path);
  OB_AUTOFD int fd = open(lock, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return io(err, path, lock);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_KUBECONFIG_MAX);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_KUBECONFIG_MAX);
  int rc = store(path, user, id_token, refresh, &text, &out, err);
  if (text.ptr) explicit_bzero(text.ptr, text.cap);
  if (out.ptr) explicit_bzero(out.ptr, out.cap);
  unlink(lock);
  return rc;
}
