/* Names, addresses and metadata: the texts that Kubernetes checks alike everywhere. A text may
 * break several rules; each is a cause of its own, as in the original. Source: apimachinery
 * util/validation, api/validation; netutils.ParseIPSloppy. */
#include "base/str.h"
#include "sim/write.h"
#include <arpa/inet.h>

#define CHARS(more)                                                                                \
  "must consist of alphanumeric characters " more                                                  \
  ", and must start and end with an alphanumeric character"
enum { SIM_LABEL_MAX = 63, SIM_PORT_NAME_MAX = 15 };

static bool lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool label_chars(const char *s, size_t n) {
  if (n == 0 || !lower_alnum(s[0]) || !lower_alnum(s[n - 1])) return false;
  for (size_t i = 0; i < n; i++)
    if (!lower_alnum(s[i]) && s[i] != '-') return false;
  return true;
}

static bool subdomain_chars(const char *s) {
  for (;;) {
    size_t n = strcspn(s, ".");
    if (!label_chars(s, n)) return false;
    if (!s[n]) return true;
    s += n + 1;
  }
}

/* What a qualified name has after its prefix, and label values. */
static bool name_chars(const char *s) {
  size_t n = strlen(s);
  for (size_t i = 0; i < n; i++) {
    bool alnum = lower_alnum(s[i]) || (s[i] >= 'A' && s[i] <= 'Z');
    if (!alnum && (i == 0 || i == n - 1 || !strchr("-_.", s[i]))) return false;
  }
  return n > 0;
}

bool sim_is_label(const char *s) {
  return strlen(s) <= SIM_LABEL_MAX && label_chars(s, strlen(s));
}
bool sim_is_subdomain(const char *s) {
  return strlen(s) <= SIM_NAME_MAX && subdomain_chars(s);
}

static void too_long(sim_causes *c, const char *field, const ob_json *value, size_t max) {
  if (strlen(ob_or(ob_json_str(value), "")) > max)
    sim_cause(c, SIM_INVALID, field, value, "must be no more than %zu bytes", max);
}

void sim_check_label(sim_causes *c, const char *field, const ob_json *value) {
  const char *s = ob_or(ob_json_str(value), "");
  too_long(c, field, value, SIM_LABEL_MAX);
  if (!label_chars(s, strlen(s)))
    sim_cause(c, SIM_INVALID, field, value, "a lowercase RFC 1123 label " CHARS("or '-'"));
}

void sim_check_subdomain(sim_causes *c, const char *field, const ob_json *value) {
  too_long(c, field, value, SIM_NAME_MAX);
  if (!subdomain_chars(ob_or(ob_json_str(value), "")))
    sim_cause(c, SIM_INVALID, field, value,
              "a lowercase RFC 1123 subdomain " CHARS(", '-' or '.'"));
}

/* A host name, with `*.` before it if it likes. */
void sim_check_host(sim_causes *c, const char *field, const ob_json *value) {
  const char *s = ob_or(ob_json_str(value), "");
  if (!strchr(s, '*')) {
    sim_check_subdomain(c, field, value);
  } else if (!ob_starts(s, "*.") || !sim_is_subdomain(s + 2)) {
    sim_cause(c, SIM_INVALID, field, value,
              "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS "
              "subdomain");
  }
}

void sim_check_qualified(sim_causes *c, const char *field, const ob_json *value) {
  const char *s = ob_or(ob_json_str(value), ""), *slash = strchr(s, '/');
  OB_AUTOFREE char *prefix = ob_strndup(s, slash ? (size_t)(slash - s) : 0);
  const char *name = slash ? slash + 1 : s;
  if (strchr(name, '/')) {
    sim_cause(c, SIM_INVALID, field, value,
              "a qualified name must have an optional DNS subdomain prefix and '/'");
    return;
  }
  if (slash && !*prefix) sim_cause(c, SIM_INVALID, field, value, "prefix part must be non-empty");
  if (*prefix && !subdomain_chars(prefix))
    sim_cause(c, SIM_INVALID, field, value, "prefix part " CHARS(", '-' or '.'"));
  if (!*name) sim_cause(c, SIM_INVALID, field, value, "name part must be non-empty");
  if (strlen(name) > SIM_LABEL_MAX)
    sim_cause(c, SIM_INVALID, field, value, "name part must be no more than 63 bytes");
  if (!name_chars(name))
    sim_cause(c, SIM_INVALID, field, value, "name part " CHARS(", '-', '_' or '.'"));
}

