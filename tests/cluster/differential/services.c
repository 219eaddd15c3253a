/* What is sent to Services: section by section of ValidateService, and each conversion of a type.
 */
#include "../../contract/client.h"
#include "gen.h"

static const char *const variants[] = {
    "'type':'ClusterIP'",    "'type':'NodePort'",  "'type':'LoadBalancer'",
    "'type':'ExternalName'", "'clusterIP':'None'",
};
enum { CIP = 1, NP = 2, LB = 4, EXT = 8, HEADLESS = 16, REAL = CIP | NP | LB, ALL = 31 };

static const gen_field fields[] = {
    {"ports", ALL & ~EXT, 97,
     "[{'port':80}]|[{'port':80,'targetPort':8080}]|[{'port':80,'targetPort':'http'}]|"
     "[{'name':'http','port':80},{'name':'https','port':443}]|[{'port':53,'protocol':'UDP'}]|"
     "[{'name':'dns','port':53,'protocol':'UDP'},{'name':'dns-tcp','port':53,'protocol':'TCP'}]|"
     "[{'name':'g','port':9000,'appProtocol':'kubernetes.io/h2c'}]|"
     "[{'name':'1a','port':65535}]|[{'port':10250}]|[{'name':'','port':81,'protocol':''}]",
     "[]|null|[{}]|[{'port':0}]|[{'port':-1}]|[{'port':65536}]|[{'port':80},{'port':81}]|"
     "[{'name':'a','port':80},{'name':'a','port':81}]|[{'name':'a','port':80},{'name':'b','port':"
     "80}]|"
     "[{'name':'A','port':80}]|[{'name':'a.b','port':80}]|[{'port':80,'protocol':'ICMP'}]|"
     "[{'port':80,'targetPort':'Not A Name'}]|[{'port':80,'targetPort':70000}]|"
     "[{'port':80,'targetPort':'x--y'}]|[{'port':80,'targetPort':''}]|[{'port':'80'}]|"
     "[{'port':80,'nodePort':30001}]|[{'port':80,'nodePort':29999}]|[{'port':80,'nodePort':32768}]|"
     "[{'name':'a','port':80,'nodePort':30002},{'name':'b','port':81,'nodePort':30002}]|"
     "[{'name':'a','port':80,'nodePort':30003},{'name':'b','port':80,'protocol':'UDP'}]|"
     "[{'name':'a','port':80,'appProtocol':'a b'}]|[{'port':80.5}]|{'port':80}|[80]|"
     "[{'name':'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm','port':1}]"},
    {"selector", ALL, 60, "{'app':'web'}|{'app':'web','tier':'a_b.c'}|{}|{'x.example/y':''}",
     "{'a':1}|{'-a':'b'}|{'a':'b c'}|'app'|{'a':null}|{'':'x'}|{'a':true}|['a']"},
    {"externalName", EXT, 100, "'h.example'|'h.example.'|'a'",
     "''|'-h'|'h_x.example'|'H.example'|1|'10.0.0.1'|'h..x'"},
    {"sessionAffinity", REAL, 10, "'None'|'ClientIP'", "'Cookie'|''|1"},
    {"sessionAffinityConfig", 0, 0, "{'clientIP':{'timeoutSeconds':30}}",
     "{'clientIP':{'timeoutSeconds':0}}|{'clientIP':{'timeoutSeconds':86401}}|{'clientIP':{}}|{}"},
    {"internalTrafficPolicy", REAL, 10, "'Cluster'|'Local'", "'Near'|''"},
    {"externalTrafficPolicy", NP | LB, 20, "'Cluster'|'Local'", "'Near'|''"},
    {"healthCheckNodePort", 0, 0, "30010", "30011|29999|70000|-1|'x'"},
    {"loadBalancerSourceRanges", LB, 15, "['10.0.0.0/8']|['192.0.2.0/24','2001:db8::/32']|[]",
     "['10.0.0.0/40']|['10.0.0.1']|['x']|['']|[' 10.0.0.0/8']|['10.0.0.1/8']|['010.0.0.0/8']"},
    {"loadBalancerIP", LB, 5, "'192.0.2.9'", "'x'|'192.0.2.10'"},
    {"loadBalancerClass", LB, 15, "'internal.example/fast'|'plain'", "'a b'|''|'/x'|'A/b/c'"},
    {"allocateLoadBalancerNodePorts", LB, 15, "true|false", "false|'x'"},
    {"externalIPs", REAL, 8, "['192.0.2.1']|['192.0.2.1','2001:db8::1']",
     "['x']|['127.0.0.1']|['0.0.0.0']|['169.254.0.1']|['']|['224.0.0.1']"},
    {"clusterIPs", 0, 0, "['None']",
     "['10.96.0.40']|['x']|['10.96.0.1','10.96.0.2']|['']|['None','None']|"
     "['10.96.0.41','fd00:10:96::41']|['fd00:10:96::42']|['10.96.0.43','10.96.0.44','10.96.0.45']"},
    {"clusterIP", 0, 0, "'None'",
     "'10.96.0.50'|'x'|'192.168.9.9'|''|'10.96.0.1'|'None'|'fd00:10:96::51'|'010.96.0.52'"},
    {"ipFamilyPolicy", REAL | HEADLESS, 15, "'SingleStack'|'PreferDualStack'|'RequireDualStack'",
     "'Both'|''"},
    {"ipFamilies", REAL | HEADLESS, 6, "['IPv4']|['IPv6']",
     "['IPv4','IPv6']|['IPv6','IPv4']|['IPv5']|['IPv4','IPv4']|[]|['IPv4','IPv6','IPv4']"},
    {"publishNotReadyAddresses", ALL, 5, "true|false", "1"},
    {"trafficDistribution", ALL, 8, "'PreferClose'|'PreferSameNode'|'PreferSameZone'",
     "'PreferFar'|''"},
    {"type", 0, 0, "'ClusterIP'|'NodePort'|'LoadBalancer'|'ExternalName'", "'Other'|''|1"},
    {"unheard", 0, 0, "1", "1|{'a':[]}|null"},
    {"metadata.labels", ALL, 20, "{'a':'b'}|{'x.example/a':'B_1'}",
     "{'a':1}|{'a b':'c'}|{'a':'b c'}|{'/a':'b'}|{'a':null}|'x'"},
    {"metadata.annotations", ALL, 20, "{'a':'any thing'}|{'X/y':'z'}",
     "{'a':1}|{'a b':'c'}|{'service.beta.kubernetes.io/load-balancer-source-ranges':'10.0.0.0/8'}|"
     "{'service.beta.kubernetes.io/load-balancer-source-ranges':'x'}|"
     "{'service.kubernetes.io/topology-mode':'Auto'}"},
    {"metadata.finalizers", 0, 0, "[]", "['a']|['x.example/y']|['a b']"},
    {"metadata.namespace", 0, 0, "'~'", "'elsewhere'"},
    {"metadata.generateName", 0, 0, "'g-'", "'G_'"},
    {"metadata.resourceVersion", 0, 0, "''", "'1'|5"},
    {"metadata.uid", 0, 0, "''", "'x'"},
    {"metadata.unheard", 0, 0, "1", "1"},
    {"metadata.ownerReferences", 0, 0, "[]",
     "[{'apiVersion':'v1','kind':'Pod','name':'p'}]|[{'apiVersion':'v1','kind':'Pod','name':'p','"
     "uid':'u'}]"},
};

