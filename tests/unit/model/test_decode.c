/* JSON to packed objects: what is absent, null, of the wrong type, unknown, hostile or too much. */
#include "world.h"

#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/pack.h"
#include "model/provider.h"
#include <criterion/criterion.h>

#define SERVICE(o) OB_AS(ob_service, (o))
#define SLICE(o)   OB_AS(ob_slice, (o))

/* --- what makes an object ---------------------------------------------------------------- */
/* A uid is opaque text: what the server wrote comes back, whatever it is. */
Test(decode, a_uid_is_kept_in_16_bytes_and_read_back_as_written) {
  static const char *const uids[] = {"ae1fe830-2268-480a-a7bf-b2c8466b29f9",
                                     "00000000-0000-0000-0000-000000000001",
                                     "10000000-0000-0000-0000-000000000000",
                                     "00000000-0000-0000-0000-000000000000",
                                     "AE1FE830-2268-480A-A7BF-B2C8466B29F9",
                                     "ae1fe830-2268-480a-a7bf-b2c8466b29f9-",
                                     "ae1fe830-2268-480a-a7bf-b2c8466b29f",
                                     "ae1fe830-2268-480a-a7bfb-2c8466b29f9",
                                     "ae1fe83022684",
                                     "ae1fe8302268480aa7bfb2c8466b29f9",
                                     "u",
                                     "\xC3\xBC"};
  ob_object *all[OB_LEN(uids)];
  for (size_t i = 0; i < OB_LEN(uids); i++) {
    OB_AUTOFREE char *text =
        ob_asprintf("{'metadata':{'name':'n','namespace':'x','uid':'%s'}}", uids[i]);
    all[i] = world_object(OB_KIND_SERVICE, text);
    char space[OB_UID_TEXT];
    cr_expect_str_eq(ob_uid_text(all[i], space), uids[i]);
    cr_expect_not(ob_uid_none(all[i]->uid), "%s", uids[i]);
    cr_expect_eq(ob_uid_cmp(all[i]->uid, ob_uid_of(uids[i])), 0);
    for (size_t k = 0; k < i; k++) {
      int by = ob_uid_cmp(all[i]->uid, all[k]->uid);
      cr_expect(by != 0 && by == -ob_uid_cmp(all[k]->uid, all[i]->uid), "%s, %s", uids[i], uids[k]);
      cr_expect_neq(all[i]->digest, all[k]->digest);
    }
  }
  for (size_t i = 0; i < OB_LEN(uids); i++) ob_object_free(all[i]);
  cr_expect(ob_uid_none(ob_uid_of("")) && ob_uid_none(ob_uid_of(NULL)));
  cr_expect_lt(ob_uid_cmp(ob_uid_of(uids[1]), ob_uid_of(uids[2])), 0, "ordered as texts are");
}

