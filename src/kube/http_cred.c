/* The credential has a generation. A request remembers the one it was sent with; a 401 asks for
 * a newer one, and only the first of many concurrent 401s finds it necessary to read files:
 * afterwards the generation differs, or the reading was a moment ago and brought nothing.
 * TLS files are compared by stat before each request and from time to time (http.c), so a rotated
 * CA or certificate is used by the next connection; libcurl tells connections apart by content. */
#include "base/str.h"
#include "kube/http_priv.h"
#include <ctype.h>

ob_tls_material *ob_tls_material_ref(ob_tls_material *m) {
  m->refs++;
  return m;
}

void ob_tls_material_unref(ob_tls_material *m) {
  if (!m || --m->refs > 0) return;
  free(m->ca);
  free(m->cert);
  ob_secret_free(m->key);
  free(m);
}

static ob_file_mark mark_of(const char *path) {
  struct stat st;
  if (!path || stat(path, &st) != 0) return (ob_file_mark){0};
  return (ob_file_mark){.mtime = st.st_mtim, .size = st.st_size, .inode = st.st_ino};
}

static bool same_mark(ob_file_mark a, ob_file_mark b) {
  return a.mtime.tv_sec == b.mtime.tv_sec && a.mtime.tv_nsec == b.mtime.tv_nsec &&
         a.size == b.size && a.inode == b.inode;
}

static char *read_text(const char *path, ob_err *err) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  char *out = NULL;
  if (ob_read_file(path, &b, err) == 0) out = ob_strdup(ob_buf_str(&b));
  if (b.ptr) explicit_bzero(b.ptr, b.cap);
  return out;
}

/* From the file, else the text in memory, else "". NULL: the file cannot be read. */
static char *pem(const char *file, const char *text, ob_err *err) {
  return file ? read_text(file, err) : ob_strdup(text ? text : "");
}

/* New material, or NULL with *err. A pair is taken as a whole: a key without PEM means that
 * somebody is just writing it. */
static ob_tls_material *read_material(ob_creds *c, ob_err *err) {
  const ob_kube_target *t = c->target;
  ob_tls_material *m = ob_calloc(1, sizeof *m);
  m->refs = 1;
  c->ca_mark = mark_of(t->ca_file);
  c->cert_mark = mark_of(t->cert_file);
  c->key_mark = mark_of(t->key_file);
  m->ca = pem(t->ca_file, t->ca_pem, err);
  if (m->ca && c->pair_is_given) {
    m->cert = ob_strdup(c->tls->cert);
    m->key = ob_strdup(c->tls->key);
  } else if (m->ca) {
    m->cert = pem(t->cert_file, t->cert_pem, err);
    if (m->cert) m->key = pem(t->key_file, t->key_pem, err);
  }
  if (m->key) return m;
  ob_tls_material_unref(m);
  return NULL;
}

/* True when the certificate or key changed. */
static bool reload_material(ob_creds *c) {
  ob_tls_material *m = read_material(c, NULL);
  if (!m) return false;
  bool pair = !ob_streq(m->cert, c->tls->cert) || !ob_streq(m->key, c->tls->key);
  bool whole = (!*m->cert || strstr(m->cert, "-----END ")) &&
               (!*m->key || strstr(m->key, "-----END ")) &&
               (!c->target->ca_file || strstr(m->ca, "-----END "));
  if (!whole || (!pair && ob_streq(m->ca, c->tls->ca))) {
    ob_tls_material_unref(m);
    return false;
  }
  ob_tls_material_unref(c->tls);
  c->tls = m;
  c->tls_changes++;
  if (pair) c->generation++;
  return pair;
}

void ob_creds_adopt(ob_creds *c, const char *token, const char *cert, const char *key) {
  if (!ob_streq(token, c->token)) {
    ob_secret_free(c->token);
    c->token = ob_strdup_opt(token);
  }
  c->generation++;
  if (ob_streq(cert ? cert : "", c->tls->cert) && ob_streq(key ? key : "", c->tls->key)) return;
  ob_tls_material *m = ob_calloc(1, sizeof *m);
  *m = (ob_tls_material){.refs = 1,
                         .ca = ob_strdup(c->tls->ca),
                         .cert = ob_strdup(cert ? cert : ""),
                         .key = ob_strdup(key ? key : "")};
  ob_tls_material_unref(c->tls);
  c->tls = m;
  c->pair_is_given = true;
  c->tls_changes++;
}

/* True when the token changed. */
static bool reload_token(ob_creds *c) {
  c->token_read_ms = ob_mono_ms();
  char *text = read_text(c->target->token_file, NULL);
  if (!text) return false;
  char *s = text;
  while (isspace((unsigned char)*s)) s++;
  size_t n = strlen(s);
  while (n > 0 && isspace((unsigned char)s[n - 1])) n--;
  bool usable = n > 0;
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)s[i] < ' ' || s[i] == 0x7f) usable = false;
  s[n] = '\0';
  bool changed = usable && !ob_streq(s, c->token);
  if (changed) {
    ob_secret_free(c->token);
    c->token = ob_strdup(s);
    c->generation++;
  }
  explicit_bzero(s, n);
  ob_secret_free(text);
  return changed;
}