void sim_check_port_name(sim_causes *c, const char *field, const ob_json *value) {
  const char *s = ob_or(ob_json_str(value), "");
  size_t n = strlen(s);
  too_long(c, field, value, SIM_PORT_NAME_MAX);
  if (!n || strspn(s, "-0123456789abcdefghijklmnopqrstuvwxyz") != n)
    sim_cause(c, SIM_INVALID, field, value,
              "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!s[strcspn(s, "abcdefghijklmnopqrstuvwxyz")])
    sim_cause(c, SIM_INVALID, field, value, "must contain at least one letter (a-z)");
  if (strstr(s, "--"))
    sim_cause(c, SIM_INVALID, field, value, "must not contain consecutive hyphens");
  if (n && (*s == '-' || s[n - 1] == '-'))
    sim_cause(c, SIM_INVALID, field, value, "must not begin or end with a hyphen");
}

void sim_check_port(sim_causes *c, const char *field, const ob_json *value) {
  OB_AUTOPTR(ob_json) zero = ob_json_new_int(0);
  int64_t n = 0;
  ob_json_int(value, &n);
  if (n < 1 || n > 65535)
    sim_cause(c, SIM_INVALID, field, value ? value : zero,
              "must be between 1 and 65535, inclusive");
}

/* A segment of a URL's path. */
void sim_check_segment(sim_causes *c, const char *field, const ob_json *value) {
  const char *s = ob_or(ob_json_str(value), "");
  if (ob_streq(s, ".") || ob_streq(s, ".."))
    sim_cause(c, SIM_INVALID, field, value, "may not be '%s'", s);
  for (const char *p = "/%"; *p; p++)
    if (strchr(s, *p)) sim_cause(c, SIM_INVALID, field, value, "may not contain '%c'", *p);
}

/* --- addresses ---------------------------------------------------------------------------- */

/* "010.1.2.3" is an address to old clients' parsers: 1, and 0 for a strict one. */
static int parse_ip(const char *s, uint8_t bytes[16], bool *ret_zeros) {
  char plain[64];
  size_t n = 0;
  bool digits = false;
  *ret_zeros = false;
  if (inet_pton(AF_INET6, s, bytes) == 1) return 6;
  for (; *s && n < sizeof plain - 1; s++) {
    if (*s == '0' && !digits && s[1] >= '0' && s[1] <= '9') {
      *ret_zeros = true;
      continue;
    }
    digits = *s >= '0' && *s <= '9';
    plain[n++] = *s;
  }
  plain[n] = '\0';
  return !*s && inet_pton(AF_INET, plain, bytes) == 1 ? 4 : 0;
}

bool sim_is_ip(const char *s, int *ret_family) {
  uint8_t bytes[16];
  bool zeros;
  int family = parse_ip(s, bytes, &zeros);
  if (family && ret_family) *ret_family = family;
  return family != 0;
}

bool sim_check_ip(sim_causes *c, const char *field, const ob_json *value) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  uint8_t bytes[16];
  bool zeros;
  int family = parse_ip(ob_or(ob_json_str(value), ""), bytes, &zeros);
  const char *why = !family ? "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
                    : zeros ? "must not have leading 0s"
                    : family == 6 && memcmp(bytes, mapped, sizeof mapped) == 0
                        ? "must not be an IPv4-mapped IPv6 address"
                        : NULL;
  if (why) sim_cause(c, SIM_INVALID, field, value, "%s", why);
  return !why;
}

void sim_check_cidr(sim_causes *c, const char *field, const ob_json *value) {
  const char *s = ob_or(ob_json_str(value), ""), *slash = strchr(s, '/'), *why = NULL;
  OB_AUTOFREE char *ip = ob_strndup(s, slash ? (size_t)(slash - s) : 0);
  uint8_t bytes[16];
  bool zeros, spare = false;
  int family = parse_ip(ip, bytes, &zeros);
  int64_t bits = 0;
  if (!family || !slash || !ob_parse_int(slash + 1, 0, family == 4 ? 32 : 128, &bits))
    why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
  for (int64_t i = bits; !why && i < (family == 4 ? 32 : 128); i++)
    spare = spare || (bytes[i / 8] >> (7 - i % 8) & 1);
  if (!why && zeros) why = "must not have leading 0s in IP or prefix length";
  if (!why && spare) why = "must not have bits set beyond the prefix length";
  if (why) sim_cause(c, SIM_INVALID, field, value, "%s", why);
}

