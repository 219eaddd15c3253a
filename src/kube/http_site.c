/* A site is a target of its own with nothing but a way and a trust, so that routes, proxies, TLS
 * and the sentences for failures are the ones of the API server. */
#include "base/str.h"
#include "kube/config_server.h"
#include "kube/http_priv.h"

static int read_ca(ob_http_site *s, const char *file, const char *text, ob_err *err) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  int rc = file ? ob_read_file(file, &b, err) : 0;
  if (rc) return rc;
  s->target->ca_file = ob_strdup_opt(file);
  s->tls = ob_calloc(1, sizeof *s->tls);
  *s->tls = (ob_tls_material){.refs = 1,
                              .ca = ob_strdup(file   ? ob_buf_str(&b)
                                              : text ? text
                                                     : ""),
                              .cert = ob_strdup(""),
                              .key = ob_strdup("")};
  return 0;
}

int ob_http_site_new(ob_http_site **ret, const char *url, const char *ca_file, const char *ca_pem,
                     const char *what, const char **ret_path, ob_err *err) {
  OB_AUTO(ob_kube_server) server = {0};
  const char *why = strstr(url, "://") ? ob_kube_server_parse(&server, url) : "no scheme";
  if (why) {
    ob_fail(err, OB_ECONFIG, "%s is no URL that can be asked: %s", what, why);
    return ob_hint(err, "it begins with https://");
  }
  ob_http_site *s = ob_calloc(1, sizeof *s);
  ob_kube_target *t = s->target = ob_calloc(1, sizeof *t);
  t->context = ob_strdup("");
  t->cluster = ob_strdup(what);
  t->user = ob_strdup("");
  t->ns = ob_strdup("");
  t->https = server.https;
  t->host = ob_take(server.host);
  t->port = server.port;
  t->server = ob_strdup(what);
  t->prefix = ob_strdup("");
  const char *after = strstr(url, "://") + 3;
  *ret_path = after + strcspn(after, "/");
  int rc = read_ca(s, ca_file, ca_pem, err);
  if (rc == 0) rc = ob_http_route_init(&s->route, t, err);
  if (rc) {
    ob_http_site_free(s);
    if (err) ob_err_within(err, "%s", what);
    return rc;
  }
  *ret = s;
  return 0;
}

void ob_http_site_free(ob_http_site *s) {
  if (!s) return;
  ob_http_route_done(&s->route);
  ob_tls_material_unref(s->tls);
  ob_kube_target_free(s->target);
  free(s);
}
