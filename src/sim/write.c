/* One way into the store for everybody: metadata is completed, the kind's own rules run, and the
 * result is kept unless it is a dry run. handle.c reads what clients send and calls this. */
#include "sim/write.h"
#include "base/str.h"
#include "sim/select.h"
#include "sim/service.h"
#include <stdio.h>

typedef int prepare_fn(const sim_write *w, ob_json *tree, const ob_json *old);
static prepare_fn *const prepare[SIM_KINDS] = {
    [SIM_SERVICE] = sim_service_prepare, [SIM_INGRESS] = sim_ingress_prepare,
    [SIM_CLASS] = sim_class_prepare,     [SIM_SLICE] = sim_other_prepare,
    [SIM_NODE] = sim_other_prepare,      [SIM_NAMESPACE] = sim_other_prepare,
    [SIM_POD] = sim_other_prepare,       [SIM_DEPLOYMENT] = sim_other_prepare,
    [SIM_STATEFUL_SET] = sim_other_prepare, [SIM_DAEMON_SET] = sim_other_prepare,
    [SIM_REPLICA_SET] = sim_other_prepare,
    [SIM_EVENT] = sim_other_prepare,     [SIM_SECRET] = sim_other_prepare,
    [SIM_GATEWAY] = sim_gateway_prepare, [SIM_GATEWAY_CLASS] = sim_other_prepare,
    [SIM_HTTP_ROUTE] = sim_route_prepare, [SIM_GRPC_ROUTE] = sim_route_prepare,
    [SIM_GRANT] = sim_other_prepare,
};

static void new_uid(ob_sim *s, char out[40]) {
  unsigned long long a = ob_rng_next(&s->alloc.rng), b = ob_rng_next(&s->alloc.rng);
  snprintf(out, 40, "%08llx-%04llx-4%03llx-a%03llx-%012llx", a >> 32, a >> 16 & 0xffff, a & 0xfff,
           b >> 48 & 0xfff, b & 0xffffffffffff);
}

static void generate_name(ob_sim *s, ob_json *meta) {
  static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
  const char *base = ob_json_get_str(meta, "generateName");
  if (*ob_or(ob_json_get_str(meta, "name"), "") || !base) return;
  char tail[6] = "";
  for (size_t i = 0; i < 5; i++) tail[i] = letters[ob_rng_below(&s->alloc.rng, sizeof letters - 1)];
  OB_AUTOFREE char *name = ob_asprintf("%s%s", base, tail);
  ob_json_put_str(meta, "name", name);
}

static void set_manager(const sim_write *w, ob_json *meta) {
  char now[OB_TIME_TEXT];
  if (w->internal) return;
  ob_json *list = ob_json_new_array(), *one = ob_json_push(list, ob_json_new_object());
  ob_json_put_str(one, "manager", w->manager);
  ob_json_put_str(one, "operation", "Update");
  ob_json_put_str(one, "apiVersion", w->kind->group_version);
  ob_json_put_str(one, "time", ob_time_text(now, ob_wall_ms()));
  ob_json_put_str(one, "fieldsType", "FieldsV1");
  ob_json_ensure_object(one, "fieldsV1");
  if (w->sub) ob_json_put_str(one, "subresource", w->sub);
  ob_json_put(meta, "managedFields", list);
}

/* Go's decoder drops nulls; so does the store. */
static void drop_nulls(ob_json *j) {
  for (const ob_json *c = ob_json_first(j), *next; c; c = next) {
    next = ob_json_next(c);
    if (ob_json_is(c, OB_JSON_NULL) && ob_json_key(c)) {
      OB_AUTOFREE char *key = ob_strdup(ob_json_key(c));
      ob_json_remove(j, key);
    } else {
      drop_nulls(sim_mut(c));
    }
  }
}

static ob_json *keep(const sim_write *w, ob_json *move_tree) {
  if (!w->dry) sim_store_put(&w->sim->store, w->kind->id, move_tree);
  return move_tree;
}

