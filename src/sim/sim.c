/* Putting the server together: trust, store, world, controllers, HTTP; and taking it apart in the
 * other order. */
#include "sim/sim.h"
#include "base/str.h"
#include "sim/control.h"
#include "sim/http.h"
#include "sim/write.h"

static void seed_world(ob_sim *s) {
  sim_store_lock(&s->store);
  s->store.loading = true;
  sim_world_base(s);
  if (s->opts.scale)
    sim_world_scale(s);
  else if (!s->opts.empty)
    sim_world_shop(s);
  s->store.loading = false;
  s->store.on_event = sim_http_wake;
  s->store.arg = s;
  sim_store_unlock(&s->store);
}

static char *random_token(void) {
  unsigned char bytes[24];
  ob_buf out = OB_BUF_INIT(128);
  ob_random(bytes, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; i++) ob_buf_addf(&out, "%02x", bytes[i]);
  return ob_buf_take(&out, NULL);
}

static int start_threads(ob_sim *s, ob_err *err) {
  sim_cert cert;
  int rc = sim_cert_make(&cert, err);
  if (rc != 0) return rc;
  s->ca_pem = ob_strdup(cert.ca_pem);
  rc = sim_http_start(s, &cert, err);
  sim_cert_done(&cert);
  if (rc != 0) return rc;
  s->url = ob_asprintf("https://127.0.0.1:%d", sim_http_port(s));
  return sim_control_start(s, err);
}

int ob_sim_start(ob_sim **ret, const ob_sim_opts *opts, ob_err *err) {
  *ret = NULL;
  ob_sim *s = ob_calloc(1, sizeof *s);
  s->opts = *opts;
  s->opts.faults = NULL; /* borrowed for this call only */
  s->opts.token = NULL;
  if (!s->opts.seed) s->opts.seed = 1;
  if (!s->opts.bookmark_ms) s->opts.bookmark_ms = 60000;
  if (!s->opts.controller_ms) s->opts.controller_ms = 3000;
  int rc = sim_faults_parse(&s->faults, opts->faults, opts->nfaults, err);
  if (rc != 0) {
    free(s);
    return rc;
  }
  s->token = opts->token ? ob_strdup(opts->token) : random_token();
  sim_store_init(&s->store);
  sim_alloc_init(&s->alloc, s->opts.seed);
  seed_world(s);
  rc = start_threads(s, err);
  if (rc != 0) {
    ob_sim_stop(s);
    return rc;
  }
  *ret = s;
  return 0;
}

void ob_sim_token_set(ob_sim *s, const char *token) {
  sim_store_lock(&s->store);
  ob_secret_free(s->token);
  s->token = ob_strdup(token);
  sim_store_unlock(&s->store);
}

int ob_sim_faults_set(ob_sim *s, const char *const *names, size_t n, ob_err *err) {
  sim_fault_state faults;
  int rc = sim_faults_parse(&faults, names, n, err);
  if (rc != 0) return rc;
  sim_store_lock(&s->store);
  s->faults = faults;
  sim_store_unlock(&s->store);
  return 0;
}

void ob_sim_stop(ob_sim *s) {
  if (!s) return;
  sim_store_lock(&s->store);
  s->stopping = true;
  sim_store_unlock(&s->store);
  sim_control_stop(s);
  sim_http_stop(s);
  sim_store_done(&s->store);
  sim_alloc_done(&s->alloc);
  ob_secret_free(s->token);
  free(s->url);
  free(s->ca_pem);
  free(s);
}

const char *ob_sim_url(const ob_sim *s) {
  return s->url;
}

int ob_sim_kubeconfig(const ob_sim *s, ob_buf *out) {
  bool demo = !s->opts.empty && !s->opts.scale && !s->faults.on;
  const char *name = demo ? "outboard-demo" : "outboard-serve";
  ob_buf_addf(
      out,
      "apiVersion: v1\nkind: Config\ncurrent-context: %s\nclusters:\n- name: %s\n  cluster:\n"
      "    server: %s\n    certificate-authority-data: ",
      name, name, s->url);
  ob_base64_encode(out, s->ca_pem, strlen(s->ca_pem));
  return ob_buf_addf(out,
                     "\nusers:\n- name: %s\n  user:\n    token: \"%s\"\ncontexts:\n- name: %s\n"
                     "  context:\n    cluster: %s\n    user: %s\n    namespace: default\n",
                     name, s->token, name, name, name);
}
