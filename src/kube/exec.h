/* Exec credential plugins: what is told to the plugin, and what it answers.
 *
 * The plugin gets our environment, its own `env` over it, and KUBERNETES_EXEC_INFO; nothing else
 * of ours. It answers on stdout with an ExecCredential of the same apiVersion.
 *
 * Ownership ob_exec_cred_done() wipes and frees.
 * Thread    WATCHER.
 * Limits    OB_EXEC_OUT_MAX bytes of answer, the last OB_EXEC_ERR_MAX of what it says on stderr.
 * Secrets   No message holds anything of stdout. What the plugin says on stderr is quoted as it
 *           is: hostile text.
 * Source    k8s.io/client-go plugin/pkg/client/auth/exec, client.authentication.k8s.io v1, v1beta1.
 */
#ifndef OB_KUBE_EXEC_H
#define OB_KUBE_EXEC_H

#include "base/process.h"
#include "kube/config.h"
#include <stdint.h>

enum { OB_EXEC_OUT_MAX = 1024 * 1024, OB_EXEC_ERR_MAX = 2048 };

/* A token, a certificate with its key, or both; NULL absent. */
typedef struct ob_exec_cred {
  char *token, *cert, *key;
  int64_t expires_ms; /* Unix ms; 0: until the server says no */
} ob_exec_cred;
void ob_exec_cred_done(ob_exec_cred *c);
OB_AUTO_DEFINE(ob_exec_cred, ob_exec_cred_done)

/* `terminal`: the plugin gets our stdin and stderr, and is told so. -OB_EAUTH when it cannot be
 * run; the hint is its installHint. */
int ob_exec_start(ob_process **ret, const ob_kube_exec *x, bool terminal, ob_err *err);
/* Of a child that has ended. -OB_EAUTH says what was wrong with its answer. */
int ob_exec_take(ob_exec_cred *ret, const ob_kube_exec *x, const ob_process *c, ob_err *err);
/* The same of what a plugin printed. */
int ob_exec_read(ob_exec_cred *ret, const ob_kube_exec *x, const char *bytes, size_t n,
                 ob_err *err);

/* The last line with something in it of what a plugin said on stderr so far; "" none. */
void ob_exec_last_words(ob_buf *out, const ob_process *c);

#endif
