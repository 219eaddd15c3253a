/* JSON → ob_object: metadata, and the dispatch to each kind's decoder.
 *
 * A kind's decoder fills its struct (on the stack) while packing strings and arrays; it is
 * run twice (see pack.h). What is not kept costs nothing and changes no digest: an update of
 * managedFields or of an unread annotation is no event for the rest of the program. */
#include "model/decode.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/cluster.h"
#include "outboard/gateway.h"

typedef union any {
  ob_object o;
  ob_service service;
  ob_slice slice;
  ob_ingress ingress;
  ob_ingress_class ingress_class;
  ob_node node;
  ob_namespace namespace;
  ob_pod pod;
  ob_event event;
  ob_gateway_class gateway_class;
  ob_gateway gateway;
  ob_route route;
  ob_grant grant;
} any;

/* Workloads: nothing but their head is kept. */
static void decode_head(ob_pack *p, const ob_json *json, ob_object *o) {
  (void)p, (void)json, (void)o;
}

static const struct {
  size_t size;
  void (*decode)(ob_pack *p, const ob_json *json, ob_object *o);
} decoders[OB_KIND_COUNT] = {
    [OB_KIND_SERVICE] = {sizeof(ob_service), ob_decode_service},
    [OB_KIND_SLICE] = {sizeof(ob_slice), ob_decode_slice},
    [OB_KIND_INGRESS] = {sizeof(ob_ingress), ob_decode_ingress},
    [OB_KIND_INGRESS_CLASS] = {sizeof(ob_ingress_class), ob_decode_ingress_class},
    [OB_KIND_NODE] = {sizeof(ob_node), ob_decode_node},
    [OB_KIND_NAMESPACE] = {sizeof(ob_namespace), ob_decode_namespace},
    [OB_KIND_POD] = {sizeof(ob_pod), ob_decode_pod},
    [OB_KIND_EVENT] = {sizeof(ob_event), ob_decode_event},
    [OB_KIND_GATEWAY_CLASS] = {sizeof(ob_gateway_class), ob_decode_gateway_class},
    [OB_KIND_GATEWAY] = {sizeof(ob_gateway), ob_decode_gateway},
    [OB_KIND_HTTP_ROUTE] = {sizeof(ob_route), ob_decode_http_route},
    [OB_KIND_GRPC_ROUTE] = {sizeof(ob_route), ob_decode_grpc_route},
    [OB_KIND_GRANT] = {sizeof(ob_grant), ob_decode_grant},
    [OB_KIND_DEPLOYMENT] = {sizeof(ob_object), decode_head},
    [OB_KIND_STATEFUL_SET] = {sizeof(ob_object), decode_head},
    [OB_KIND_DAEMON_SET] = {sizeof(ob_object), decode_head},
    [OB_KIND_REPLICA_SET] = {sizeof(ob_object), decode_head},
};

/* Annotations that some screen, join or rule reads; those of a prefix end in '/'. */
static const char *const kept_annotations[] = {
    "kubernetes.io/ingress.class",
    "ingressclass.kubernetes.io/is-default-class",
    "service.beta.kubernetes.io/",
    "service.kubernetes.io/",
    "networking.gke.io/",
    "metallb.io/",
    "metallb.universe.tf/",
    "lbipam.cilium.io/",
    "nginx.ingress.kubernetes.io/",
    "alb.ingress.kubernetes.io/",
    "cert-manager.io/",
    "cloud.google.com/load-balancer-type",
    "load-balancer.hetzner.cloud/disable-public-network",
    "oci-network-load-balancer.oraclecloud.com/internal",
    "external-dns.kubernetes.io/hostname",
    "external-dns.alpha.kubernetes.io/hostname",
};

static bool keep_annotation(const char *key) {
  for (size_t i = 0; i < OB_LEN(kept_annotations); i++) {
    const char *k = kept_annotations[i];
    if (k[strlen(k) - 1] == '/' ? ob_starts(key, k) : strcmp(key, k) == 0) return true;
  }
  return false;
}

int64_t ob_decode_time(const ob_json *object, const char *key) {
  int64_t ms = 0;
  const char *text = ob_json_get_str(object, key);
  if (text) ob_time_parse(text, &ms);
  return ms;
}

static void decode_meta(ob_pack *p, ob_kind kind, const ob_json *meta, ob_object *o) {
  o->kind = kind;
  /* Side by side: together they are the key of maps (ob_name_key). */
  o->ns = ob_pack_lead(p, ob_json_get_str(meta, "namespace"));
  o->name = ob_pack_lead(p, ob_json_get_str(meta, "name"));
  const char *uid = ob_json_get_str(meta, "uid");
  o->uid = ob_pack_uid(p, uid);
  o->odd_uid = !ob_uid_is_uuid(uid);
  if (o->odd_uid) ob_pack_own(p, uid);
  o->rv = ob_pack_str_quiet(p, ob_json_get_str(meta, "resourceVersion"));
  o->created_ms = ob_pack_num(p, ob_decode_time(meta, "creationTimestamp"));
  o->deleting_ms = ob_pack_num(p, ob_decode_time(meta, "deletionTimestamp"));
  o->labels = ob_pack_pairs(p, ob_json_get(meta, "labels"), NULL, &o->nlabels);
  o->annotations =
      ob_pack_pairs(p, ob_json_get(meta, "annotations"), keep_annotation, &o->nannotations);
}

static void pass(ob_pack *p, ob_kind kind, const ob_json *json, any *a) {
  ob_pack_array(p, 1, decoders[kind].size);
  decode_meta(p, kind, ob_json_get(json, "metadata"), &a->o);
  decoders[kind].decode(p, json, &a->o);
}

ob_object *ob_decode(ob_kind kind, const ob_json *json, ob_err *err) {
  const ob_json *meta = ob_json_get(json, "metadata");
  const char *name = ob_json_get_str(meta, "name"), *uid = ob_json_get_str(meta, "uid");
  if (!name || !*name || !uid || !*uid) {
    ob_fail(err, OB_EPROTO, "a %s without metadata.%s", ob_kinds[kind].kind,
            name && *name ? "uid" : "name");
    return NULL;
  }
  any a = {0};
  ob_pack measure = {0};
  pass(&measure, kind, json, &a);
  if (measure.used > OB_OBJECT_MAX) {
    ob_fail(err, OB_ELIMIT, "%s %s is larger than %d bytes", ob_kinds[kind].kind, name,
            OB_OBJECT_MAX);
    return NULL;
  }
  ob_pack write = {.base = ob_calloc(1, measure.used)};
  a = (any){0};
  pass(&write, kind, json, &a);
  a.o.size = (uint32_t)measure.used;
  a.o.digest = write.digest;
  a.o.cut = write.cut;
  memcpy(write.base, &a, decoders[kind].size);
  return (ob_object *)(void *)write.base;
}
