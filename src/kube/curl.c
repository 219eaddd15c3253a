/* Small things of libcurl that both of its users need. */
#include "kube/curl.h"

#include <string.h>

CURLM *ob_curl_multi_new(void) {
  CURLM *m = curl_multi_init();
  if (m) curl_multi_setopt(m, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  return m;
}

void ob_curl_slist_wipe(struct curl_slist *l) {
  for (struct curl_slist *i = l; i; i = i->next) explicit_bzero(i->data, strlen(i->data));
  curl_slist_free_all(l);
}

ob_http_why ob_curl_why(CURLcode rc) {
  switch (rc) {
  case CURLE_COULDNT_RESOLVE_HOST: return OB_WHY_DNS;
  case CURLE_COULDNT_RESOLVE_PROXY: return OB_WHY_PROXY_DNS;
  case CURLE_COULDNT_CONNECT: return OB_WHY_CONNECT;
  case CURLE_OPERATION_TIMEDOUT: return OB_WHY_CONNECT_TIME;
  case CURLE_PROXY: return OB_WHY_PROXY;
  case CURLE_SSL_CONNECT_ERROR: return OB_WHY_TLS;
  case CURLE_PEER_FAILED_VERIFICATION: return OB_WHY_VERIFY;
  case CURLE_SSL_CACERT_BADFILE: return OB_WHY_CA;
  case CURLE_SSL_CERTPROBLEM: return OB_WHY_CERT;
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_WEIRD_SERVER_REPLY: return OB_WHY_NOT_HTTP;
  case CURLE_WRITE_ERROR: /* not by us: bytes behind the end of the gzip member */
  case CURLE_BAD_CONTENT_ENCODING: return OB_WHY_ENCODING;
  case CURLE_URL_MALFORMAT: return OB_WHY_URL;
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_PARTIAL_FILE:
  case CURLE_GOT_NOTHING:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM: return OB_WHY_CUT;
  default: return OB_WHY_OTHER;
  }
}