int ob_creds_init(ob_creds *c, const ob_kube_target *target, const ob_timing *timing, ob_err *err) {
  *c = (ob_creds){.target = target,
                  .timing = timing,
                  .token = ob_strdup_opt(target->token),
                  .token_read_ms = ob_mono_ms(),
                  .refresh_ms = -1};
  c->tls = read_material(c, err);
  if (c->tls) return 0;
  ob_creds_done(c);
  if (err) err->code = OB_ECONFIG;
  return -(int)OB_ECONFIG;
}

void ob_creds_done(ob_creds *c) {
  ob_tls_material_unref(c->tls);
  ob_secret_free(c->token);
  c->tls = NULL;
  c->token = NULL;
}

void ob_creds_tick(ob_creds *c) {
  const ob_kube_target *t = c->target;
  if (t->token_file && ob_mono_ms() - c->token_read_ms >= c->timing->token_file_ms)
    (void)reload_token(c);
  if (!same_mark(c->ca_mark, mark_of(t->ca_file)) ||
      !same_mark(c->cert_mark, mark_of(t->cert_file)) ||
      !same_mark(c->key_mark, mark_of(t->key_file)))
    (void)reload_material(c);
}

bool ob_creds_refresh(ob_creds *c, unsigned generation) {
  if (c->generation != generation) return true;
  int64_t now = ob_mono_ms();
  if (c->refresh_ms >= 0 && now - c->refresh_ms < c->timing->backoff_first_ms) return false;
  c->refresh_ms = now;
  bool token = c->target->token_file && reload_token(c);
  bool pair = c->target->cert_file && reload_material(c);
  return token || pair;
}

void ob_header_key_escape(ob_buf *out, const char *key) {
  static const char legal[] =
      "!#$&'*+-.^_`|~"; /* with letters and digits: RFC 9110 tokens less % */
  for (; *key; key++) {
    unsigned char b = (unsigned char)*key;
    if ((b < 0x80 && isalnum(b)) || strchr(legal, b))
      ob_buf_addc(out, (char)b);
    else
      ob_buf_addf(out, "%%%02X", b);
  }
}

typedef struct header_sink {
  void (*add)(void *arg, const char *line);
  void *arg;
  ob_buf line;
} header_sink;

/* libcurl takes "Name: value", and "Name;" for an empty value. */
static void header(header_sink *s, const char *name, const char *value) {
  ob_buf_reset(&s->line);
  ob_buf_addf(&s->line, *value ? "%s: %s" : "%s;", name, value);
  if (!s->line.failed) s->add(s->arg, ob_buf_str(&s->line));
}

static void basic(header_sink *s, const char *username, const char *password) {
  OB_AUTO(ob_buf) plain = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) value = OB_BUF_INIT(2 * OB_LINE_MAX);
  ob_buf_addf(&plain, "%s:%s", username, password ? password : "");
  ob_buf_adds(&value, "Basic ");
  ob_base64_encode(&value, ob_buf_str(&plain), plain.len);
  header(s, "Authorization", ob_buf_str(&value));
  if (plain.ptr) explicit_bzero(plain.ptr, plain.cap);
  if (value.ptr) explicit_bzero(value.ptr, value.cap);
}

void ob_creds_headers(const ob_creds *c, void (*add)(void *arg, const char *line), void *arg) {
  const ob_kube_target *t = c->target;
  header_sink s = {.add = add, .arg = arg, .line = OB_BUF_INIT(OB_KUBE_FILE_MAX + OB_LINE_MAX)};
  if (t->https && c->token && *c->token) {
    OB_AUTOFREE char *value = ob_asprintf("Bearer %s", c->token);
    header(&s, "Authorization", value);
    explicit_bzero(value, strlen(value));
  } else if (t->https && t->username) {
    basic(&s, t->username, t->password);
  }
  if (t->as) header(&s, "Impersonate-User", t->as);
  if (t->as_uid) header(&s, "Impersonate-Uid", t->as_uid);
  for (size_t i = 0; i < t->nas_groups; i++) header(&s, "Impersonate-Group", t->as_groups[i]);
  for (size_t i = 0; i < t->nas_extra; i++) {
    OB_AUTO(ob_buf) name = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_adds(&name, "Impersonate-Extra-");
    ob_header_key_escape(&name, t->as_extra[i].key);
    header(&s, ob_buf_str(&name), t->as_extra[i].value);
  }
  if (s.line.ptr) explicit_bzero(s.line.ptr, s.line.cap);
  ob_buf_done(&s.line);
}
