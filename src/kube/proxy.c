/* Go's httpproxy in C, because libcurl differs: it reads ALL_PROXY, takes only lower case
 * HTTP_PROXY, and sends loopback traffic to proxies. */
#include "kube/proxy.h"
#include "base/str.h"
#include "outboard/error.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

static const char *env_any(const char *upper, const char *lower) {
  const char *v = getenv(upper);
  return v && *v ? v : getenv(lower);
}

ob_proxy_env ob_proxy_env_read(void) {
  return (ob_proxy_env){
      .https_proxy = env_any("HTTPS_PROXY", "https_proxy"),
      .http_proxy = env_any("HTTP_PROXY", "http_proxy"),
      .no_proxy = env_any("NO_PROXY", "no_proxy"),
  };
}

/* An address as 16 bytes; IPv4 mapped into IPv6, so that 10.0.0.0/8 also covers ::ffff:10.… */
static bool parse_ip(const char *s, unsigned char ret[16], bool *ret_v4) {
  struct in_addr v4;
  if (inet_pton(AF_INET, s, &v4) == 1) {
    memset(ret, 0, 10);
    ret[10] = ret[11] = 0xff;
    memcpy(ret + 12, &v4, 4);
    *ret_v4 = true;
    return true;
  }
  *ret_v4 = false;
  return inet_pton(AF_INET6, s, ret) == 1;
}

static bool in_cidr(const unsigned char ip[16], const char *cidr) {
  const char *slash = strchr(cidr, '/');
  char net_text[64];
  if (!slash || (size_t)(slash - cidr) >= sizeof net_text) return false;
  memcpy(net_text, cidr, (size_t)(slash - cidr));
  net_text[slash - cidr] = '\0';
  unsigned char net[16];
  bool v4;
  int64_t bits;
  if (!parse_ip(net_text, net, &v4)) return false;
  if (!ob_parse_int(slash + 1, 0, v4 ? 32 : 128, &bits)) return false;
  if (v4) bits += 96;
  size_t whole = (size_t)bits / 8, rest = (size_t)bits % 8;
  if (memcmp(ip, net, whole) != 0) return false;
  return rest == 0 || ((ip[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

/* Split "host:port", "[v6]:port", "v6" into host and port text ("" none). */
static bool split_port(const char *s, char *host, size_t size, const char **ret_port) {
  const char *end = s + strlen(s), *colon = strrchr(s, ':');
  *ret_port = "";
  if (*s == '[') {
    const char *close = strchr(s, ']');
    if (!close) return false;
    if (close[1] == ':') *ret_port = close + 2;
    s++;
    end = close;
  } else if (colon && strchr(s, ':') == colon) {
    *ret_port = colon + 1;
    end = colon;
  }
  if ((size_t)(end - s) >= size) return false;
  memcpy(host, s, (size_t)(end - s));
  host[end - s] = '\0';
  return true;
}

static bool entry_covers(const char *entry, const char *host, int port, bool is_ip,
                         const unsigned char ip[16]) {
  if (ob_streq(entry, "*")) return true;
  if (strchr(entry, '/')) return is_ip && in_cidr(ip, entry);
  char name[512];
  const char *port_text;
  if (!split_port(entry, name, sizeof name, &port_text) || !*name) return false;
  if (*port_text) {
    int64_t want;
    if (!ob_parse_int(port_text, 0, 65535, &want) || want != port) return false;
  }
  unsigned char other[16];
  bool v4;
  if (parse_ip(name, other, &v4)) return is_ip && memcmp(ip, other, 16) == 0;
  if (is_ip) return false;
  const char *suffix = name;
  bool only_below = false;
  if (suffix[0] == '*' && suffix[1] == '.') suffix++;
  if (*suffix == '.') {
    only_below = true;
    suffix++;
  }
  size_t hl = strlen(host), sl = strlen(suffix);
  if (sl == 0) return false;
  if (hl == sl) return !only_below && strcasecmp(host, suffix) == 0;
  return hl > sl && host[hl - sl - 1] == '.' && strcasecmp(host + hl - sl, suffix) == 0;
}

bool ob_no_proxy(const char *no_proxy, const char *host, int port) {
  unsigned char ip[16];
  bool v4, is_ip = parse_ip(host, ip, &v4);
  for (const char *p = no_proxy; p && *p;) {
    size_t n = strcspn(p, ",");
    const char *next = p[n] ? p + n + 1 : NULL;
    while (n && (*p == ' ' || *p == '\t')) p++, n--;
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t')) n--;
    char entry[512];
    if (n > 0 && n < sizeof entry) {
      memcpy(entry, p, n);
      entry[n] = '\0';
      if (entry_covers(entry, host, port, is_ip, ip)) return true;
    }
    p = next;
  }
  return false;
}

static bool is_loopback(const char *host) {
  unsigned char ip[16];
  bool v4;
  if (strcasecmp(host, "localhost") == 0) return true;
  if (!parse_ip(host, ip, &v4)) return false;
  static const unsigned char one[16] = {[15] = 1};
  return v4 ? ip[12] == 127 : memcmp(ip, one, 16) == 0;
}

bool ob_proxy_url_valid(const char *url) {
  static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};
  for (size_t i = 0; i < OB_LEN(schemes); i++) {
    size_t n = strlen(schemes[i]);
    if (strncasecmp(url, schemes[i], n) != 0) continue;
    const char *host = url + n;
    size_t len = strcspn(host, "/?#");
    for (size_t k = 0; k < len; k++)
      if ((unsigned char)host[k] <= ' ' || host[k] == 0x7f) return false;
    const char *at = memrchr(host, '@', len);
    if (at) {
      len -= (size_t)(at + 1 - host);
      host = at + 1;
    }
    return len > 0 && *host != ':';
  }
  return false;
}

int ob_proxy_for(ob_buf *out, const char *configured, const ob_proxy_env *env, bool https,
                 const char *host, int port) {
  const char *url = configured;
  OB_AUTOFREE char *full = NULL;
  if (!url || !*url) {
    if (is_loopback(host)) return 0;
    url = https ? env->https_proxy : env->http_proxy;
    if (!url || !*url || ob_no_proxy(env->no_proxy, host, port)) return 0;
    if (!strstr(url, "://")) {
      full = ob_asprintf("http://%s", url);
      url = full;
    }
  }
  if (!ob_proxy_url_valid(url)) return -(int)OB_ECONFIG;
  if (strncasecmp(url, "socks5://", 9) == 0)
    ob_buf_addf(out, "socks5h://%s", url + 9);
  else
    ob_buf_adds(out, url);
  return out->failed ? -(int)OB_ECONFIG : 0;
}