ob_json *sim_write_create(const sim_write *w, ob_json *move_tree) {
  OB_AUTOPTR(ob_json) tree = move_tree;
  const sim_kind_info *k = w->kind;
  char uid[40], now[OB_TIME_TEXT];
  drop_nulls(tree);
  ob_json *meta = ob_json_ensure_object(tree, "metadata");
  if (!w->internal) {
    static const char *const server_side[] = {"uid",
                                              "creationTimestamp",
                                              "selfLink",
                                              "resourceVersion",
                                              "deletionTimestamp",
                                              "managedFields",
                                              "deletionGracePeriodSeconds",
                                              "generation"};
    for (size_t i = 0; i < OB_LEN(server_side); i++) ob_json_remove(meta, server_side[i]);
    if (k->status) ob_json_remove(tree, "status");
  }
  generate_name(w->sim, meta);
  new_uid(w->sim, uid);
  if (!ob_json_get(meta, "uid")) ob_json_put_str(meta, "uid", uid);
  if (!ob_json_get(meta, "creationTimestamp"))
    ob_json_put_str(meta, "creationTimestamp", ob_time_text(now, ob_wall_ms()));
  if (k->generation) ob_json_put_int(meta, "generation", 1);
  const char *name = ob_or(ob_json_get_str(meta, "name"), "");
  if (*name && sim_store_get(&w->sim->store, k->id, ob_json_get_str(meta, "namespace"), name)) {
    sim_write dry = *w; /* what else is wrong is said first */
    dry.dry = true;
    if (prepare[k->id](&dry, tree, NULL) != 0) return NULL;
    sim_fail(w->resp, 409, "AlreadyExists", k, name, "%s%s%s \"%s\" already exists", k->plural,
             *k->group ? "." : "", k->group, name);
    return NULL;
  }
  if (prepare[k->id](w, tree, NULL) != 0) return NULL;
  set_manager(w, meta);
  return keep(w, ob_take(tree));
}

static int check_identity(const sim_write *w, const sim_object *old, const ob_json *old_meta,
                          const ob_json *meta) {
  const sim_kind_info *k = w->kind;
  const char *rv = ob_json_get_str(meta, "resourceVersion"), *uid = ob_json_get_str(meta, "uid");
  const char *old_uid = ob_json_get_str(old_meta, "uid");
  if (uid && *uid && !ob_streq(uid, old_uid) && !w->patch) /* a patch is told so by validation */
    return sim_conflict(w->resp, k, old->name,
                        "Precondition failed: UID in precondition: %s, UID in object meta: %s", uid,
                        old_uid);
  if (rv && *rv && !ob_streq(rv, ob_json_get_str(old_meta, "resourceVersion")))
    return sim_conflict(w->resp, k, old->name,
                        "the object has been modified; please apply your changes to the latest "
                        "version and try again");
  return 0;
}

static void copy_member(ob_json *to, const ob_json *from, const char *key) {
  const ob_json *v = ob_json_get(from, key);
  if (v)
    ob_json_put(to, key, ob_json_dup(v));
  else
    ob_json_remove(to, key);
}

/* What a client cannot change: identity, times, and the other half (status or all but status). */
static ob_json *settle(const sim_write *w, ob_json *move_tree, const ob_json *old_tree) {
  static const char *const server_side[] = {"uid",
                                            "creationTimestamp",
                                            "generation",
                                            "selfLink",
                                            "resourceVersion",
                                            "managedFields",
                                            "deletionTimestamp",
                                            "deletionGracePeriodSeconds"};
  const ob_json *old_meta = ob_json_get(old_tree, "metadata");
  if (w->sub) {
    ob_json *tree = ob_json_dup(old_tree);
    copy_member(tree, move_tree, "status");
    ob_json_free(move_tree);
    return tree;
  }
  ob_json *meta = ob_json_ensure_object(move_tree, "metadata");
  size_t first = *sim_str(meta, "uid") ? 1 : 0; /* one that differs is refused later */
  for (size_t i = first; i < OB_LEN(server_side); i++)
    if (!w->internal || !ob_starts(server_side[i], "deletion"))
      copy_member(meta, old_meta, server_side[i]);
  if (w->kind->status && !w->internal) copy_member(move_tree, old_tree, "status");
  return move_tree;
}

