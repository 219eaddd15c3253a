/* connecting ─▶ asking ─▶ reading ─▶ the answer; each tick goes as far as the socket lets it.
 * HTTP/1.0 is spoken, so that nothing comes in chunks. */
#include "sim/proxy.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PART_NS = 3, PART_ID = 5, PARTS = 7 };

struct sim_proxy {
  int fd;
  bool connected, head;
  int64_t until_ms;
  ob_buf out, in;
  size_t sent;
  char *prefix, *where; /* ".../proxy", "127.0.0.1:8080" */
  char *type, *location;
};

void sim_proxy_free(struct sim_proxy *p) {
  if (!p) return;
  if (p->fd >= 0) close(p->fd);
  ob_buf_done(&p->out);
  ob_buf_done(&p->in);
  free(p->prefix);
  free(p->where);
  free(p->type);
  free(p->location);
  free(p);
}

bool sim_proxy_meant(char *const parts[], size_t n) {
  return n >= PARTS && ob_streq(parts[0], "api") && ob_streq(parts[1], "v1") &&
         ob_streq(parts[2], "namespaces") && ob_streq(parts[4], "services") &&
         ob_streq(parts[6], "proxy");
}

/* --- which endpoint --- */
/* "80" becomes the name of that port, as slices have it. */
static int port_name(ob_sim *s, const char *ns, const char *service, char **port, sim_resp *r) {
  int64_t number;
  if (!ob_parse_int(*port, 1, 65535, &number)) return 0;
  const sim_object *o = sim_store_get(&s->store, SIM_SERVICE, ns, service);
  if (!o) return sim_not_found(r, &sim_kinds[SIM_SERVICE], service);
  OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
  for (const ob_json *p = ob_json_first(ob_json_at(tree, "spec", "ports", NULL)); p;
       p = ob_json_next(p)) {
    if (ob_json_get_int(p, "port", 0) != number) continue;
    free(*port);
    *port = ob_strdup(sim_str(p, "name"));
    return 0;
  }
  return sim_fail(r, 503, "ServiceUnavailable", NULL, NULL,
                  "no service port %s found for service \"%s\"", *port, service);
}

/* Only addresses that are a pod's own are gone to. */
static bool of_pod(ob_sim *s, const char *ns, const ob_json *endpoint, const char *ip) {
  const ob_json *ref = ob_json_get(endpoint, "targetRef");
  if (!ref || !ob_streq(sim_str(ref, "namespace"), ns)) return false;
  const sim_object *o = sim_store_get(&s->store, SIM_POD, ns, sim_str(ref, "name"));
  OB_AUTOPTR(ob_json) pod = o ? sim_object_tree(o) : NULL;
  for (const ob_json *i = ob_json_first(ob_json_at(pod, "status", "podIPs", NULL)); i;
       i = ob_json_next(i))
    if (ob_streq(sim_str(i, "ip"), ip)) return true;
  return false;
}

static bool in_slice(ob_sim *s, const char *ns, const ob_json *slice, const char *port, char **ip,
                     int64_t *number) {
  *number = 0;
  for (const ob_json *p = ob_json_first(ob_json_get(slice, "ports")); p && !*number;
       p = ob_json_next(p))
    if (ob_streq(sim_str(p, "name"), port)) *number = ob_json_get_int(p, "port", 0);
  for (const ob_json *e = ob_json_first(ob_json_get(slice, "endpoints")); e && *number;
       e = ob_json_next(e)) {
    const char *address = ob_or(ob_json_str(ob_json_first(ob_json_get(e, "addresses"))), "");
    if (!ob_json_get_bool(ob_json_get(e, "conditions"), "ready", true) ||
        !of_pod(s, ns, e, address))
      continue;
    *ip = ob_strdup(address);
    return true;
  }
  return false;
}

/* IPv4 first: the family of an embedded cluster's own addresses. */
static bool find(ob_sim *s, const char *ns, const char *service, const char *port, char **ip,
                 int64_t *number) {
  static const char *const families[] = {"IPv4", "IPv6"};
  const sim_objects *all = &s->store.kinds[SIM_SLICE];
  OB_AUTOFREE char *prefix = ob_asprintf("%s/", ns);
  for (size_t f = 0; f < OB_LEN(families); f++)
    for (size_t i = sim_store_lower(all, prefix);
         i < all->len && ob_starts(all->at[i]->key, prefix); i++) {
      OB_AUTOPTR(ob_json) slice = sim_object_tree(all->at[i]);
      if (ob_streq(sim_str(slice, "addressType"), families[f]) &&
          ob_streq(
              sim_str(ob_json_at(slice, "metadata", "labels", NULL), "kubernetes.io/service-name"),
              service) &&
          in_slice(s, ns, slice, port, ip, number))
        return true;
    }
  return false;
}