#define SPEC(x) "{'spec':{" x "}}"
#define LEAVE_LB                                                                                   \
  "{'metadata':{'annotations':{'service.beta.kubernetes.io/load-balancer-source-ranges':null}},"   \
  "'spec':{'loadBalancerSourceRanges':null,'loadBalancerIP':null,"
#define TWICE(x)                                                                                   \
  {CT_MERGE, x}, {                                                                                 \
    CT_MERGE, x                                                                                    \
  }

static const gen_change changes[] = {
    /* the table of conversions, each as outboard sends it */
    TWICE(SPEC("'type':'ClusterIP'")),
    TWICE(SPEC("'type':'NodePort'")),
    TWICE(SPEC("'type':'LoadBalancer'")),
    {CT_MERGE, SPEC("'type':'LoadBalancer','loadBalancerClass':'a.example/b'")},
    {CT_MERGE, SPEC("'type':'LoadBalancer','allocateLoadBalancerNodePorts':false")},
    TWICE(LEAVE_LB "'type':'ClusterIP'}}"),
    TWICE(LEAVE_LB "'type':'NodePort'}}"),
    TWICE(LEAVE_LB "'type':'ExternalName','externalName':'h.example'}}"),
    TWICE(SPEC("'type':'ExternalName','externalName':'h.example'")),
    TWICE(SPEC("'type':'ClusterIP','externalName':null")),
    {CT_MERGE, SPEC("'type':'ClusterIP','externalName':null,'ports':[{'port':80}]")},
    {CT_MERGE, SPEC("'type':'NodePort','externalName':null,'ports':[{'port':80}]")},
    {CT_MERGE, SPEC("'type':'LoadBalancer','externalName':null,'ports':[{'port':80}]")},
    TWICE(SPEC("'type':'ClusterIP','clusterIP':'None','externalName':null")),
    {CT_MERGE, SPEC("'type':'ClusterIP','clusterIP':'None','clusterIPs':['None']")},
    {CT_MERGE, SPEC("'clusterIP':null")},
    {CT_MERGE, SPEC("'clusterIP':null,'clusterIPs':null")},
    {CT_MERGE, SPEC("'clusterIP':null,'clusterIPs':null,'ipFamilies':['IPv6']")},
    {CT_MERGE, SPEC("'clusterIP':'None'")},
    {CT_MERGE, SPEC("'clusterIP':'10.96.0.60'")},
    {CT_MERGE, SPEC("'clusterIP':'@ip@'")},
    {CT_MERGE, SPEC("'healthCheckNodePort':30012")},
    {CT_MERGE, SPEC("'loadBalancerClass':'other.example/x'")},
    {CT_MERGE, SPEC("'externalTrafficPolicy':'Local'")},
    {CT_MERGE, SPEC("'ipFamilyPolicy':'PreferDualStack'")},
    {CT_MERGE, SPEC("'ipFamilyPolicy':'RequireDualStack'")},
    {CT_MERGE, SPEC("'ipFamilyPolicy':'SingleStack'")},
    {CT_MERGE, SPEC("'ipFamilyPolicy':'SingleStack','ipFamilies':['IPv4']")},
    {CT_MERGE, SPEC("'ports':null")},
    {CT_MERGE, SPEC("'ports':[{'port':80,'nodePort':80}]")},
    {CT_MERGE, SPEC("'type':'NodePort','ports':[{'port':80,'nodePort':30020}]")},
    {CT_MERGE, SPEC("'type':'NodePort','ports':[{'port':80,'nodePort':80}]")},
    {CT_MERGE, SPEC("'type':'ClusterIP','ports':[{'port':80,'nodePort':30020}]")},
    {CT_MERGE, SPEC("'ports':[{'port':80,'nodePort':null},{'name':'b','port':81}]")},
    {CT_MERGE, SPEC("'ports':[{'name':'a','port':80},{'name':'b','port':81}]")},
    {CT_MERGE, "{'metadata':{'resourceVersion':'@rv@'},'spec':{'type':'NodePort'}}"},
    {CT_MERGE, "{'metadata':{'resourceVersion':'1'},'spec':{'type':'NodePort'}}"},
    {CT_MERGE, "{'metadata':{'resourceVersion':null,'uid':null}}"},
    {CT_MERGE, "{'metadata':{'uid':'@uid@','labels':{'a':'z'}}}"},
    {CT_MERGE, "{'metadata':{'uid':'other'}}"},
    {CT_MERGE, "{'metadata':{'name':'other'}}"},
    {CT_MERGE, "{'metadata':{'labels':{'a':'b','c':null}}}"},
    {CT_MERGE, "{'metadata':null}"},
    {CT_MERGE, "{'spec':null}"},
    {CT_MERGE, "{'kind':'Pod'}"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}}"},
    {CT_MERGE, "{}"},
    {CT_MERGE, "[]"},
    {CT_MERGE, "{"},
    /* lists are edited by JSON Patch */
    {CT_PATCH, "[{'op':'replace','path':'/spec/ports/0/port','value':81}]"},
    {CT_PATCH, "[{'op':'test','path':'/spec/ports/0/port','value':80},"
               "{'op':'replace','path':'/spec/ports/0/port','value':82}]"},
    {CT_PATCH, "[{'op':'add','path':'/spec/ports/-','value':{'name':'x','port':99}}]"},
    {CT_PATCH, "[{'op':'add','path':'/spec/ports/0/nodePort','value':30021}]"},
    {CT_PATCH, "[{'op':'remove','path':'/spec/ports/0'}]"},
    {CT_PATCH, "[{'op':'remove','path':'/spec/ports/7'}]"},
    {CT_PATCH, "[{'op':'remove','path':'/spec/nothing'}]"},
    {CT_PATCH, "[{'op':'replace','path':'/metadata/resourceVersion','value':'@rv@'},"
               "{'op':'replace','path':'/spec/type','value':'NodePort'}]"},
    {CT_PATCH, "[{'op':'replace','path':'/metadata/resourceVersion','value':'1'},"
               "{'op':'replace','path':'/spec/type','value':'NodePort'}]"},
    {CT_PATCH, "[{'op':'test','path':'/spec/type','value':'NodePort'},"
               "{'op':'replace','path':'/spec/type','value':'ClusterIP'}]"},
    {CT_PATCH, "[{'op':'replace','path':'/spec/unheard','value':1}]"},
    {CT_PATCH, "[{'op':'replace','path':'/spec/ports/0/port','value':'x'}]"},
    {CT_PATCH, "[{'op':'add','path':'/metadata/annotations/x','value':'y'}]"},
    {CT_PATCH, "[{'op':'add','path':'/metadata/annotations','value':{'x~1y':'y'}}]"},
    {CT_PATCH, "[{'op':'move','from':'/spec/ports/0','path':'/spec/ports/1'}]"},
    {CT_PATCH, "[{'op':'copy','from':'/spec/ports/0','path':'/spec/ports/-'}]"},
    {CT_PATCH, "[{'op':'bogus','path':'/spec'}]"},
    {CT_PATCH, "[{'op':'test','path':'/spec/externalName','value':null}]"},
    {CT_PATCH, "{'op':'test'}"},
    {CT_PATCH, "[]"},
    /* what controllers send, and what they must not */
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'hostname':'lb.example'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'hostname':'LB.example'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'hostname':'10.0.0.1'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'ip':'x','ipMode':'VIP'}]}}}", "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'hostname':'a','ipMode':'VIP'}]}}}",
     "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1','ipMode':'Other'}]}}}",
     "/status"},
    {CT_MERGE, "{'status':{'loadBalancer':null},'spec':{'type':'NodePort'}}", "/status"},
    /* kubectl's own */
    {CT_STRATEGIC, SPEC("'type':'NodePort'")},
    {CT_STRATEGIC, SPEC("'ports':[{'port':80,'name':'http','nodePort':30022}]")},
    {CT_STRATEGIC, SPEC("'ports':[{'port':80,'$patch':'delete'}]")},
    {CT_STRATEGIC, SPEC("'selector':null")},
    {"text/plain", "x"},
    /* whole objects */
    {NULL, "{}"},
    {NULL, SPEC("'type':'NodePort'")},
    {NULL, SPEC("'type':'LoadBalancer'")},
    {NULL, SPEC("'type':'ExternalName','externalName':'h.example','ports':null")},
    {NULL, SPEC("'clusterIP':null,'clusterIPs':null,'ports':[{'port':90}]")},
    {NULL, "{'metadata':{'resourceVersion':'1'}}"},
    {NULL, "{'metadata':{'resourceVersion':null},'spec':{'type':'ClusterIP'}}"},
    {NULL, "{'metadata':{'uid':'other'}}"},
    {NULL, "{'spec':null}"},
};

const gen_kind gen_services = {.name = "Service",
                               .collection = CT_SVC,
                               .nvariants = OB_LEN(variants),
                               .variants = variants,
                               .fields = fields,
                               .nfields = OB_LEN(fields),
                               .changes = changes,
                               .nchanges = OB_LEN(changes)};
