/* Error answers: Status, text, HTML, anything. The first two bytes are the HTTP status. */
#include "kube/status.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  int http = 100 + (int)((fuzz_byte(&in) << 8 | fuzz_byte(&in)) % 500);
  const char *body = (const char *)in.at;
  ob_err err = {0};
  OB_AUTO(ob_status) s = {0};
  if (ob_status_parse(&s, body, in.left)) {
    FUZZ_HOLDS(s.ncauses <= OB_STATUS_CAUSES && s.retry_after_s >= -1 && s.reason && s.message);
    int rc = ob_status_err(&s, 0, NULL, NULL, &err);
    FUZZ_HOLDS(rc == -(int)err.code);
    fuzz_told(&err);
  }
  int rc = ob_status_to_err(body, in.left, http, "GET", "/api/v1/namespaces/n/services", &err);
  FUZZ_HOLDS(rc == -(int)err.code);
  fuzz_told(&err);
  return 0;
}