/* --- the connection --- */
static bool loopback(const char *ip, uint16_t port, struct sockaddr_storage *ret, socklen_t *len) {
  struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
  *ret = (struct sockaddr_storage){0};
  if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    *len = sizeof *v4;
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  }
  if (inet_pton(AF_INET6, ip, &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  *len = sizeof *v6;
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static void put_path(ob_buf *out, const char *path) {
  for (const char *at = path; *at;) {
    size_t n = strcspn(at, "/");
    OB_AUTOFREE char *part = ob_strndup(at, n);
    ob_url_escape(out, part);
    at += n;
    if (*at) ob_buf_addc(out, *at++);
  }
}

/* What stands after ".../proxy". */
static const char *rest_of(const char *path) {
  for (int i = 0; i < PARTS; i++) {
    path += strspn(path, "/");
    path += strcspn(path, "/");
  }
  return path;
}

static void put_request(struct sim_proxy *p, const sim_req *q) {
  ob_buf_addf(&p->out, "%s ", q->method);
  put_path(&p->out, rest_of(q->path));
  for (size_t i = 0; i < q->nquery; i++) {
    ob_buf_addc(&p->out, i ? '&' : '?');
    ob_url_escape(&p->out, q->key[i]);
    ob_buf_addc(&p->out, '=');
    ob_url_escape(&p->out, q->val[i]);
  }
  ob_buf_addf(&p->out, " HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n", p->where);
  if (*q->user_agent) ob_buf_addf(&p->out, "User-Agent: %s\r\n", q->user_agent);
  if (*q->accept) ob_buf_addf(&p->out, "Accept: %s\r\n", q->accept);
  ob_buf_adds(&p->out, "\r\n");
}

static int not_reached(sim_resp *r, const char *where, const char *why) {
  return sim_fail(r, 503, "ServiceUnavailable", NULL, NULL,
                  "error trying to reach service: dial tcp %s: connect: %s", where, why);
}

static int start(struct sim_proxy *p, const struct sockaddr_storage *at, socklen_t len) {
  p->fd = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (p->fd < 0) return errno;
  if (connect(p->fd, (const struct sockaddr *)at, len) != 0 && errno != EINPROGRESS) return errno;
  return 0;
}

static int open_at(const char *ip, uint16_t port, char *const parts[], const sim_req *q,
                   sim_resp *r) {
  struct sockaddr_storage at;
  socklen_t len = 0;
  OB_AUTOFREE char *where = ob_asprintf(strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip, port);
  if (!loopback(ip, port, &at, &len)) return not_reached(r, where, "network is unreachable");
  struct sim_proxy *p = ob_calloc(1, sizeof *p);
  int error = start(p, &at, len);
  if (error) {
    sim_proxy_free(p);
    return not_reached(r, where, strerror(error));
  }
  p->head = ob_streq(q->method, "HEAD");
  p->until_ms = ob_mono_ms() + SIM_PROXY_MS;
  p->prefix =
      ob_asprintf("/api/v1/namespaces/%s/services/%s/proxy", parts[PART_NS], parts[PART_ID]);
  p->where = ob_take(where);
  ob_buf_init(&p->out, OB_LINE_MAX);
  ob_buf_init(&p->in, SIM_PROXY_MAX);
  put_request(p, q);
  r->proxy = p;
  r->code = 503; /* until there is an answer */
  return 0;
}

int sim_proxy_open(ob_sim *s, char *const parts[], const sim_req *q, sim_resp *r) {
  const char *ns = parts[PART_NS], *id = parts[PART_ID], *colon = strchr(id, ':');
  if (!ob_streq(q->method, "GET") && !ob_streq(q->method, "HEAD"))
    return sim_not_done(r, "the service proxy for other than GET and HEAD");
  if (!*rest_of(q->path)) return sim_not_done(r, "a proxy path without its slash");
  const char *scheme_end = colon ? strchr(colon + 1, ':') : NULL;
  size_t nscheme = scheme_end ? (size_t)(colon - id) : 0;
  if (nscheme == 5 && ob_starts(id, "https")) return sim_not_done(r, "the service proxy by https");
  if ((scheme_end && (strchr(scheme_end + 1, ':') || (nscheme != 0 && !ob_starts(id, "http:")))) ||
      *id == ':')
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "invalid service request \"%s\"", id);
  if (scheme_end) {
    id = colon + 1;
    colon = scheme_end;
  }
  OB_AUTOFREE char *service = ob_strndup(id, strcspn(id, ":"));
  OB_AUTOFREE char *port = ob_strdup(colon ? colon + 1 : ""), *ip = NULL;
  int64_t number;
  if (port_name(s, ns, service, &port, r) != 0) return -1;
  if (!find(s, ns, service, port, &ip, &number))
    return sim_fail(r, 503, "ServiceUnavailable", NULL, NULL,
                    "no endpoints available for service \"%s\"", service);
  return open_at(ip, (uint16_t)number, parts, q, r);
}

/* --- the answer --- */
/* A header's value; 0 bytes: absent. */
static const char *value_of(const ob_buf *in, const char *name, size_t *ret_n) {
  size_t n = strlen(name);
  *ret_n = 0;
  for (const char *line = ob_buf_str(in); (line = strstr(line, "\r\n"));) {
    line += 2;
    if (*line == '\r' || *line == '\0') break;
    if (strncasecmp(line, name, n) != 0 || line[n] != ':') continue;
    const char *v = line + n + 1 + strspn(line + n + 1, " \t");
    *ret_n = strcspn(v, "\r\n");
    return v;
  }
  return "";
}

static char *header(const ob_buf *in, const char *name) {
  size_t n;
  const char *v = value_of(in, name, &n);
  return ob_strndup(v, n);
}

static const char *body_of(const ob_buf *in) {
  const char *end = strstr(ob_buf_str(in), "\r\n\r\n");
  return end ? end + 4 : NULL;
}

static bool whole(const struct sim_proxy *p) {
  const char *body = body_of(&p->in);
  int64_t length;
  if (!body || p->head) return body != NULL;
  OB_AUTOFREE char *said = header(&p->in, "content-length");
  return ob_parse_int(said, 0, SIM_PROXY_MAX, &length) &&
         p->in.len - (size_t)(body - p->in.ptr) >= (size_t)length;
}

static int connecting(struct sim_proxy *p) {
  struct pollfd fd = {.fd = p->fd, .events = POLLOUT};
  int error = 0;
  socklen_t len = sizeof error;
  if (poll(&fd, 1, 0) <= 0) return EAGAIN;
  if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) return errno;
  p->connected = error == 0;
  return error;
}

