/* Trees side by side: differences, patches, merges. */
#include "world.h"

#include "base/clock.h"
#include "base/patch.h"
#include "base/str.h"
#include "model/tree.h"
#include <criterion/criterion.h>

static const char *printed(const ob_json *j, ob_buf *out) {
  ob_buf_reset(out);
  if (j) ob_json_print(out, j);
  return ob_buf_str(out);
}

Test(tree, differences_name_list_elements_by_what_they_are) {
  static const struct {
    const char *from, *to, *paths; /* each path, then a blank */
  } rows[] = {
      {"{'a':1}", "{'a':1}", ""},
      {"{'spec':{'type':'ClusterIP'}}", "{'spec':{'type':'NodePort'}}", "spec.type "},
      {"{'metadata':{}}", "{'metadata':{'annotations':{'a.b/c':'x'}}}", "metadata.annotations "},
      {"{'metadata':{'annotations':{'a.b/c':'x'}}}", "{'metadata':{'annotations':{'a.b/c':'y'}}}",
       "metadata.annotations[a.b/c] "},
      {"{'ports':[{'name':'http','port':80},{'port':81}]}",
       "{'ports':[{'name':'http','port':90},{'port':81,'protocol':'UDP'}]}",
       "ports[http].port ports[81/TCP] ports[81/UDP] "},
      {"{'rules':[{'host':'a','http':{'paths':[{'path':'/','pathType':'Prefix','x':1}]}}]}",
       "{'rules':[{'host':'b'},{'host':'a','http':{'paths':[{'path':'/','pathType':'Prefix','x':2}]"
       "}}]}",
       "rules[a].http.paths[/ Prefix].x rules[b] "},
      {"{'l':['a','b']}", "{'l':['b','a']}", "l "},
      {"{'l':[1,1]}", "{'l':[1,2]}", "l[1] "},
      {"{'a':null}", "{}", ""},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) from = world_json(rows[i].from);
    OB_AUTOPTR(ob_json) to = world_json(rows[i].to);
    OB_AUTO(ob_tree_diff) d = {0};
    OB_AUTO(ob_buf) paths = OB_BUF_INIT(OB_LINE_MAX);
    ob_tree_diff_add(&d, from, to);
    for (size_t k = 0; k < d.changes.len; k++) ob_buf_addf(&paths, "%s ", d.changes.at[k].path);
    cr_expect_str_eq(ob_buf_str(&paths), rows[i].paths);
  }
}

Test(tree, patches_test_the_elements_they_change) {
  static const struct {
    const char *from, *to, *patch;
  } rows[] = {
      {"{'a':1}", "{'a':2}", "[{'op':'replace','path':'/a','value':2}]"},
      {"{'m':{}}", "{'m':{'a/b':'c'}}", "[{'op':'add','path':'/m/a~1b','value':'c'}]"},
      {"{'paths':[{'path':'/a','b':1},{'path':'/c'}]}",
       "{'paths':[{'path':'/a','b':2},{'path':'/c'}]}",
       "[{'op':'test','path':'/paths/0','value':{'path':'/a','b':1}},"
       "{'op':'replace','path':'/paths/0/b','value':2}]"},
      {"{'rules':[{'host':'h','paths':['a']}]}", "{'rules':[{'host':'h','paths':['a','b']}]}",
       "[{'op':'test','path':'/rules/0/host','value':'h'},"
       "{'op':'add','path':'/rules/0/paths/1','value':'b'}]"},
      {"{'l':['a','b','c']}", "{'l':['a','c']}",
       "[{'op':'test','path':'/l/1','value':'b'},{'op':'remove','path':'/l/1'}]"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) from = world_json(rows[i].from);
    OB_AUTOPTR(ob_json) to = world_json(rows[i].to);
    OB_AUTOPTR(ob_json) want = world_json(rows[i].patch);
    OB_AUTOPTR(ob_json) got = ob_tree_json_patch(from, to);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    cr_expect(ob_json_equal(got, want), "%s -> %s: %s", rows[i].from, rows[i].to,
              printed(got, &text));
  }
}

Test(tree, covering_allows_defaults_and_nothing_else) {
  static const struct {
    const char *wanted, *object, *path; /* NULL: covered */
  } rows[] = {
      {"{'a':{'b':1}}", "{'a':{'b':1,'c':2},'d':3}", NULL},
      {"{'a':{'b':1}}", "{'a':{'b':2}}", "a.b"},
      {"{'ports':[{'name':'x','port':1}]}", "{'ports':[{'name':'x','port':1,'protocol':'TCP'}]}",
       NULL},
      {"{'ports':[{'name':'x','port':1}]}", "{'ports':[{'name':'x','port':2}]}", "ports[x].port"},
      {"{'l':['a']}", "{'l':['a','b']}", "l"},
      {"{'a':null}", "{}", NULL},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) wanted = world_json(rows[i].wanted);
    OB_AUTOPTR(ob_json) object = world_json(rows[i].object);
    OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
    cr_expect_eq(ob_tree_covers(wanted, object, &path), rows[i].path == NULL, "%s", rows[i].wanted);
    if (rows[i].path) cr_expect_str_eq(ob_buf_str(&path), rows[i].path);
  }
}

