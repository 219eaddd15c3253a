/* A target in words: as a URL, as a way, as the command that asks the same. */
#include "outboard/probe.h"

#include "base/str.h"

const char *const ob_probe_schemes[] = {"tcp", "http", "https", "udp"};
const char *const ob_probe_verdicts[] = {"ok", "warning", "skipped", "failed"};
const char *const ob_probe_steps[OB_STEP_COUNT] = {"dns", "connect", "tls", "answer"};

static void add_host(ob_buf *out, const char *host) {
  ob_buf_addf(out, strchr(host, ':') ? "[%s]" : "%s", host);
}

void ob_probe_url(const ob_probe_target *t, struct ob_buf *out) {
  static const uint16_t usual[] = {0, 80, 443, 0};
  ob_buf_addf(out, "%s://", ob_probe_schemes[t->scheme]);
  add_host(out, ob_or(t->host, "*"));
  if (t->port && t->port != usual[t->scheme])
    ob_buf_addf(out, ":%u", t->port);
  if (t->scheme == OB_PROBE_HTTP || t->scheme == OB_PROBE_HTTPS) ob_buf_adds(out, t->path);
}

void ob_probe_way(const ob_probe_target *t, struct ob_buf *out) {
  if (t->via == OB_VIA_PROXY && *t->skip)
    ob_buf_adds(out, "from inside only");
  else if (t->via == OB_VIA_PROXY)
    ob_buf_adds(out, "by the API server's service proxy");
  else if (t->via == OB_VIA_DNS)
    ob_buf_adds(out, "by DNS");
  else if (*t->node)
    ob_buf_addf(out, "%s at %s", t->node, t->address);
  else if (*t->address)
    ob_buf_addf(out, "at %s", t->address);
  else
    ob_buf_adds(out, "no address");
}

static void add_quoted(ob_buf *out, const char *s) {
  ob_buf_addc(out, '\'');
  for (; *s; s++) {
    if (*s == '\'')
      ob_buf_adds(out, "'\\''");
    else
      ob_buf_addc(out, *s);
  }
  ob_buf_addc(out, '\'');
}

void ob_probe_curl(const ob_probe_target *t, struct ob_buf *out) {
  if (t->via == OB_VIA_PROXY || t->scheme == OB_PROBE_UDP || !*t->host) return;
  OB_AUTO(ob_buf) word = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_adds(out, t->head ? "curl -vI " : "curl -v ");
  if (t->via == OB_VIA_ADDRESS && *t->address && strcmp(t->host, t->address) != 0) {
    add_host(&word, t->host);
    ob_buf_addf(&word, ":%u:", t->port);
    add_host(&word, t->address);
    ob_buf_addf(&word, ":%u", t->port);
    ob_buf_adds(out, "--connect-to ");
    add_quoted(out, ob_buf_str(&word));
    ob_buf_addc(out, ' ');
    ob_buf_reset(&word);
  }
  ob_probe_url(t, &word);
  if (t->scheme == OB_PROBE_TCP) {
    /* curl's name for a bare connection. */
    ob_buf_reset(&word);
    ob_buf_adds(&word, "telnet://");
    add_host(&word, t->host);
    ob_buf_addf(&word, ":%u", t->port);
  }
  add_quoted(out, ob_buf_str(&word));
}