/* 0 when the answer is there, EAGAIN when it comes later, else what went wrong. */
static int step(struct sim_proxy *p) {
  int error = p->connected ? 0 : connecting(p);
  if (error) return error;
  while (p->sent < p->out.len) {
    ssize_t n = send(p->fd, p->out.ptr + p->sent, p->out.len - p->sent, MSG_NOSIGNAL);
    if (n < 0) return errno;
    p->sent += (size_t)n;
  }
  for (char bytes[4096];;) {
    ssize_t n = recv(p->fd, bytes, sizeof bytes, 0);
    if (n < 0) return errno;
    if (n == 0) return body_of(&p->in) ? 0 : ECONNRESET;
    if (ob_buf_add(&p->in, bytes, (size_t)n) != 0) return EMSGSIZE;
    if (whole(p)) return 0;
  }
}

static int take_answer(struct sim_proxy *p, sim_resp *r) {
  const char *in = ob_buf_str(&p->in), *body = body_of(&p->in);
  OB_AUTOFREE char *digits = ob_strndup(in + strcspn(in, " "), 4);
  int64_t code;
  if (!ob_starts(in, "HTTP/1.") || !ob_parse_int(digits + (*digits == ' '), 200, 599, &code))
    return sim_fail(r, 503, "ServiceUnavailable", NULL, NULL,
                    "error trying to reach service: malformed HTTP response");
  p->type = header(&p->in, "content-type");
  OB_AUTOFREE char *location = header(&p->in, "location");
  /* Within the application: it goes on through the proxy. */
  if (*location) p->location = ob_asprintf("%s%s", *location == '/' ? p->prefix : "", location);
  r->code = (unsigned)code;
  r->type = p->type;
  r->location = p->location;
  return ob_buf_add(&r->body, body, p->in.len - (size_t)(body - p->in.ptr));
}

bool sim_proxy_work(sim_resp *r, int64_t now_mono_ms) {
  struct sim_proxy *p = r->proxy;
  int error = step(p);
  bool late = now_mono_ms >= p->until_ms;
  if (error == EAGAIN && !late) return false;
  if (error)
    not_reached(r, p->where, error == EAGAIN ? "i/o timeout" : strerror(error));
  else
    take_answer(p, r);
  return true;
}
