/* The filter language and label selectors, by tables. */
#include "world.h"

#include "base/str.h"
#include "model/filter.h"
#include "model/selector.h"
#include <criterion/criterion.h>

/* --- filter ------------------------------------------------------------------------------ */
static char *names_of(const ob_cluster *c, ob_view_id view, const char *filter) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(65536);
  OB_AUTO(ob_buf) cell = OB_BUF_INIT(OB_LINE_MAX);
  ob_list *l = ob_list_new(c, view);
  ob_err err;
  if (ob_list_set(l, &(ob_list_opts){.sort = -1, .filter = filter}, WORLD_NOW_MS, &err) < 0)
    ob_buf_addf(&out, "error: %s", err.msg);
  else
    for (size_t i = 0; i < ob_list_len(l); i++)
      ob_buf_addf(
          &out, "%s%s", i ? " " : "",
          world_cell(c, view, ob_list_at(l, i), view == OB_VIEW_INGRESS ? "path" : "name", &cell));
  ob_list_free(l);
  return ob_buf_take(&out, NULL);
}

static const struct {
  ob_view_id view;
  const char *filter, *wanted;
} filters[] = {
    {OB_VIEW_SERVICES, "", "api headless lb name pending web"},
    {OB_VIEW_SERVICES, "   ", "api headless lb name pending web"},
    {OB_VIEW_SERVICES, "web", "web"},
    {OB_VIEW_SERVICES, "WEB", "web"},
    {OB_VIEW_SERVICES, "10.96 load", "lb pending"},
    {OB_VIEW_SERVICES, "10.96 !load", "api web"},
    {OB_VIEW_SERVICES, "!", "api headless lb name pending web"},
    {OB_VIEW_SERVICES, "/^(web|api)$/", "api web"},
    {OB_VIEW_SERVICES, "!/^(web|api)$/", "headless lb name pending"},
    {OB_VIEW_SERVICES, "/we", ""},
    {OB_VIEW_SERVICES, "60m", ""}, /* ages are not searched */
    {OB_VIEW_SERVICES, "type:lb", "lb pending"},
    {OB_VIEW_SERVICES, "type:LoadBalancer", "lb pending"},
    {OB_VIEW_SERVICES, "!type:lb", "api headless name web"},
    {OB_VIEW_SERVICES, "TYPE:np", "web"},
    {OB_VIEW_SERVICES, "type:", "api headless lb name pending web"},
    {OB_VIEW_SERVICES, "ready:0", "api"},
    {OB_VIEW_SERVICES, "ready:>0", "headless lb pending web"},
    {OB_VIEW_SERVICES, "ready:<=1", "api headless lb pending"},
    {OB_VIEW_SERVICES, "ready:1/2", "lb"},
    {OB_VIEW_SERVICES, "ns:shop web", "web"},
    {OB_VIEW_SERVICES, "ns:other", ""},
    {OB_VIEW_SERVICES, "port:443", "lb"},
    {OB_VIEW_SERVICES, "port:44", ""},
    {OB_VIEW_SERVICES, "port:>30000", "lb pending web"},
    {OB_VIEW_SERVICES, "ports:80*", "api pending web"},
    {OB_VIEW_SERVICES, "clusterip:10.96.0.3", "lb"},
    {OB_VIEW_SERVICES, "routes:>=1", "api web"},
    {OB_VIEW_SERVICES, "age:<2h", "api headless lb name pending web"},
    {OB_VIEW_SERVICES, "age:<59m", ""},
    {OB_VIEW_SERVICES, "age:>1h", ""},
    {OB_VIEW_SERVICES, "age:>=1h", "api headless lb name pending web"},
    {OB_VIEW_SERVICES, "age:1h30m", "api headless lb name pending web"},
    {OB_VIEW_SERVICES, "externalip:\"<none>\"", "api headless web"},
    {OB_VIEW_SERVICES, "selector:app=web", "web"},
    {OB_VIEW_SERVICES, "80:30080", "web"},
    {OB_VIEW_SERVICES, "-l app", ""},
    {OB_VIEW_SERVICES, "-l !app web", "web"},
    {OB_VIEW_SERVICES, "!-l app web", "web"},
    {OB_VIEW_SERVICES, "-l \"app notin (a, b)\" api", "api"},
    {OB_VIEW_SERVICES, "\"no ready endpoint\"", "api"},
    {OB_VIEW_INGRESS, "host:*.example.com", "/gone /port /api /"},
    {OB_VIEW_INGRESS, "host:s*.example.org", ""},
    {OB_VIEW_INGRESS, "path:/a?i", "/api"},
    {OB_VIEW_INGRESS, "service:web", "/port /"},
    {OB_VIEW_INGRESS, "port:80", "/gone"},
    {OB_VIEW_INGRESS, "/api", "/api"},
    {OB_VIEW_EXPOSURE, "way:ing ready:3", "front"},
    {OB_VIEW_EXPOSURE, "type:np port:30080", "web"},
    {OB_VIEW_EXPOSURE, "https://shop", "front front front front"},
    {OB_VIEW_EXPOSURE, "severity:high !way:ing", "pending"},
};

