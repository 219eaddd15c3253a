/* Hosts, paths and the order of rules: the tables of the Ingress documentation. */
#include "base/mem.h"
#include "model/match.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
  const char *type, *rule, *path;
  ob_path_match match;
} paths[] = {
    {"Prefix", "/", "/any/path", OB_PATH_YES},
    {"Prefix", "/", "/", OB_PATH_YES},
    {"Exact", "/foo", "/foo", OB_PATH_YES},
    {"Exact", "/foo", "/bar", OB_PATH_NO},
    {"Exact", "/foo", "/foo/", OB_PATH_NO},
    {"Exact", "/foo/", "/foo", OB_PATH_NO},
    {"Exact", "/foo", "/FOO", OB_PATH_NO},
    {"Prefix", "/foo", "/foo", OB_PATH_YES},
    {"Prefix", "/foo", "/foo/", OB_PATH_YES},
    {"Prefix", "/foo/", "/foo", OB_PATH_YES},
    {"Prefix", "/foo/", "/foo/", OB_PATH_YES},
    {"Prefix", "/foo", "/FOO", OB_PATH_NO},
    {"Prefix", "/aaa/bb", "/aaa/bbb", OB_PATH_NO},
    {"Prefix", "/aaa/bbb", "/aaa/bbb", OB_PATH_YES},
    {"Prefix", "/aaa/bbb/", "/aaa/bbb", OB_PATH_YES},
    {"Prefix", "/aaa/bbb", "/aaa/bbb/", OB_PATH_YES},
    {"Prefix", "/aaa/bbb", "/aaa/bbb/ccc", OB_PATH_YES},
    {"Prefix", "/aaa/bbb", "/aaa/bbbxyz", OB_PATH_NO},
    {"Prefix", "/aaa/bbb", "/aaa", OB_PATH_NO},
    {"ImplementationSpecific", "/foo", "/foo", OB_PATH_CONTROLLER},
    {"Regex", "/foo", "/bar", OB_PATH_CONTROLLER},
};

Test(match, paths) {
  for (size_t i = 0; i < OB_LEN(paths); i++)
    cr_expect_eq(ob_path_matches(paths[i].type, paths[i].rule, paths[i].path), paths[i].match,
                 "%s %s with %s", paths[i].type, paths[i].rule, paths[i].path);
}

static const struct {
  const char *pattern, *host;
  bool covers;
} hosts[] = {
    {"foo.com", "foo.com", true},
    {"foo.com", "FOO.com", true},
    {"foo.com", "bar.com", false},
    {"*.foo.com", "bar.foo.com", true},
    {"*.foo.com", "baz.bar.foo.com", false},
    {"*.foo.com", "foo.com", false},
    {"*.foo.com", ".foo.com", false},
    {"*.foo.com", "*.foo.com", true},
    {"*.foo.com", "barfoo.com", false},
    {"foo.com", "*.foo.com", false},
    {"", "", false},
    {"", "foo.com", false},
    {"*.foo.com", "", false},
    {"*", "foo", false},
};

Test(match, hosts) {
  for (size_t i = 0; i < OB_LEN(hosts); i++)
    cr_expect_eq(ob_host_covers(hosts[i].pattern, hosts[i].host), hosts[i].covers, "%s over %s",
                 hosts[i].pattern, hosts[i].host);
}

/* In the order in which they match. */
static const struct {
  const char *host, *path, *type; /* path NULL: a default backend */
} order[] = {
    {"a.foo.com", "/aaa/bbb", "Prefix"},
    {"a.foo.com", "/aa", "Exact"},
    {"a.foo.com", "/aa", "Prefix"},
    {"a.foo.com", "/aa", "ImplementationSpecific"},
    {"a.foo.com", "/a", "Exact"},
    {"a.foo.com", "/", "Prefix"},
    {"a.foo.com", "", "ImplementationSpecific"},
    {"b.foo.com", "/zzz", "Exact"},
    {"*.long.foo.com", "/", "Prefix"},
    {"*.foo.com", "/longer", "Prefix"},
    {"*.foo.com", "/", "Prefix"},
    {"", "/aaaaaaaaaa", "Exact"},
    {"", "/", "Prefix"},
    {"", NULL, NULL},
};

Test(match, order_of_rules) {
  for (size_t i = 0; i < OB_LEN(order); i++)
    for (size_t k = 0; k < OB_LEN(order); k++) {
      OB_AUTO(ob_buf) a = OB_BUF_INIT(4096);
      OB_AUTO(ob_buf) b = OB_BUF_INIT(4096);
      const ob_path x = {.path = order[i].path, .path_type = order[i].type};
      const ob_path y = {.path = order[k].path, .path_type = order[k].type};
      ob_rule_order(&a, order[i].host, x.path ? &x : NULL);
      ob_rule_order(&b, order[k].host, y.path ? &y : NULL);
      int by = strcmp(ob_buf_str(&a), ob_buf_str(&b));
      cr_expect_eq((by > 0) - (by < 0), (i > k) - (i < k), "%zu and %zu: %s, %s", i, k,
                   ob_buf_str(&a), ob_buf_str(&b));
    }
}