Test(decode, an_object_has_a_name_and_a_uid) {
  static const struct {
    const char *json, *says; /* says NULL: it is one */
  } cases[] = {
      {"{\"metadata\":{\"name\":\"a\",\"uid\":\"u\"}}", NULL},
      {"{\"metadata\":{\"name\":\"a\"}}", "without metadata.uid"},
      {"{\"metadata\":{\"uid\":\"u\"}}", "without metadata.name"},
      {"{\"metadata\":{\"name\":\"\",\"uid\":\"u\"}}", "without metadata.name"},
      {"{\"metadata\":{\"name\":1,\"uid\":\"u\"}}", "without metadata.name"},
      {"{\"metadata\":null}", "without metadata.name"},
      {"{}", "without metadata.name"},
      {"[]", "without metadata.name"},
      {"null", "without metadata.name"},
      {"7", "without metadata.name"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++)
    for (int k = 0; k < OB_KIND_COUNT; k++) {
      OB_AUTOPTR(ob_json)
      j = ob_json_parse(cases[i].json, strlen(cases[i].json), OB_JSON_STRICT, NULL);
      ob_err err = {0};
      ob_object *o = ob_decode((ob_kind)k, j, &err);
      cr_expect_eq(o == NULL, cases[i].says != NULL, "%s", cases[i].json);
      if (cases[i].says)
        cr_expect(err.code == OB_EPROTO && strstr(err.msg, cases[i].says), "%s", err.msg);
      if (o) cr_expect_eq(o->kind, (ob_kind)k);
      ob_object_free(o);
    }
}

/* Every kind, with every member that it reads null, an empty list, or of another type. */
Test(decode, members_of_the_wrong_type) {
  static const char *const values[] = {"null",   "[]",   "{}",   "\"text\"", "-1",        "true",
                                       "[null]", "[{}]", "[[]]", "1e300",    "{'a':null}"};
  static const char *const members[] = {
      "'spec':%s",
      "'status':%s",
      "'endpoints':%s,'ports':%s",
      "'addressType':%s",
      "'spec':{'ports':%s,'selector':%s}",
      "'spec':{'rules':%s,'tls':%s,'defaultBackend':%s}",
      "'spec':{'rules':[{'http':%s,'host':%s}]}",
      "'spec':{'rules':[{'http':{'paths':%s}}]}",
      "'spec':{'rules':[{'http':{'paths':[{'backend':%s,'path':%s}]}}]}",
      "'spec':{'rules':[{'http':{'paths':[{'backend':{'service':%s,'resource':%s}}]}}]}",
      "'status':{'loadBalancer':%s}",
      "'status':{'loadBalancer':{'ingress':%s}}",
      "'status':{'addresses':%s,'conditions':%s}",
      "'endpoints':[{'addresses':%s,'conditions':%s,'targetRef':%s}]",
      "'spec':{'clusterIPs':%s,'externalIPs':%s}",
      "'spec':{'containers':%s},'status':{'containerStatuses':%s}",
      "'series':%s,'involvedObject':%s,'count':%s",
      "'spec':{'ports':[{'port':%s,'targetPort':%s,'nodePort':%s}]}"};
  for (int k = 0; k < OB_KIND_COUNT; k++)
    for (size_t m = 0; m < OB_LEN(members); m++)
      for (size_t v = 0; v < OB_LEN(values); v++) {
        OB_AUTO(ob_buf) b = OB_BUF_INIT(4096);
        ob_buf_adds(&b, "{'metadata':{'name':'n','uid':'u','labels':");
        ob_buf_adds(&b, values[v]);
        ob_buf_adds(&b, ",'annotations':");
        ob_buf_adds(&b, values[v]);
        ob_buf_adds(&b, "},");
        for (const char *at = members[m]; *at; at++)
          if (*at == '%' && at[1] == 's')
            ob_buf_adds(&b, values[v]), at++;
          else
            ob_buf_addc(&b, *at);
        ob_buf_addc(&b, '}');
        ob_object *o = world_object((ob_kind)k, ob_buf_str(&b));
        cr_expect_str_eq(o->name, "n");
        ob_object_free(o);
      }
}

/* --- nil --------------------------------------------------------------------------------- */
Test(decode, nil_conditions_of_an_endpoint) {
  static const struct {
    const char *conditions;
    bool ready, serving, terminating;
  } cases[] = {
      {"", true, true, false},
      {",'conditions':null", true, true, false},
      {",'conditions':{}", true, true, false},
      {",'conditions':{'ready':null,'serving':null,'terminating':null}", true, true, false},
      {",'conditions':{'ready':false}", false, true, false},
      {",'conditions':{'ready':false,'serving':false,'terminating':true}", false, false, true},
      {",'conditions':{'ready':'true'}", true, true, false},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    OB_AUTOFREE char *text = ob_asprintf("{'metadata':{'name':'a','uid':'u'},'endpoints':[{'"
                                         "addresses':['10.0.0.1']%s}],'ports':[{}]}",
                                         cases[i].conditions);
    ob_object *o = world_object(OB_KIND_SLICE, text);
    cr_assert_eq(SLICE(o)->nendpoints, 1);
    const ob_endpoint *e = &SLICE(o)->endpoints[0];
    cr_expect(e->ready == cases[i].ready && e->serving == cases[i].serving &&
                  e->terminating == cases[i].terminating,
              "%s", cases[i].conditions);
    cr_expect_eq(SLICE(o)->ports[0].port, -1, "an absent port is all ports");
    cr_expect_str_eq(SLICE(o)->ports[0].protocol, "TCP");
    cr_expect_str_eq(e->node, "");
    ob_object_free(o);
  }
}

Test(decode, defaults_of_a_service) {
  ob_object *o = world_object(OB_KIND_SERVICE,
                              "{'metadata':{'name':'a','uid':'u'},'spec':{'ports':[{'port':80}]}}");
  const ob_service *s = SERVICE(o);
  cr_expect_eq(s->type, OB_CLUSTER_IP);
  cr_expect_str_eq(s->ports[0].protocol, "TCP");
  cr_expect_str_eq(s->ports[0].target, "");
  cr_expect_str_eq(o->ns, "");
  cr_expect_eq(o->created_ms, 0);
  cr_expect(!s->external_local && !s->publish_not_ready && !s->no_node_ports);
  ob_object_free(o);
}

/* --- values
 * ---------------------------------------------------------------------------------------- */
Test(decode, types_of_services) {
  static const struct {
    const char *spec;
    ob_service_type type;
    const char *text;
  } cases[] = {
      {"", OB_CLUSTER_IP, ""},
      {"'type':'ClusterIP','clusterIP':'10.0.0.1'", OB_CLUSTER_IP, "ClusterIP"},
      {"'type':'ClusterIP','clusterIP':'None'", OB_HEADLESS, "ClusterIP"},
      {"'clusterIP':'None'", OB_HEADLESS, ""},
      {"'type':'NodePort'", OB_NODE_PORT, "NodePort"},
      {"'type':'LoadBalancer'", OB_LOAD_BALANCER, "LoadBalancer"},
      {"'type':'ExternalName','clusterIP':'None'", OB_EXTERNAL_NAME, "ExternalName"},
      {"'type':'Quantum'", OB_TYPE_UNKNOWN, "Quantum"},
      {"'type':'nodeport'", OB_TYPE_UNKNOWN, "nodeport"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    OB_AUTOFREE char *text =
        ob_asprintf("{'metadata':{'name':'a','uid':'u'},'spec':{%s}}", cases[i].spec);
    ob_object *o = world_object(OB_KIND_SERVICE, text);
    cr_expect_eq(SERVICE(o)->type, cases[i].type, "%s", cases[i].spec);
    cr_expect_str_eq(SERVICE(o)->type_text, cases[i].text);
    ob_object_free(o);
  }
}

Test(decode, a_whole_service) {
  ob_object *o = world_object(
      OB_KIND_SERVICE,
      "{'metadata':{'name':'web','namespace':'shop','uid':'u-1','resourceVersion':'7','"
      "creationTimestamp':'2023-11-14T22:13:20Z',"
      "'deletionTimestamp':'2023-11-14T22:13:21Z','labels':{'app':'web','z':''},'annotations':{'"
      "kubectl.kubernetes.io/x':'big',"
      "'service.beta.kubernetes.io/"
      "aws-load-balancer-scheme':'internal'}},'spec':{'type':'LoadBalancer','clusterIP':'10.0.0.1',"
      "'clusterIPs':['10.0.0.1','fd00::1'],'ipFamilies':['IPv4','IPv6'],'ipFamilyPolicy':'"
      "PreferDualStack',"
      "'loadBalancerClass':'c','externalIPs':['192.0.2.1'],'loadBalancerSourceRanges':['10.0.0.0/"
      "8'],"
      "'externalTrafficPolicy':'Local','internalTrafficPolicy':'Local','publishNotReadyAddresses':"
      "true,"
      "'allocateLoadBalancerNodePorts':false,'healthCheckNodePort':30999,'selector':{'app':'web'},"
      "'ports':[{'name':'http','port':80,'targetPort':'web','nodePort':30080,'appProtocol':'h2c'},"
      "{'name':'dns','port':53,'targetPort':5353,'protocol':'UDP'}]},'status':{'loadBalancer':{'"
      "ingress':["
      "{'ip':'198.51.100.1','ipMode':'VIP','ports':[{'port':80},{'port':53,'error':'Mixed'}]},{'"
      "hostname':'lb'}]}}}");
  const ob_service *s = SERVICE(o);
  cr_expect_str_eq(o->ns, "shop");
  cr_expect_str_eq(o->rv, "7");
  cr_expect_eq(o->created_ms, (int64_t)1700000000000);
  cr_expect_eq(o->deleting_ms, (int64_t)1700000001000);
  cr_expect_str_eq(ob_label(o, "app"), "web");
  cr_expect_str_eq(ob_label(o, "none"), "");
  cr_expect_eq(o->nlabels, 2);
  cr_expect_eq(o->nannotations, 1, "those that nobody reads are left out");
  cr_expect_str_eq(ob_annotation(o, "service.beta.kubernetes.io/aws-load-balancer-scheme"),
                   "internal");
  cr_expect_eq(s->type, OB_LOAD_BALANCER);
  cr_expect(s->ncluster_ips == 2 && ob_streq(s->cluster_ips[1], "fd00::1"));
  cr_expect(s->nip_families == 2 && ob_streq(s->ip_families[1], "IPv6"));
  cr_expect(s->external_local && s->internal_local && s->publish_not_ready && s->no_node_ports);
  cr_expect_eq(s->health_check_node_port, 30999);
  cr_expect_str_eq(s->ports[0].target, "web");
  cr_expect_str_eq(s->ports[0].app_protocol, "h2c");
  cr_expect_str_eq(s->ports[1].target, "5353");
  cr_expect_str_eq(s->ports[1].protocol, "UDP");
  cr_expect_eq(s->ports[0].node_port, 30080);
  cr_expect_str_eq(s->lb[0].port_error, "Mixed");
  cr_expect_str_eq(s->lb[1].hostname, "lb");
  cr_expect_str_eq(s->lb[1].ip, "");
  cr_expect_not(o->cut);
  /* One allocation: everything that is not a constant of the program lies inside. */
  const char *from = (const char *)o, *to = from + o->size;
  cr_expect(o->name > from && o->name < to && (const char *)s->ports > from &&
            (const char *)(s->ports + 2) <= to);
  ob_object_free(o);
}

/* What is asked of a Service's annotations is kept of them: read back from a whole object. */
Test(decode, who_reaches_a_load_balancer) {
  static const struct {
    const char *annotations;
    bool internal;
  } cases[] = {
#define AWS "service.beta.kubernetes.io/aws-load-balancer-"
      {"", false},
      {"'" AWS "scheme':'internal'", true},
      {"'" AWS "scheme':'internet-facing'", false},
      {"'" AWS "internal':'true'", true},
      {"'" AWS "internal':'0.0.0.0/0'", true},
      {"'" AWS "internal':'false'", false},
      {"'" AWS "scheme':'internet-facing','" AWS "internal':'true'", false},
#undef AWS
      {"'networking.gke.io/load-balancer-type':'Internal'", true},
      {"'networking.gke.io/load-balancer-type':'External'", false},
      {"'cloud.google.com/load-balancer-type':'internal'", true},
      {"'service.beta.kubernetes.io/azure-load-balancer-internal':'True'", true},
      {"'service.beta.kubernetes.io/azure-load-balancer-internal':'false'", false},
      {"'service.beta.kubernetes.io/openstack-internal-load-balancer':'true'", true},
      {"'load-balancer.hetzner.cloud/disable-public-network':'true'", true},
      {"'oci-network-load-balancer.oraclecloud.com/internal':'true'", true},
      {"'service.beta.kubernetes.io/oci-load-balancer-internal':'true'", true},
      {"'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type':'intranet'", true},
      {"'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type':'internet'", false},
      {"'service.beta.kubernetes.io/cce-load-balancer-internal-vpc':'true'", true},
      {"'service.beta.kubernetes.io/do-loadbalancer-network':'INTERNAL'", true},
      {"'service.beta.kubernetes.io/scw-loadbalancer-private':'true'", true},
      {"'service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type':'private'", true},
      {"'service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type':'public'", false},
      {"'service.kubernetes.io/qcloud-loadbalancer-internal-subnetid':'subnet-1'", true},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    OB_AUTOFREE char *text = ob_asprintf(
        "{'metadata':{'name':'lb','uid':'u','annotations':{%s}},'spec':{}}", cases[i].annotations);
    ob_object *o = world_object(OB_KIND_SERVICE, text);
    cr_expect_eq(ob_balancer_internal(SERVICE(o)), cases[i].internal, "%s", cases[i].annotations);
    ob_object_free(o);
  }
}

Test(decode, names_for_external_dns_by_either_prefix) {
  static const char *const cases[][2] = {
      {"", ""},
      {"'external-dns.alpha.kubernetes.io/hostname':'old.test'", "old.test"},
      {"'external-dns.kubernetes.io/hostname':'new.test'", "new.test"},
      {"'external-dns.alpha.kubernetes.io/hostname':'old.test',"
       "'external-dns.kubernetes.io/hostname':'new.test'",
       "new.test"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    OB_AUTOFREE char *text =
        ob_asprintf("{'metadata':{'name':'lb','uid':'u','annotations':{%s}}}", cases[i][0]);
    ob_object *o = world_object(OB_KIND_SERVICE, text);
    cr_expect_str_eq(ob_dns_names(o), cases[i][1], "%s", cases[i][0]);
    ob_object_free(o);
  }
}

Test(decode, a_whole_ingress) {
  ob_object *o = world_object(
      OB_KIND_INGRESS,
      "{'metadata':{'name':'i','namespace':'n','uid':'u','annotations':{'kubernetes.io/"
      "ingress.class':'old'}},'spec':{"
      "'ingressClassName':'nginx','defaultBackend':{'service':{'name':'d','port':{'name':'http'}}},"
      "'tls':[{'hosts':['a','b'],'secretName':'s'},{}],'rules':[{'host':'a','http':{'paths':[{'"
      "path':'/','pathType':'Prefix',"
      "'backend':{'resource':{'kind':'Bucket','name':'b'}}},{'pathType':'Exact'}]}},{'host':'empty'"
      "}]}}");
  const ob_ingress *g = OB_AS(ob_ingress, o);
  cr_expect_str_eq(g->class_name, "nginx");
  cr_expect_str_eq(g->class_annotation, "old");
  cr_expect(g->default_backend.set && ob_streq(g->default_backend.port_name, "http"));
  cr_expect(g->ntls == 2 && g->tls[0].nhosts == 2 && g->tls[1].nhosts == 0 &&
            ob_streq(g->tls[1].secret, ""));
  cr_expect_eq(g->nrules, 2);
  cr_expect_str_eq(g->rules[0].paths[0].backend.resource, "Bucket/b");
  cr_expect_not(g->rules[0].paths[1].backend.set);
  cr_expect_eq(g->rules[1].npaths, 0);
  ob_object_free(o);
}

Test(decode, the_other_kinds) {
  ob_object *n =
      world_object(OB_KIND_NODE,
                   "{'metadata':{'name':'n','uid':'u','labels':{'topology.kubernetes.io/zone':'z',"
                   "'node.kubernetes.io/exclude-from-external-load-balancers':''}},"
                   "'spec':{'unschedulable':true,'providerID':'aws:///x'},'status':{'conditions':["
                   "{'type':'MemoryPressure','status':'True'},{'type':'Ready','status':'True'}]}}");
  const ob_node *node = OB_AS(ob_node, n);
  cr_expect(node->ready && node->unschedulable && node->lb_excluded && ob_streq(node->zone, "z"));
  ob_object_free(n);
  ob_object *k = world_object(
      OB_KIND_INGRESS_CLASS,
      "{'metadata':{'name':'c','uid':'u','annotations':{"
      "'ingressclass.kubernetes.io/is-default-class':'true'}},'spec':{'controller':'x'}}");
  cr_expect(OB_AS(ob_ingress_class, k)->is_default);
  ob_object_free(k);
  ob_object *p = world_object(
      OB_KIND_POD,
      "{'metadata':{'name':'p','uid':'u'},'spec':{'containers':[{},{}],'nodeName':'n'},'status':{"
      "'phase':'Running','conditions':[{'type':'Ready','status':'False'}],'containerStatuses':["
      "{'ready':true,'restartCount':1},{'ready':false,'restartCount':2,'state':{'waiting':{"
      "'reason':'CrashLoopBackOff'}}}]}}");
  const ob_pod *pod = OB_AS(ob_pod, p);
  cr_expect(pod->ready == 1 && pod->total == 2 && pod->restarts == 3 && !pod->is_ready);
  cr_expect_str_eq(pod->reason, "CrashLoopBackOff");
  ob_object_free(p);
  static const struct {
    const char *times;
    int64_t ms;
  } events[] = {
      {"'series':{'lastObservedTime':'2023-11-14T22:13:25Z','count':9},'eventTime':'2023-11-14T22:"
       "13:24Z'",
       1700000005000},
      {"'eventTime':'2023-11-14T22:13:24Z','lastTimestamp':'2023-11-14T22:13:23Z'", 1700000004000},
      {"'eventTime':null,'lastTimestamp':'2023-11-14T22:13:23Z'", 1700000003000},
      {"'firstTimestamp':'2023-11-14T22:13:22Z'", 1700000002000},
      {"'type':'Normal'", 1700000001000},
  };
  for (size_t i = 0; i < OB_LEN(events); i++) {
    OB_AUTOFREE char *text = ob_asprintf(
        "{'metadata':{'name':'e','uid':'u','creationTimestamp':'2023-11-14T22:13:21Z'},%s}",
        events[i].times);
    ob_object *e = world_object(OB_KIND_EVENT, text);
    cr_expect_eq(OB_AS(ob_event, e)->last_ms, events[i].ms, "%s", events[i].times);
    cr_expect_eq(OB_AS(ob_event, e)->count, i == 0 ? 9 : 1);
    ob_object_free(e);
  }
}

/* Numbers that do not fit are no numbers. */
Test(decode, numbers_out_of_range) {
  ob_object *o = world_object(
      OB_KIND_SERVICE,
      "{'metadata':{'name':'a','uid':'u'},'spec':{'ports':[{'port':70000,'nodePort':-1},"
      "{'port':80.5},{'port':'80'},{'port':99999999999999999999}]}}");
  for (size_t i = 0; i < 4; i++) cr_expect_eq(SERVICE(o)->ports[i].port, 0, "%zu", i);
  cr_expect_eq(SERVICE(o)->ports[0].node_port, 0);
  ob_object_free(o);
}

/* Strings are kept as they came: making them safe is for whoever shows them. */
Test(decode, hostile_strings) {
  ob_object *o = world_object(
      OB_KIND_SERVICE,
      "{'metadata':{'name':'a\\u001b[2J\\u202e','uid':'u','labels':{'\\u0007':'\\n'}}}");
  cr_expect_str_eq(o->name, "a\033[2J\xe2\x80\xae");
  cr_expect_str_eq(ob_label(o, "\a"), "\n");
  ob_object_free(o);
}

/* --- the digest
 * ---------------------------------------------------------------------------------------- */
static uint64_t digest_of(const char *more) {
  OB_AUTOFREE char *text =
      ob_asprintf("{'metadata':{'name':'a','namespace':'n','uid':'u'%s}", more);
  ob_object *o = world_object(OB_KIND_SERVICE, text);
  uint64_t d = o->digest;
  ob_object_free(o);
  return d;
}

Test(decode, the_digest_is_of_what_is_kept) {
  uint64_t plain = digest_of("}");
  static const char *const same[] = {
      ",'resourceVersion':'9'}", ",'managedFields':[{'manager':'x'}]}", ",'generation':7}",
      ",'annotations':{'other':'x'}}", "},'status':{'conditions':[]}"};
  static const char *const other[] = {",'labels':{'a':'b'}}",
                                      ",'creationTimestamp':'2023-11-14T22:13:20Z'}",
                                      ",'deletionTimestamp':'2023-11-14T22:13:20Z'}",
                                      "},'spec':{'type':'NodePort'}",
                                      "},'spec':{'ports':[{}]}",
                                      "},'spec':{'externalIPs':['x']}",
                                      "},'spec':{'publishNotReadyAddresses':true}",
                                      "},'spec':{'externalTrafficPolicy':'Local'}",
                                      "},'status':{'loadBalancer':{'ingress':[{'ip':'x'}]}}"};
  for (size_t i = 0; i < OB_LEN(same); i++) cr_expect_eq(digest_of(same[i]), plain, "%s", same[i]);
  for (size_t i = 0; i < OB_LEN(other); i++) {
    cr_expect_neq(digest_of(other[i]), plain, "%s", other[i]);
    for (size_t k = 0; k < i; k++)
      cr_expect_neq(digest_of(other[i]), digest_of(other[k]), "%s and %s", other[i], other[k]);
  }
  /* A string may not slip from one member into the next. */
  cr_expect_neq(digest_of("},'spec':{'externalName':'x'}"),
                digest_of("},'spec':{'loadBalancerClass':'x'}"));
}

/* --- limits
 * -----------------------------------------------------------------------------------------------
 */
Test(decode, arrays_and_strings_past_the_limit_are_cut_and_said_so) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(64 << 20);
  ob_buf_adds(&b, "{'metadata':{'name':'a','uid':'u'},'spec':{'externalIPs':[");
  for (int i = 0; i < OB_PACK_ITEMS; i++) ob_buf_addf(&b, "%s'%d'", i ? "," : "", i);
  OB_AUTO(ob_buf) more = OB_BUF_INIT(64 << 20);
  ob_buf_adds(&more, ob_buf_str(&b));
  ob_buf_adds(&b, "]}}");
  ob_buf_adds(&more, ",'last']}}");
  ob_object *full = world_object(OB_KIND_SERVICE, ob_buf_str(&b));
  cr_expect_eq(SERVICE(full)->nexternal_ips, OB_PACK_ITEMS);
  cr_expect_not(full->cut);
  ob_object_free(full);
  ob_object *over = world_object(OB_KIND_SERVICE, ob_buf_str(&more));
  cr_expect_eq(SERVICE(over)->nexternal_ips, OB_PACK_ITEMS);
  cr_expect_str_eq(SERVICE(over)->external_ips[OB_PACK_ITEMS - 1], "65534");
  cr_expect(over->cut);
  ob_object_free(over);

  OB_AUTO(ob_buf) s = OB_BUF_INIT(64 << 20);
  ob_buf_adds(&s, "{'metadata':{'name':'a','uid':'u'},'spec':{'externalName':'");
  ob_buf_fill(&s, 'x', OB_PACK_TEXT - 1);
  ob_buf_adds(&s, "\xc3\xa9','loadBalancerClass':'");
  ob_buf_fill(&s, 'x', OB_PACK_TEXT - 1);
  ob_buf_adds(&s, "\xc3\xa9'}}");
  ob_object *text = world_object(OB_KIND_SERVICE, ob_buf_str(&s));
  cr_expect_eq(strlen(SERVICE(text)->external_name), OB_PACK_TEXT - 1,
               "cut before the character that does not fit");
  cr_expect_str_eq(SERVICE(text)->lb_class, SERVICE(text)->external_name);
  cr_expect(text->cut);
  ob_object_free(text);
}

/* What repeats is kept once, whatever the order; both passes must agree on it. */
Test(decode, repeated_strings) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_buf_adds(&b, "{'metadata':{'name':'same','namespace':'same','uid':'same','labels':{");
  for (int i = 0; i < 100; i++) ob_buf_addf(&b, "%s'k%d':'v%d'", i ? "," : "", i, i % 20);
  ob_buf_adds(
      &b,
      "}},'spec':{'selector':{'same':'same','app':'http'},'externalIPs':['same','same','v1','']}}");
  ob_object *o = world_object(OB_KIND_SERVICE, ob_buf_str(&b));
  char space[OB_UID_TEXT];
  cr_expect(ob_streq(o->ns, "same") && ob_streq(o->name, "same") &&
            ob_streq(ob_uid_text(o, space), "same"));
  cr_assert_eq(o->nlabels, 100);
  for (int i = 0; i < 100; i++) {
    OB_AUTOFREE char *key = ob_asprintf("k%d", i);
    OB_AUTOFREE char *value = ob_asprintf("v%d", i % 20);
    cr_expect_str_eq(ob_label(o, key), value);
  }
  cr_expect(ob_streq(SERVICE(o)->selector[1].value, "http") &&
            ob_streq(SERVICE(o)->external_ips[1], "same"));
  cr_expect_eq(SERVICE(o)->nexternal_ips, 4);
  cr_expect_str_eq(SERVICE(o)->external_ips[3], "");
  ob_object_free(o);
}