Test(filter, terms) {
  ob_cluster *c = world_shop();
  for (size_t i = 0; i < OB_LEN(filters); i++) {
    OB_AUTOFREE char *got = names_of(c, filters[i].view, filters[i].filter);
    cr_expect_str_eq(got, filters[i].wanted, "%s: \"%s\", wanted \"%s\"", filters[i].filter, got,
                     filters[i].wanted);
  }
  ob_cluster_free(c);
}

static const struct {
  const char *filter, *says;
} broken[] = {
    {"colour:red", "no column \"colour\" in services"},
    {"web colour:red", "no column \"colour\""},
    {"/(/", "/(/ is no regular expression"},
    {"/a{200}{200}/", "repeats too much"},
    {"/a++++++++/", "repeats too much"},
    {"/((((((((a+)+)+)+)+)+)+)+/", "repeats too much"},
    {"/(a{16}b+){9}+/", "repeats too much"},
    {"/(x)\\1/", "refers back"},
    {"/(a)\\1/", "refers back"},
    {"age:<soon", "age:<soon is no time"},
    {"age:<99999999999999999999h", "is no time"},
    {"ready:<many", "ready:<many compares with no number"},
    {"-l", "-l wants a label selector"},
    {"-l a=b=c", "selector:"},
};

/* An error names the term, and the list stays as it was. */
Test(filter, errors_name_the_term) {
  ob_cluster *c = world_shop();
  ob_list *l = ob_list_new(c, OB_VIEW_SERVICES);
  cr_assert_eq(ob_list_set(l, &(ob_list_opts){.sort = -1, .filter = "web"}, WORLD_NOW_MS, NULL), 0);
  for (size_t i = 0; i < OB_LEN(broken); i++) {
    ob_err err;
    int rc =
        ob_list_set(l, &(ob_list_opts){.sort = -1, .filter = broken[i].filter}, WORLD_NOW_MS, &err);
    cr_expect_eq(rc, -OB_EUSAGE, "%s", broken[i].filter);
    cr_expect(strstr(err.msg, broken[i].says), "%s: %s", broken[i].filter, err.msg);
    cr_expect_eq(ob_list_len(l), 1, "%s", broken[i].filter);
  }
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(filter, limits) {
  ob_err err;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 16);
  for (int i = 0; i < OB_FILTER_TERMS; i++) ob_buf_adds(&text, "a ");
  ob_filter *f = ob_filter_parse(&ob_views[0], ob_buf_str(&text), &err);
  cr_expect_not_null(f);
  ob_filter_free(f);
  ob_buf_adds(&text, "b");
  cr_expect_null(ob_filter_parse(&ob_views[0], ob_buf_str(&text), &err));
  ob_buf_fill(&text, 'x', OB_FILTER_MAX);
  cr_expect_null(ob_filter_parse(&ob_views[0], ob_buf_str(&text), &err));
  cr_expect(strstr(err.msg, "longer"));
}

/* --- selector ---------------------------------------------------------------------------- */
static const struct {
  const char *selector;
  bool matches; /* labels: app=web tier=front n=5 x.io/y=1 empty= */
} selectors[] = {
    {"", true},
    {"app=web", true},
    {"app==web", true},
    {"app = web , tier=front", true},
    {"app=api", false},
    {"app=web,tier=back", false},
    {"app!=web", false},
    {"app!=api", true},
    {"none!=api", true},
    {"app in (web,api)", true},
    {"app in (api)", false},
    {"app notin (api, db)", true},
    {"app notin (web)", false},
    {"none notin (web)", true},
    {"none in (web)", false},
    {"app", true},
    {"none", false},
    {"!none", true},
    {"! none", true},
    {"!app", false},
    {"n>4", true},
    {"n>5", false},
    {"n<6", true},
    {"none>1", false},
    {"app>1", false},
    {"x.io/y=1", true},
    {"empty=", true},
    {"empty", true},
    {"empty in ()", true},
    {"app=", false},
    {"in=1", false},
    {"App=web", false},
};