Test(tree, merging) {
  static const struct {
    const char *base, *mine, *theirs, *merged, *conflicts;
  } rows[] = {
      {"{'a':1,'b':1}", "{'a':2,'b':1}", "{'a':1,'b':2}", "{'a':2,'b':2}", ""},
      {"{'a':1}", "{'a':2}", "{'a':2}", "{'a':2}", ""},
      {"{'a':1}", "{'a':2}", "{'a':3}", "{'a':3}", "a "},
      {"{'a':1}", "{}", "{'a':1,'b':2}", "{'b':2}", ""},
      {"{'a':1}", "{}", "{'a':2}", "{'a':2}", "a "},
      {"{}", "{'m':{'x':1}}", "{'m':{'y':2}}", "{'m':{'x':1,'y':2}}", ""},
      {"{'paths':[{'path':'/a','s':1}]}", "{'paths':[{'path':'/a','s':2}]}",
       "{'paths':[{'path':'/z','s':9},{'path':'/a','s':1}]}",
       "{'paths':[{'path':'/z','s':9},{'path':'/a','s':2}]}", ""},
      {"{'paths':[{'path':'/a'},{'path':'/b'}]}",
       "{'paths':[{'path':'/a'},{'path':'/n'},{'path':'/b'}]}", "{'paths':[{'path':'/b'}]}",
       "{'paths':[{'path':'/n'},{'path':'/b'}]}", ""},
      {"{'paths':[{'path':'/a','s':1}]}", "{'paths':[]}", "{'paths':[{'path':'/a','s':2}]}",
       "{'paths':[{'path':'/a','s':2}]}", "paths[/a ] "},
      {"{'l':['a','b','c']}", "{'l':['c','a','b']}", "{'l':['a','b','c','d']}",
       "{'l':['c','d','a','b']}", ""},
      {"{'l':['a','b','c']}", "{'l':['c','a','b']}", "{'l':['b','a','c']}", "{'l':['b','a','c']}",
       "l "},
      {"{'ports':[{'port':80}]}", "{'ports':[{'port':80,'nodePort':1}]}",
       "{'ports':[{'port':80},{'port':81}]}", "{'ports':[{'port':80,'nodePort':1},{'port':81}]}",
       ""},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) base = world_json(rows[i].base);
    OB_AUTOPTR(ob_json) mine = world_json(rows[i].mine);
    OB_AUTOPTR(ob_json) theirs = world_json(rows[i].theirs);
    OB_AUTOPTR(ob_json) want = world_json(rows[i].merged);
    OB_AUTO(ob_tree_conflicts) conflicts = {0};
    OB_AUTOPTR(ob_json) got = ob_tree_merge(base, mine, theirs, &conflicts);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    cr_expect(ob_json_equal(got, want), "row %zu: %s", i, printed(got, &text));
    ob_buf_reset(&text);
    for (size_t k = 0; k < conflicts.all.len; k++)
      ob_buf_addf(&text, "%s ", conflicts.all.at[k].path);
    cr_expect_str_eq(ob_buf_str(&text), rows[i].conflicts, "row %zu: %s", i, ob_buf_str(&text));
  }
}

/* --- random trees ------------------------------------------------------------------------- */
static ob_json *grow(ob_rng *r, int depth) {
  static const char *const keys[] = {"ports", "paths", "rules", "a", "b", "name", "path"};
  uint32_t what = ob_rng_below(r, depth ? 6 : 3);
  if (what == 0) return ob_json_new_int(ob_rng_below(r, 3));
  if (what <= 2) return ob_json_new_str((const char *const[]){"x", "y", "z/~"}[ob_rng_below(r, 3)]);
  ob_json *j = what == 3 ? ob_json_new_array() : ob_json_new_object();
  for (uint32_t n = ob_rng_below(r, 4); n; n--) {
    ob_json *child = grow(r, depth - 1);
    if (what == 3)
      ob_json_push(j, child);
    else
      ob_json_put(j, keys[ob_rng_below(r, OB_LEN(keys))], child);
  }
  return j;
}

static ob_json *grow_object(ob_rng *r) {
  ob_json *j = ob_json_new_object();
  for (int i = 0; i < 3; i++)
    ob_json_put(j, (const char *const[]){"rules", "ports", "m"}[ob_rng_below(r, 3)], grow(r, 4));
  return j;
}

Test(tree, patches_and_merges_of_random_trees) {
  const char *seed = getenv("OB_SEED");
  ob_rng r = {.state = seed ? strtoull(seed, NULL, 10) : 7};
  enum { RUNS = 5000 };
  for (int i = 0; i < RUNS; i++) {
    uint64_t at = r.state;
    OB_AUTOPTR(ob_json) from = grow_object(&r);
    OB_AUTOPTR(ob_json) to = grow_object(&r);
    ob_err err = {0};
    OB_AUTOPTR(ob_json) got = ob_json_dup(from);
    OB_AUTOPTR(ob_json) patch = ob_tree_json_patch(from, to);
    cr_assert_eq(ob_json_patch(&got, patch, &err), 0, "OB_SEED=%llu: %s", (unsigned long long)at,
                 err.msg);
    cr_assert(ob_json_equal(got, to), "OB_SEED=%llu", (unsigned long long)at);

    OB_AUTO(ob_tree_diff) d = {0};
    ob_tree_diff_add(&d, from, to);
    cr_assert_eq(d.changes.len == 0, ob_json_equal(from, to), "OB_SEED=%llu",
                 (unsigned long long)at);
    cr_assert(ob_tree_covers(from, from, NULL));

    OB_AUTO(ob_tree_conflicts) none = {0};
    OB_AUTOPTR(ob_json) mine = ob_tree_merge(from, to, from, &none);
    OB_AUTOPTR(ob_json) theirs = ob_tree_merge(from, from, to, &none);
    OB_AUTOPTR(ob_json) same = ob_tree_merge(from, to, to, &none);
    cr_assert_eq(none.all.len, 0);
    cr_assert(ob_json_equal(mine, to) && ob_json_equal(theirs, to) && ob_json_equal(same, to));
  }
}
