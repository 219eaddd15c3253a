/* What is sent to Ingresses and their classes. */
#include "../../contract/client.h"
#include "gen.h"

#define BACK                   "{'service':{'name':'s','port':{'number':80}}}"
#define PATH(path, type, back) "{'path':'" path "','pathType':'" type "','backend':" back "}"
#define HTTP(paths)            "'http':{'paths':[" paths "]}"
#define GOOD                   PATH("/", "Prefix", BACK)
#define BACKEND(back)          "[{" HTTP(PATH("/", "Prefix", back)) "}]"
#define PATHS(paths)           "[{'host':'p.example'," HTTP(paths) "}]"
#define HOST(host)             "[{'host':'" host "'}]"

static const char *const variants[] = {
    "'rules':[{'host':'a.example'," HTTP(GOOD) "}]",
    "'rules':[{" HTTP(GOOD "," PATH("/x", "Exact", BACK)) "},{'host':'*.b.example'}]",
    "'defaultBackend':" BACK,
    "'ingressClassName':'fast'",
};
enum { RULES = 1, TWO = 2, FALLBACK = 4, BARE = 8, ALL = 15 };

static const gen_field fields[] = {
    {"rules", BARE, 95,
     HOST("a.example") "|" HOST("*.example") "|" PATHS(GOOD) "|" PATHS(GOOD "," GOOD) "|" PATHS(PATH(
         "/a b?c#d", "Prefix",
         BACK)) "|" PATHS(PATH("", "ImplementationSpecific",
                               BACK)) "|" PATHS(PATH("/a//b", "ImplementationSpecific",
                                                     BACK)) "|" BACKEND("{'service':{'name':'s'"
                                                                        ",'port':{'name':'http'"
                                                                        "}}}") "|" BACKEND("{'"
                                                                                           "res"
                                                                                           "our"
                                                                                           "ce'"
                                                                                           ":{'"
                                                                                           "api"
                                                                                           "Gro"
                                                                                           "up'"
                                                                                           ":'"
                                                                                           "x."
                                                                                           "exa"
                                                                                           "mpl"
                                                                                           "e',"
                                                                                           "'ki"
                                                                                           "nd'"
                                                                                           ":'"
                                                                                           "K',"
                                                                                           "'na"
                                                                                           "me'"
                                                                                           ":'"
                                                                                           "n'}"
                                                                                           "}") "|"
                                                                                                "[{"
                                                                                                "'h"
                                                                                                "os"
                                                                                                "t'"
                                                                                                ":'"
                                                                                                "a."
                                                                                                "ex"
                                                                                                "am"
                                                                                                "pl"
                                                                                                "e'"
                                                                                                "},"
                                                                                                "{'"
                                                                                                "ho"
                                                                                                "st"
                                                                                                "':"
                                                                                                "'a"
                                                                                                ".e"
                                                                                                "xa"
                                                                                                "mp"
                                                                                                "le"
                                                                                                "'}"
                                                                                                "]|"
                                                                                                "[{"
                                                                                                "}]"
                                                                                                "|["
                                                                                                "{'"
                                                                                                "ho"
                                                                                                "st"
                                                                                                "':"
                                                                                                "''"
                                                                                                "}"
                                                                                                "]",
     "[]|null|" HOST("*") "|" HOST("10.0.0.1") "|" HOST("A.example") "|" HOST("a.example:80") "|" HOST("s\xc3\xb6.example") "|" HOST("a.*.example") "|" HOST("*.*.example") "|" HOST(
         "*a.example") "|" HOST("-a") "|" HOST("a..b") "|" HOST("::1") "|" HOST("[::1]") "|" HOST("a_b.example") "|" HOST("*.10.0.0.1") "|" HOST("a.example.") "|{}|[1]|'x'|[{'host':1}]"},
    {"rules", 0, 0, PATHS(GOOD),
     "[{'http':{'paths':[]}}]|[{'http':{}}]|[{'http':null}]|[{'http':{'paths':[{}]}}]|"
     "[{'http':{'paths':[{'path':'/','backend':" BACK "}]}}]|"
     "[{'http':{'paths':[{'pathType':'Prefix','backend':" BACK "}]}}]|"
     "[{'http':{'paths':[{'pathType':'ImplementationSpecific','backend':" BACK "}]}}]|"
     "[{'http':{'paths':[{'path':'/','pathType':'Prefix'}]}}]|" PATHS(PATH(
         "x", "Prefix",
         BACK)) "|" PATHS(PATH("", "Exact",
                               BACK)) "|" PATHS(PATH("x", "ImplementationSpecific",
                                                     BACK)) "|" PATHS(PATH("/a//b",
                                                                           "Prefix", BACK)) "|" PATHS(PATH("/a/./b", "Prefix", BACK)) "|" PATHS(PATH("/a/../b", "Exact", BACK)) "|" PATHS(PATH("/a%2fb", "Prefix", BACK)) "|" PATHS(PATH("/a%2Fb",
                                                                                                                                                                                                                                         "Exact",
                                                                                                                                                                                                                                         BACK)) "|" PATHS(PATH("/a/..",
                                                                                                                                                                                                                                                               "Prefix",
                                                                                                                                                                                                                                                               BACK)) "|" PATHS(PATH("/a/.",
                                                                                                                                                                                                                                                                                     "Prefix",
                                                                                                                                                                                                                                                                                     BACK)) "|" PATHS(PATH("//../.",
                                                                                                                                                                                                                                                                                                           "Exact", BACK)) "|" PATHS(PATH("/",
                                                                                                                                                                                                                                                                                                                                          "Regex",
                                                                                                                                                                                                                                                                                                                                          BACK)) "|" PATHS(PATH("/", "prefix", BACK)) "|" PATHS(GOOD
                                                                                                                                                                                                                                                                                                                                                                                                "," PATH(
                                                                                                                                                                                                                                                                                                                                                                                                    "x",
                                                                                                                                                                                                                                                                                                                                                                                                    "Exact",
                                                                                                                                                                                                                                                                                                                                                                                                    BACK))},
    {"rules", 0, 0, BACKEND(BACK),
     BACKEND("{}") "|" BACKEND("null") "|" BACKEND("{'service':{'name':'s'}}") "|" BACKEND("{'"
                                                                                           "service"
                                                                                           "':{}}") "|" BACKEND("{'service':{'name':'s','port':{}}}") "|" BACKEND("{'service':{'name':'s','port':{'name':'a','number':1}}}") "|" BACKEND("{'service':{'name':'s','port':{'number':65536}}}") "|" BACKEND("{'service':{'name':'s','port':{'number':0}}}") "|" BACKEND("{'service':{'name':'s','port':{'number':-1}}}") "|" BACKEND("{'service':{'name':'s','port':{'number':'x'}}}") "|" BACKEND("{'service':{'name':'s','"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "port':{'name':'A'}}}") "|" BACKEND("{'service':{'name':'s','port':{'name':'abcdefghijklmnop'}}}") "|" BACKEND("{'service':{'name':'s','port':{'name':'12'}}}") "|" BACKEND("{'service':{'name':'1s','port':{'number':1}}}") "|" BACKEND("{'service':{'name':'S','port':{'number':1}}}") "|" BACKEND("{'service':{'port':{'number':80}}}") "|" BACKEND("{'service':{'name':'s','port':{'number':80}},'resource':{'kind':'K','name':'n'}}") "|" BACKEND("{'resource':{}}") "|" BACKEND("{'resource':{'kind':'K'}}") "|" BACKEND("{'resource':{'kind':'K/k','name':'n/n','apiGroup':'-'}}") "|" BACKEND("{'serviceName':'s','servicePort':80}")},
    {"tls", ALL, 25,
     "[]|[{}]|[{'hosts':['a.example'],'secretName':'cert'}]|[{'hosts':['*.example']}]|"
     "[{'hosts':['unruled.example']},{'secretName':'b.c'}]",
     "[{'hosts':['*']}]|[{'hosts':['A.example']}]|[{'hosts':['10.0.0.1']}]|[{'hosts':['"
     "']}]|"
     "[{'secretName':'A "
     "b'}]|[{'hosts':'a'}]|[{'hosts':['a.example','-']},{'secretName':'x','hosts':['a:"
     "1']}]"},
    {"ingressClassName", ALL, 40, "'nginx'|'a.b'|'absent'", "''|'A'|'a/b'|1|'-'"},
    {"defaultBackend", RULES | TWO, 10, BACK "|{'service':{'name':'s','port':{'name':'http'}}}",
     "{}|{'service':{'name':'s'}}|{'resource':{'kind':'K','name':'n'}}|{'service':{'"
     "name':'','port':{'number':1}}}|"
     "{'service':{'name':'s','port':{'number':1,'name':'x'}},'resource':{'kind':'K','"
     "name':'n'}}"},
    {"backend", 0, 0, "null", "{'serviceName':'s','servicePort':80}"},
    {"unheard", 0, 0, "null", "1"},
    {"metadata.annotations", ALL, 25,
     "{'nginx.ingress.kubernetes.io/rewrite-target':'/$1'}|{'a':'b'}",
     "{'kubernetes.io/ingress.class':'nginx'}|{'kubernetes.io/ingress.class':''}|{'a "
     "b':'c'}|{'a':2}|"
     "{'kubernetes.io/ingress.class':'A b'}"},
    {"metadata.labels", ALL, 15, "{'a':'b'}", "{'a':'b c'}|{'a':false}|{'-':''}"},
    {"metadata.finalizers", 0, 0, "[]", "['x.example/y']|['a']"},
    {"metadata.name", 0, 0, "'~'", "'A'|'a.b'|''|'a_b'|1"},
};

