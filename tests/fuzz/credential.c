/* What a credential plugin prints: a credential that may go into a request, or a reason without
 * anything of what was printed. */
#include "base/str.h"
#include "fuzz.h"
#include "kube/exec.h"

/* No word of the answer that looks like a secret stands in the message. */
static void tells_nothing(const ob_err *err, const char *text, size_t n) {
  enum { WORD = 12 };
  for (size_t i = 0; i + WORD <= n; i++) {
    char word[WORD + 1] = {0};
    memcpy(word, text + i, WORD);
    if (strncmp(word, "SECRET", 6) == 0)
      FUZZ_HOLDS(!strstr(err->msg, word) && !strstr(err->hint, word));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  char command[] = "plugin", api[] = "client.authentication.k8s.io/v1";
  const ob_kube_exec x = {.command = command, .api_version = api};
  OB_AUTO(ob_exec_cred) cred = {0};
  ob_err err = {0};
  if (ob_exec_read(&cred, &x, (const char *)data, n, &err) < 0) {
    FUZZ_HOLDS(err.code == OB_EAUTH && !cred.token && !cred.key && !cred.cert);
    fuzz_told(&err);
    tells_nothing(&err, (const char *)data, n);
    return 0;
  }
  FUZZ_HOLDS(cred.token || cred.key);
  FUZZ_HOLDS(!cred.key == !cred.cert);
  for (const char *t = cred.token; t && *t; t++) FUZZ_HOLDS((unsigned char)*t >= ' ' && *t != 0x7f);
  return 0;
}