/* --- metadata ----------------------------------------------------------------------------- */

void sim_check_labels(sim_causes *c, const char *field, const ob_json *map) {
  for (const ob_json *m = ob_json_first(map); m; m = ob_json_next(m)) {
    OB_AUTOPTR(ob_json) key = ob_json_new_str(ob_json_key(m));
    const char *value = ob_or(ob_json_str(m), "");
    sim_check_qualified(c, field, key);
    too_long(c, field, m, SIM_LABEL_MAX);
    if (*value && !name_chars(value))
      sim_cause(c, SIM_INVALID, field, m, "a valid label " CHARS(", '-', '_' or '.'"));
  }
}

static void check_annotations(sim_causes *c, const ob_json *map) {
  for (const ob_json *m = ob_json_first(map); m; m = ob_json_next(m)) {
    OB_AUTOFREE char *lower = ob_strdup(ob_json_key(m));
    for (char *p = lower; *p; p++)
      if (*p >= 'A' && *p <= 'Z') *p = (char)(*p - 'A' + 'a');
    OB_AUTOPTR(ob_json) key = ob_json_new_str(lower);
    sim_check_qualified(c, "metadata.annotations", key);
  }
}

static void check_finalizers(sim_causes *c, const ob_json *list) {
  static const char *const standard[] = {"kubernetes", "orphan", "foregroundDeletion"};
  size_t i = 0;
  for (const ob_json *f = ob_json_first(list); f; f = ob_json_next(f)) {
    OB_AUTOFREE char *at = ob_asprintf("metadata.finalizers[%zu]", i++);
    bool known = strchr(ob_or(ob_json_str(f), ""), '/') != NULL;
    for (size_t k = 0; k < OB_LEN(standard); k++)
      known = known || ob_streq(ob_json_str(f), standard[k]);
    sim_check_qualified(c, "metadata.finalizers", f);
    if (!known)
      sim_cause(c, SIM_INVALID, at, f,
                "name is neither a standard finalizer name nor is it fully qualified");
  }
}

static void check_owners(sim_causes *c, const ob_json *list) {
  static const char *const needed[] = {"apiVersion", "kind", "name", "uid"};
  size_t i = 0;
  for (const ob_json *o = ob_json_first(list); o; o = ob_json_next(o), i++)
    for (size_t k = 0; k < OB_LEN(needed); k++) {
      OB_AUTOFREE char *at = ob_asprintf("metadata.ownerReferences[%zu].%s", i, needed[k]);
      if (!*sim_str(o, needed[k])) sim_cause(c, SIM_REQUIRED, at, NULL, "must not be empty");
    }
}

void sim_validate_metadata(const sim_kind_info *k, const ob_json *tree, const ob_json *old_tree,
                           sim_causes *c) {
  const ob_json *meta = ob_json_get(tree, "metadata"), *old = ob_json_get(old_tree, "metadata");
  bool is_label = k->id == SIM_SERVICE || k->id == SIM_NAMESPACE;
  sim_check_fn *check = is_label ? sim_check_label : sim_check_subdomain;
  OB_AUTOFREE char *base = ob_strdup(sim_str(meta, "generateName"));
  size_t n = strlen(base);
  if (n > 1 && base[n - 1] == '-') base[n - 1] = 'a'; /* something will follow */
  OB_AUTOPTR(ob_json) generate = ob_json_new_str(base);
  if (n && !old) check(c, "metadata.generateName", generate);
  if (*sim_str(meta, "name"))
    check(c, "metadata.name", ob_json_get(meta, "name"));
  else
    sim_cause(c, SIM_REQUIRED, "metadata.name", NULL, "name or generateName is required");
  if (old && !ob_streq(sim_str(meta, "uid"), sim_str(old, "uid")))
    sim_cause(c, SIM_INVALID, "metadata.uid", ob_json_get(meta, "uid"), "field is immutable");
  sim_check_labels(c, "metadata.labels", ob_json_get(meta, "labels"));
  check_annotations(c, ob_json_get(meta, "annotations"));
  check_finalizers(c, ob_json_get(meta, "finalizers"));
  check_owners(c, ob_json_get(meta, "ownerReferences"));
}