ob_json *sim_write_update(const sim_write *w, const sim_object *old, ob_json *move_tree) {
  OB_AUTOPTR(ob_json) tree = move_tree;
  OB_AUTOPTR(ob_json) old_tree = sim_object_tree(old);
  const ob_json *old_meta = ob_json_get(old_tree, "metadata");
  drop_nulls(tree);
  ob_json_remove(tree, "kind");
  ob_json_remove(tree, "apiVersion");
  if (check_identity(w, old, old_meta, ob_json_get(tree, "metadata")) != 0) return NULL;
  tree = settle(w, ob_take(tree), old_tree);
  if (prepare[w->kind->id](w, tree, old_tree) != 0) return NULL;
  if (ob_json_equal(tree, old_tree)) return ob_take(tree);
  ob_json *meta = ob_json_ensure_object(tree, "metadata");
  if (w->kind->generation &&
      !ob_json_equal(ob_json_get(tree, "spec"), ob_json_get(old_tree, "spec")))
    ob_json_put_int(meta, "generation", ob_json_get_int(old_meta, "generation", 1) + 1);
  set_manager(w, meta);
  if (w->dry) return ob_take(tree);
  if (w->kind->id == SIM_SERVICE) sim_service_release(w->sim, old_tree, tree);
  ob_json *done = keep(w, ob_take(tree));
  if (ob_json_get(meta, "deletionTimestamp") && !ob_json_len(ob_json_get(meta, "finalizers")) &&
      w->kind->id != SIM_POD)
    sim_write_remove(w->sim,
                     sim_store_get(&w->sim->store, w->kind->id, ob_json_get_str(meta, "namespace"),
                                   ob_json_get_str(meta, "name")));
  return done;
}

void sim_write_remove(ob_sim *s, sim_object *o) {
  if (o->kind == SIM_SERVICE) {
    OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
    sim_service_release(s, tree, NULL);
  }
  if (o->kind == SIM_NAMESPACE) {
    for (size_t k = 0; k < SIM_KINDS; k++)
      for (size_t i = s->store.kinds[k].len; i-- > 0 && sim_kinds[k].namespaced;) {
        sim_object *in = s->store.kinds[k].at[i];
        if (in->nns == strlen(o->name) && memcmp(in->key, o->name, in->nns) == 0)
          sim_write_remove(s, in);
      }
  }
  sim_store_delete(&s->store, o);
}

int sim_other_prepare(const sim_write *w, ob_json *tree, const ob_json *old) {
  OB_AUTO(sim_causes) causes = {0};
  const char *name = ob_json_get_str(ob_json_get(tree, "metadata"), "name");
  ob_json *spec;
  sim_validate_metadata(w->kind, tree, old, &causes);
  if (sim_causes_any(&causes)) return sim_fail_causes(w->resp, w->kind, name, &causes);
  switch (w->kind->id) {
  case SIM_SECRET:
    if (!ob_json_get(tree, "type")) ob_json_put_str(tree, "type", "Opaque");
    for (const ob_json *c = ob_json_first(ob_json_get(tree, "stringData")); c;
         c = ob_json_next(c)) {
      OB_AUTO(ob_buf) text = OB_BUF_INIT(SIM_BODY_MAX);
      ob_base64_encode(&text, ob_or(ob_json_str(c), ""), strlen(ob_or(ob_json_str(c), "")));
      ob_json_put_str(ob_json_ensure_object(tree, "data"), ob_json_key(c), ob_buf_str(&text));
    }
    ob_json_remove(tree, "stringData");
    break;
  case SIM_NAMESPACE:
    if (old) break;
    ob_json_put_str(ob_json_ensure_object(ob_json_ensure_object(tree, "metadata"), "labels"),
                    "kubernetes.io/metadata.name", name);
    ob_json_put_str(ob_json_ensure_object(tree, "status"), "phase", "Active");
    break;
  case SIM_DEPLOYMENT:
  case SIM_STATEFUL_SET:
  case SIM_DAEMON_SET:
  case SIM_REPLICA_SET:
    spec = ob_json_ensure_object(tree, "spec");
    if (w->kind->id != SIM_DAEMON_SET && !ob_json_get(spec, "replicas")) ob_json_put_int(spec, "replicas", 1);
    if (!sim_labels_match(ob_json_at(spec, "selector", "matchLabels", NULL),
                          ob_json_at(spec, "template", "metadata", "labels", NULL)))
      sim_cause(&causes, SIM_INVALID, "spec.template.metadata.labels",
                ob_json_at(spec, "template", "metadata", "labels", NULL),
                "`selector` does not match template `labels`");
    break;
  case SIM_POD:
    if (!old && !w->internal)
      ob_json_put_str(ob_json_ensure_object(tree, "status"), "phase", "Pending");
    break;
  default: break;
  }
  return sim_causes_any(&causes) ? sim_fail_causes(w->resp, w->kind, name, &causes) : 0;
}