#define R0 "/spec/rules/0"
#define P0 R0 "/http/paths/0"
static const gen_change changes[] = {
    {CT_PATCH, "[{'op':'replace','path':'/metadata/resourceVersion','value':'@rv@'},"
               "{'op':'test','path':'" R0 "/host','value':'a.example'},"
               "{'op':'test','path':'" P0 "','value':" GOOD "},"
               "{'op':'replace','path':'" P0 "/path','value':'/b'}]"},
    {CT_PATCH, "[{'op':'replace','path':'/metadata/resourceVersion','value':'1'},"
               "{'op':'test','path':'" P0 "','value':" GOOD "},"
               "{'op':'remove','path':'" P0 "'}]"},
    {CT_PATCH, "[{'op':'test','path':'" P0 "','value':" GOOD "},{'op':'remove','path':'" P0 "'}]"},
    {CT_PATCH, "[{'op':'remove','path':'" R0 "'}]"},
    {CT_PATCH, "[{'op':'remove','path':'/spec/rules/9'}]"},
    {CT_PATCH, "[{'op':'remove','path':'/spec/rules'}]"},
    {CT_PATCH,
     "[{'op':'add','path':'/spec/rules/-','value':{'host':'new.example'," HTTP(GOOD) "}}]"},
    {CT_PATCH, "[{'op':'add','path':'/spec/rules/0','value':{'host':'*'}}]"},
    {CT_PATCH, "[{'op':'add','path':'" R0 "/http/paths/-','value':" PATH("/n", "Exact", BACK) "}]"},
    {CT_PATCH, "[{'op':'add','path':'" R0 "/http/paths/0','value':" PATH("n", "Exact", BACK) "}]"},
    {CT_PATCH, "[{'op':'replace','path':'" P0 "/backend/service/port','value':{'name':'web'}}]"},
    {CT_PATCH, "[{'op':'add','path':'" P0 "/backend/service/port/name','value':'web'}]"},
    {CT_PATCH, "[{'op':'replace','path':'" P0 "/pathType','value':'ImplementationSpecific'}]"},
    {CT_PATCH, "[{'op':'remove','path':'" P0 "/pathType'}]"},
    {CT_PATCH,
     "[{'op':'add','path':'/spec/tls','value':[{'hosts':['a.example'],'secretName':'t'}]}]"},
    {CT_PATCH, "[{'op':'add','path':'/spec/tls/-','value':{'hosts':['a.example']}}]"},
    {CT_PATCH, "[{'op':'replace','path':'" R0 "/host','value':'c.example'}]"},
    {CT_PATCH, "[{'op':'replace','path':'" R0 "/host','value':5}]"},
    {CT_PATCH, "[{'op':'add','path':'/metadata/annotations/x','value':'y'}]"},
    {CT_MERGE, "{'spec':{'ingressClassName':'other'}}"},
    {CT_MERGE, "{'spec':{'ingressClassName':null}}"},
    {CT_MERGE, "{'spec':{'rules':null}}"},
    {CT_MERGE, "{'spec':{'rules':null,'defaultBackend':" BACK "}}"},
    {CT_MERGE, "{'spec':{'defaultBackend':null}}"},
    {CT_MERGE, "{'metadata':{'annotations':{'kubernetes.io/ingress.class':'x'}}}"},
    {CT_MERGE, "{'metadata':{'annotations':{'a.example/b':'c','a':null}}}"},
    {CT_MERGE, "{'metadata':{'resourceVersion':'1'},'spec':{'tls':null}}"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}}"},
    {CT_MERGE, "{'metadata':{'generation':7}}"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'hostname':'lb.example'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'hostname':'-'},{'ip':'x'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'hostname':'::1'}]}},'spec':null}",
     "/status"},
    {CT_STRATEGIC, "{'spec':{'rules':[{'host':'st.example'}]}}"},
    {NULL, "{}"},
    {NULL, "{'spec':{'rules':[{'host':'put.example'}]}}"},
    {NULL, "{'metadata':{'resourceVersion':null},'spec':{'tls':[{'hosts':['put.example']}]}}"},
    {NULL, "{'metadata':{'resourceVersion':'1'}}"},
    {NULL, "{'status':null}"},
    {NULL, "{'spec':null}"},
};

