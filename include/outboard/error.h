/* Errors are values.
 *
 * Purpose   One small struct that says what went wrong (`code`, `http`), in words
 *           for a person (`msg`), and what that person can do (`hint`).
 * Ownership The struct owns nothing; copy it freely.
 * Thread    ANY. No function here touches shared state.
 * Limits    `msg` and `hint` are cut at their array sizes, on a UTF-8 boundary.
 *
 * `msg` and `hint` may quote outside text (a server's Status, a file's content).
 * A front end passes them through ob_text_safe() before they reach a terminal.
 */
#ifndef OUTBOARD_ERROR_H
#define OUTBOARD_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

typedef enum ob_code {
  OB_OK = 0,
  OB_EUSAGE,       /* the caller's or the person's words make no sense; exit 2 */
  OB_ECONFIG,      /* a file (kubeconfig, theme, settings) is bad */
  OB_EIO,          /* the operating system refused a file or a descriptor */
  OB_ENET,         /* no connection: DNS, refused, reset, cut */
  OB_ETLS,         /* the connection is there, the trust is not */
  OB_EAUTH,        /* 401 */
  OB_EFORBIDDEN,   /* 403 */
  OB_ENOTFOUND,    /* 404, or no such object */
  OB_ECONFLICT,    /* 409 */
  OB_EGONE,        /* 410, resourceVersion too old */
  OB_EINVALID,     /* 400, 415, 422: the server understood and refused */
  OB_ETOOMANY,     /* 429 */
  OB_ESERVER,      /* 5xx */
  OB_EPROTO,       /* bytes that are not what the protocol promises */
  OB_ELIMIT,       /* a named limit was reached */
  OB_ETIMEOUT,     /* nothing came in time */
  OB_EUNSUPPORTED, /* understood, and outboard does not do it */
  OB_ECANCELED,    /* somebody asked for it to stop */
} ob_code;

typedef struct ob_err {
  ob_code code;
  int http; /* status of the response that carried it, 0 when there was none */
  char msg[512];
  char hint[256];
} ob_err;

/* Fill `err` (may be NULL) and return -(int)code, so that callers write
 * `return ob_fail(err, OB_ENET, "connect to %s: %s", host, why);`. Clears the hint. */
int ob_fail(ob_err *err, ob_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int ob_vfail(ob_err *err, ob_code code, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

/* Set what the person can do about it. Returns -(int)err->code, or -OB_EINVALID when err is
 * NULL: never 0. */
int ob_hint(ob_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put "CONTEXT: " before the message. Returns -(int)err->code. */
int ob_err_within(ob_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void ob_err_clear(ob_err *err);

/* Stable lower-case word for a code ("forbidden"), for logs and JSON. */
const char *ob_code_name(ob_code code);

#endif
