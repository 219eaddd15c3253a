/* Links that break only with a server of the test's own: silence, time, other tongues, strange
 * answers. The rest is tests/cli/doctor.sh. */
#include "unit/kube/server.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/doctor.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static char *quoted_pem(const char *pem) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_base64_encode(&b, pem, strlen(pem));
  return ob_buf_take(&b, NULL);
}

static ob_diagnosis *examine(const char *scheme, int port, const char *ca_pem) {
  OB_AUTOFREE char *ca = ca_pem ? quoted_pem(ca_pem) : NULL;
  OB_AUTOFREE char *text = ob_asprintf(
      "current-context: t\nclusters: [{name: t, cluster: {server: '%s://127.0.0.1:%d'%s%s}}]\n"
      "contexts: [{name: t, context: {cluster: t, user: t}}]\n"
      "users: [{name: t, user: {token: hush-hush}}]\n",
      scheme, port, ca ? ", certificate-authority-data: " : "", ca ? ca : "");
  ob_diagnosis *d = ob_calloc(1, sizeof *d);
  ob_doctor(d, &(ob_session_opts){.kubeconfig_text = text}, 2000);
  for (size_t i = 0; i < d->n; i++) {
    const ob_link_found *f = &d->links[i];
    cr_expect(!strstr(f->found, "hush") && !strstr(f->err.msg, "hush"), "%s tells the token",
              f->name);
    cr_expect_eq(f->state == OB_LINK_BROKEN, f->err.code != OB_OK, "%s", f->name);
    if (f->state == OB_LINK_BROKEN) cr_expect(*f->err.hint, "%s has no remedy", f->name);
  }
  return d;
}

#define BROKEN(d, link, says)                                                                      \
  do {                                                                                             \
    cr_assert_geq((d)->broken, 0, "nothing is broken");                                            \
    const ob_link_found *f_ = &(d)->links[(d)->broken];                                            \
    cr_expect_str_eq(f_->name, link, "%s: %s", f_->name, f_->err.msg);                             \
    cr_expect(strstr(f_->err.msg, says), "\"%s\" does not say \"%s\"", f_->err.msg, says);         \
  } while (0)

static bool silent_handler(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_wait(c, 6000);
}

static bool says_html(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 200, "Content-Type: text/html\r\n", "<html>a captive portal</html>");
}

static bool breaks_down(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 503, NULL, "no healthy upstream");
}

Test(doctor, a_port_that_is_silent, .timeout = 30) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof a;
  cr_assert(bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, 8) == 0);
  getsockname(fd, (struct sockaddr *)&a, &n);
  ob_diagnosis *d = examine("https", ntohs(a.sin_port), NULL);
  BROKEN(d, "tls", "within 2 s");
  free(d);
  close(fd);
}

Test(doctor, certificates_that_are_too_old_or_too_new, .timeout = 30) {
  static const struct {
    long from, to;
    const char *says, *found;
  } table[] = {{-7200, -3600, "has expired", "expired "}, {3600, 7200, "not valid yet", "until "}};
  for (size_t i = 0; i < OB_LEN(table); i++) {
    test_cert ca = test_cert_new(NULL, NULL, -86400, 86400);
    test_cert leaf = test_cert_new(&ca, "127.0.0.1", table[i].from, table[i].to);
    test_server *s = test_server_start(&leaf, NULL, says_html, NULL);
    ob_diagnosis *d = examine("https", test_server_port(s), ca.cert);
    BROKEN(d, "tls", table[i].says);
    const char *found = d->links[d->broken].found;
    cr_expect(strstr(found, table[i].found), "%s", found);
    cr_expect(strstr(found, "for 127.0.0.1"), "%s", found);
    cr_expect_eq(d->links[d->broken + 1].state, OB_LINK_NOT_REACHED);
    free(d);
    cr_expect_eq(test_server_requests(s), 0, "nothing is sent to whom nobody trusts");
    test_server_stop(s);
    test_cert_free(&ca);
    test_cert_free(&leaf);
  }
}

Test(doctor, a_port_that_does_not_speak_tls, .timeout = 30) {
  test_server *s = test_server_start(NULL, NULL, says_html, NULL);
  ob_diagnosis *d = examine("https", test_server_port(s), NULL);
  BROKEN(d, "tls", "does not speak TLS");
  free(d);
  test_server_stop(s);
}

Test(doctor, answers_of_no_api_server, .timeout = 60) {
  static const struct {
    test_handler h;
    const char *says;
  } table[] = {{says_html, "no Kubernetes API server"},
               {breaks_down, "unavailable"},
               {silent_handler, "within 2 s"}};
  for (size_t i = 0; i < OB_LEN(table); i++) {
    test_server *s = test_server_start(NULL, NULL, table[i].h, NULL);
    ob_diagnosis *d = examine("http", test_server_port(s), NULL);
    BROKEN(d, "http", table[i].says);
    free(d);
    test_server_stop(s);
  }
}

/* A server before 1.28: no SelfSubjectReview, and no access review either. */
static bool old_and_closed(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  if (ob_starts(r->path, "/version"))
    return test_reply(c, 200, NULL, "{\"gitVersion\":\"v1.20.4\"}");
  if (ob_starts(r->path, "/apis/authentication"))
    return test_reply(c, 404, NULL, "404 page not found");
  if (ob_streq(r->path, "/api")) return test_reply(c, 200, NULL, "{}");
  return test_reply(c, 500, NULL, "broken inside");
}

Test(doctor, what_carries_nothing_hides_nothing, .timeout = 30) {
  test_server *s = test_server_start(NULL, NULL, old_and_closed, NULL);
  ob_diagnosis *d = examine("http", test_server_port(s), NULL);
  BROKEN(d, "authorisation", "broken inside");
  static const struct {
    const char *name;
    ob_link_state state;
  } want[] = {{"authentication", OB_LINK_OK},
              {"authorisation", OB_LINK_BROKEN},
              {"versions", OB_LINK_BROKEN},
              {"apis", OB_LINK_BROKEN},
              {"clock", OB_LINK_OK}};
  for (size_t i = 0; i < OB_LEN(want); i++)
    for (size_t k = 0; k < d->n; k++)
      if (ob_streq(d->links[k].name, want[i].name))
        cr_expect_eq(d->links[k].state, want[i].state, "%s: %s", want[i].name, d->links[k].err.msg);
  free(d);
  test_server_stop(s);
}