const gen_kind gen_ingresses = {.name = "Ingress",
                                .collection = CT_ING,
                                .nvariants = OB_LEN(variants),
                                .variants = variants,
                                .fields = fields,
                                .nfields = OB_LEN(fields),
                                .changes = changes,
                                .nchanges = OB_LEN(changes)};

/* Classes are the cluster's: none of these is a default, or Ingresses would change. */
static const char *const class_variants[] = {"'controller':'example.com/c'", ""};
static const gen_field class_fields[] = {
    {"parameters", 1, 40,
     "{'kind':'P','name':'p'}|{'apiGroup':'x.example','kind':'P','name':'p','scope':'Cluster'}|"
     "{'kind':'P','name':'p','scope':'Namespace','namespace':'n'}",
     "{}|{'kind':'P'}|{'kind':'P','name':'p','scope':'Other'}|{'kind':'P','name':'p','scope':'"
     "Namespace'}|"
     "{'kind':'P','name':'p','namespace':'n'}|{'kind':'P','name':'p','scope':'Cluster','namespace':"
     "'n'}|"
     "{'kind':'a/b','name':'c/d'}|1"},
    {"controller", 2, 90, "'a.example/b'|'a.example/b/c'",
     "''|'plain'|'A b/c'|'a.example/'|'/b'|1|'a.example/b c'"},
    {"unheard", 0, 0, "null", "1"},
    {"metadata.labels", 3, 15, "{'a':'b'}", "{'a':'b c'}"},
};
static const gen_change class_changes[] = {
    {CT_MERGE, "{'spec':{'controller':'other.example/c'}}"},
    {CT_MERGE, "{'spec':{'controller':null}}"},
    {CT_MERGE, "{'spec':{'parameters':null}}"},
    {CT_MERGE, "{'spec':{'parameters':{'kind':'Q','name':'q'}}}"},
    {CT_MERGE, "{'metadata':{'annotations':{'a':'b'}}}"},
    {CT_MERGE, "{'metadata':{'resourceVersion':'@rv@','labels':{'a':'b'}}}"},
    {NULL, "{}"},
    {NULL, "{'spec':null}"},
};
const gen_kind gen_classes = {.name = "IngressClass",
                              .collection = "/apis/networking.k8s.io/v1/ingressclasses",
                              .nvariants = OB_LEN(class_variants),
                              .variants = class_variants,
                              .fields = class_fields,
                              .nfields = OB_LEN(class_fields),
                              .changes = class_changes,
                              .nchanges = OB_LEN(class_changes)};