static ob_object *labelled(void) {
  return world_object(
      OB_KIND_SERVICE,
      "{'metadata':{'name':'a','uid':'u','labels':{'app':'web','tier':'front','n':'5',"
      "'x.io/y':'1','empty':''}}}");
}

Test(selector, requirements) {
  ob_object *o = labelled();
  for (size_t i = 0; i < OB_LEN(selectors); i++) {
    ob_err err;
    OB_AUTOPTR(ob_selector) s = ob_selector_parse(selectors[i].selector, &err);
    cr_assert_not_null(s, "%s: %s", selectors[i].selector, err.msg);
    cr_expect_eq(ob_selector_matches(s, o), selectors[i].matches, "%s", selectors[i].selector);
  }
  cr_expect(ob_selector_matches(NULL, o));
  ob_object_free(o);
}

static const struct {
  const char *selector, *says;
} bad_selectors[] = {
    {"a in (", "lack a )"},
    {"a in (b", "lack a )"},
    {"a in b", "wants values in parentheses"},
    {"=b", "a label key is missing"},
    {"a=b,", "nothing follows the last comma"},
    {"a=b,,c", "a label key is missing"},
    {"a b", "which is no operator"},
    {"a=b c", "\"c\" stands where a comma should"},
    {"a=b=c", "stands where a comma should"},
    {"-a=b", "\"-a\" is no label key"},
    {"a/b/c=d", "is no label key"},
    {"/b=d", "is no label key"},
    {"a=_b", "\"_b\" is no label value"},
    {"a>b", "which is no number"},
    {"!a=b", "stands where a comma should"},
    {"a=\033", "stands where a comma should"},
    {"a1234567890123456789012345678901234567890123456789012345678901234=b", "is no label key"},
};

Test(selector, errors_name_the_part) {
  for (size_t i = 0; i < OB_LEN(bad_selectors); i++) {
    ob_err err = {0};
    OB_AUTOPTR(ob_selector) s = ob_selector_parse(bad_selectors[i].selector, &err);
    cr_expect_null(s, "%s", bad_selectors[i].selector);
    cr_expect_eq(err.code, OB_EUSAGE);
    cr_expect(strstr(err.msg, bad_selectors[i].says), "%s: %s", bad_selectors[i].selector, err.msg);
  }
}

Test(selector, has_a_limit) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 16);
  ob_buf_fill(&text, 'a', OB_SELECTOR_MAX + 1);
  ob_err err;
  cr_expect_null(ob_selector_parse(ob_buf_str(&text), &err));
  cr_expect(strstr(err.msg, "longer"));
}

static bool is_filter(const char *text) {
  ob_err err = {0};
  OB_AUTOPTR(ob_filter) f = ob_filter_parse(&ob_views[OB_VIEW_SERVICES], text, &err);
  if (!f) cr_expect_eq(err.code, OB_EUSAGE);
  return f != NULL;
}

/* A filter of n times the same piece. */
static bool is_filter_of(const char *piece, size_t n) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  for (size_t i = 0; i < n; i++) ob_buf_adds(&text, piece);
  return is_filter(ob_buf_str(&text));
}

Test(filter, has_limits) {
  cr_expect(is_filter_of("a", OB_FILTER_MAX - 1) && !is_filter_of("a", OB_FILTER_MAX));
  cr_expect_not(is_filter_of("a", (size_t)OB_FILTER_MAX * 100));
  cr_expect(is_filter_of("a ", OB_FILTER_TERMS) && !is_filter_of("a ", OB_FILTER_TERMS + 1));
  cr_expect_not(is_filter_of("a ", (size_t)OB_FILTER_TERMS * 100));
  static const struct {
    const char *text;
    bool good;
  } rows[] = {{"/a{255}/", true},       {"/a{256}/", false},       {"/a{25500}/", false},
              {"/a+++++++/", true},     {"/[{+]{3}[]}+]+/", true}, {"/a+b+c+d+e+f+g+h+i+/", true},
              {"/\\++\\{99999/", true}, {"/(a|b+)*(c?)*/", true},  {"/[[:digit:]+{999}]+/", true}};
  cr_assert_eq(OB_FILTER_REPEAT, 255, "the rows stand around it");
  for (size_t i = 0; i < OB_LEN(rows); i++)
    cr_expect_eq(is_filter(rows[i].text), rows[i].good, "%s", rows[i].text);
}
