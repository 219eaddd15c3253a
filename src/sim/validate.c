/* Names, addresses and metadata. Source: apimachinery util/validation, api/validation. */
#include "base/str.h"
#include "sim/write.h"
#include <arpa/inet.h>

static bool lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool label(const char *s, size_t n, bool letter_first) {
  if (n == 0 || n > 63 || !lower_alnum(s[0]) || !lower_alnum(s[n - 1])) return false;
  if (letter_first && s[0] <= '9') return false;
  for (size_t i = 0; i < n; i++)
    if (!lower_alnum(s[i]) && s[i] != '-') return false;
  return true;
}
bool sim_is_label(const char *s) {
  return label(s, strlen(s), false);
}
bool sim_is_label_1035(const char *s) {
  return label(s, strlen(s), true);
}

bool sim_is_subdomain(const char *s) {
  if (strlen(s) > SIM_NAME_MAX || !*s) return false;
  for (;;) {
    size_t n = strcspn(s, ".");
    if (!label(s, n, false)) return false;
    if (!s[n]) return true;
    s += n + 1;
  }
}
bool sim_is_wildcard(const char *s) {
  return ob_starts(s, "*.") && sim_is_subdomain(s + 2);
}

bool sim_is_port_name(const char *s) {
  bool letter = false;
  if (!*s || strlen(s) > 15 || *s == '-' || ob_ends(s, "-") || strstr(s, "--")) return false;
  for (; *s; s++) {
    if (!lower_alnum(*s) && *s != '-') return false;
    letter = letter || (*s >= 'a' && *s <= 'z');
  }
  return letter;
}

bool sim_is_ip(const char *s, int *ret_family) {
  unsigned char bytes[16];
  int family = inet_pton(AF_INET, s, bytes) == 1 ? 4 : inet_pton(AF_INET6, s, bytes) == 1 ? 6 : 0;
  if (family && ret_family) *ret_family = family;
  return family != 0;
}

bool sim_is_cidr(const char *s) {
  const char *slash = strchr(s, '/');
  if (!slash) return false;
  OB_AUTOFREE char *ip = ob_strndup(s, (size_t)(slash - s));
  int family = 4;
  int64_t bits;
  return sim_is_ip(ip, &family) && ob_parse_int(slash + 1, 0, family == 4 ? 32 : 128, &bits);
}

/* The part of a qualified name after its prefix, and label values. */
static bool name_part(const char *s, bool may_be_empty) {
  size_t n = strlen(s);
  if (n == 0) return may_be_empty;
  if (n > 63) return false;
  for (size_t i = 0; i < n; i++) {
    bool alnum = lower_alnum(s[i]) || (s[i] >= 'A' && s[i] <= 'Z');
    if (!alnum && (i == 0 || i == n - 1 || !strchr("-_.", s[i]))) return false;
  }
  return true;
}
static bool qualified(const char *s) {
  const char *slash = strchr(s, '/');
  if (!slash) return name_part(s, false);
  OB_AUTOFREE char *prefix = ob_strndup(s, (size_t)(slash - s));
  return sim_is_subdomain(prefix) && name_part(slash + 1, false);
}

static void check_keys(const ob_json *map, const char *field, bool values, sim_causes *c) {
  for (const ob_json *m = ob_json_first(map); m; m = ob_json_next(m)) {
    OB_AUTOPTR(ob_json) key = ob_json_new_str(ob_json_key(m));
    if (!qualified(ob_json_key(m)))
      sim_cause(
          c, SIM_INVALID, field, key,
          "name part must consist of alphanumeric characters, '-', '_' or '.', and must start "
          "and end with an alphanumeric character");
    if (values && !name_part(ob_or(ob_json_str(m), ""), true))
      sim_cause(c, SIM_INVALID, field, m,
                "a valid label must be an empty string or consist of alphanumeric characters, '-', "
                "'_' or '.', and must start and end with an alphanumeric character");
  }
}

void sim_validate_metadata(const sim_kind_info *k, const ob_json *tree, sim_causes *c) {
  const ob_json *meta = ob_json_get(tree, "metadata"), *name = ob_json_get(meta, "name");
  const char *text = ob_or(ob_json_str(name), "");
  bool is_label = k->id == SIM_SERVICE || k->id == SIM_NAMESPACE;
  bool ok = is_label ? sim_is_label(text) : sim_is_subdomain(text);
  if (!*text)
    sim_cause(c, SIM_REQUIRED, "metadata.name", NULL, "name or generateName is required");
  else if (!ok && is_label)
    sim_cause(c, SIM_INVALID, "metadata.name", name,
              "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
              "'-', and must start and end with an alphanumeric character");
  else if (!ok)
    sim_cause(c, SIM_INVALID, "metadata.name", name,
              "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
              "'-' or '.', and must start and end with an alphanumeric character");
  check_keys(ob_json_get(meta, "labels"), "metadata.labels", true, c);
  check_keys(ob_json_get(meta, "annotations"), "metadata.annotations", false, c);
}
