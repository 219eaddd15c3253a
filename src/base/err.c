/* Errors as values (outboard/error.h). Every text is formatted into a scratch array first:
 * callers quote err->msg in the new message of the same err. */
#include "base/faults.h"
#include "outboard/error.h"
#include <stdio.h>
#include <string.h>

/* Copy s, cut at a whole code point. */
static void set_text(char *dst, size_t cap, const char *s) {
  size_t n = strlen(s);
  if (n >= cap) {
    n = cap - 1;
    while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80) n--;
  }
  memcpy(dst, s, n);
  dst[n] = '\0';
}

int ob_vfail(ob_err *err, ob_code code, const char *fmt, va_list ap) {
  if (!err) return -(int)code;
  /* Longer than msg, so that the cut is made in one place. */
  char text[sizeof err->msg + 8];
  if (vsnprintf(text, sizeof text, fmt, ap) < 0) text[0] = '\0';
  err->code = code;
  err->http = 0;
  err->hint[0] = '\0';
  set_text(err->msg, sizeof err->msg, text);
  return -(int)code;
}

int ob_fail(ob_err *err, ob_code code, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  int r = ob_vfail(err, code, fmt, ap);
  va_end(ap);
  return r;
}

/* Without an err the code is unknown, yet `return ob_hint(…)` must not look like success. */
static int code_of(const ob_err *err) {
  return err ? -(int)err->code : -(int)OB_EINVALID;
}

int ob_hint(ob_err *err, const char *fmt, ...) {
  if (err) {
    char text[sizeof err->hint + 8];
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(text, sizeof text, fmt, ap) < 0) text[0] = '\0';
    va_end(ap);
    set_text(err->hint, sizeof err->hint, text);
  }
  return code_of(err);
}

int ob_err_within(ob_err *err, const char *fmt, ...) {
  if (err) {
    char text[2 * sizeof err->msg + 8];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof err->msg, fmt, ap);
    va_end(ap);
    size_t at = n < 0 ? 0 : (size_t)n;
    if (at >= sizeof err->msg) at = sizeof err->msg - 1;
    snprintf(text + at, sizeof text - at, ": %s", err->msg);
    set_text(err->msg, sizeof err->msg, text);
  }
  return code_of(err);
}

void ob_err_clear(ob_err *err) {
  if (err) *err = (ob_err){0};
}

const char *ob_code_name(ob_code code) {
  switch (code) {
  case OB_OK: return "ok";
  case OB_EUSAGE: return "usage";
  case OB_ECONFIG: return "config";
  case OB_EIO: return "io";
  case OB_ENET: return "network";
  case OB_ETLS: return "tls";
  case OB_EAUTH: return "unauthorized";
  case OB_EFORBIDDEN: return "forbidden";
  case OB_ENOTFOUND: return "not-found";
  case OB_ECONFLICT: return "conflict";
  case OB_EGONE: return "gone";
  case OB_EINVALID: return "invalid";
  case OB_ETOOMANY: return "too-many-requests";
  case OB_ESERVER: return "server-error";
  case OB_EPROTO: return "protocol";
  case OB_ELIMIT: return "limit";
  case OB_ETIMEOUT: return "timeout";
  case OB_EUNSUPPORTED: return "unsupported";
  case OB_ECANCELED: return "canceled";
  }
  return "unknown";
}

int ob_fault_keep(ob_faults *io, int rc, const ob_err *err) {
  if (rc >= 0 || !io) return rc;
  ob_err more;
  ob_fail(&more, OB_ELIMIT, "more than %d faults: the others are not listed", (int)OB_FAULTS_MAX);
  size_t n = io->all.len;
  if (n <= OB_FAULTS_MAX) ob_vec_push(&io->all, n < OB_FAULTS_MAX ? *err : more);
  return 0;
}

void ob_faults_done(ob_faults *f) {
  ob_vec_done(&f->all);
}
