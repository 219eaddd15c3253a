/* Plans as data: making, copying, and what follows from before and wanted alone. */
#include "model/plan_priv.h"

#include "base/patch.h"
#include "model/tree.h"
#include <stdarg.h>

ob_plan *ob_plan_new(const char *title) {
  ob_plan *p = ob_calloc(1, sizeof *p);
  p->title = ob_strdup(title);
  return p;
}

static void steps_done(ob_edit *e) {
  for (size_t i = 0; i < e->nsteps; i++) {
    free(e->steps[i].title);
    ob_json_free(e->steps[i].body);
  }
  free(ob_take(e->steps));
  e->nsteps = 0;
}

static void edit_done(ob_edit *e) {
  steps_done(e);
  free(e->ns);
  free(e->name);
  ob_json_free(e->before);
  ob_json_free(e->wanted);
  ob_json_free(e->origin);
}

void ob_plan_free(ob_plan *p) {
  if (!p) return;
  for (size_t i = 0; i < p->nedits; i++) edit_done(&p->edits[i]);
  for (size_t i = 0; i < p->nwarnings; i++) free(p->warnings[i].text);
  free(p->edits);
  free(p->warnings);
  free(p->title);
  free(p);
}

ob_plan *ob_plan_dup(const ob_plan *p) {
  OB_AUTOPTR(ob_json) j = ob_plan_to_json(p);
  ob_plan *copy = NULL;
  ob_plan_from_json(&copy, j, NULL);
  return copy;
}

bool ob_plan_empty(const ob_plan *p) {
  for (size_t i = 0; i < p->nedits; i++)
    if (p->edits[i].nsteps) return false;
  return true;
}

bool ob_plan_deletes(const ob_plan *p) {
  for (size_t i = 0; i < p->nedits; i++)
    if (p->edits[i].wanted) return false;
  return p->nedits > 0;
}

void ob_plan_warn(ob_plan *p, ob_warn level, const char *fmt, ...) {
  if (p->nwarnings >= OB_PLAN_WARNINGS) return;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&text, fmt, ap);
  va_end(ap);
  p->warnings = ob_reallocarray(p->warnings, p->nwarnings + 1, sizeof *p->warnings);
  size_t at = p->nwarnings++;
  for (; at > 0 && p->warnings[at - 1].level < level; at--) p->warnings[at] = p->warnings[at - 1];
  p->warnings[at] = (ob_plan_warning){level, ob_buf_take(&text, NULL)};
}

const char *ob_plan_name(const ob_json *object) {
  return ob_or(ob_json_get_str(ob_json_get(object, "metadata"), "name"), "");
}

const char *ob_plan_ns(const ob_json *object) {
  return ob_or(ob_json_get_str(ob_json_get(object, "metadata"), "namespace"), "");
}

int ob_plan_add(ob_plan *p, ob_kind kind, const ob_json *before, const ob_json *wanted,
                ob_err *err) {
  if (p->nedits >= OB_PLAN_EDITS)
    return ob_fail(err, OB_ELIMIT, "a plan changes at most %d objects", OB_PLAN_EDITS);
  const ob_json *either = before ? before : wanted;
  if (!*ob_plan_name(either))
    return ob_fail(err, OB_EINVALID, "metadata.name: the object has none");
  if (before && wanted && !ob_streq(ob_plan_name(before), ob_plan_name(wanted)))
    return ob_fail(err, OB_EINVALID, "metadata.name: an object cannot be renamed");
  p->edits = ob_reallocarray(p->edits, p->nedits + 1, sizeof *p->edits);
  ob_edit *e = &p->edits[p->nedits++];
  *e = (ob_edit){.kind = kind,
                 .ns = ob_strdup(ob_plan_ns(either)),
                 .name = ob_strdup(ob_plan_name(either)),
                 .before = before ? ob_json_dup(before) : NULL,
                 .wanted = wanted ? ob_tree_intent(wanted) : NULL};
  OB_AUTOPTR(ob_json) intent = before ? ob_tree_intent(before) : NULL;
  ob_edit_make_steps(e, intent, e->wanted);
  return 0;
}

int ob_plan_edit(ob_plan **ret, ob_kind kind, const ob_json *before, const ob_json *wanted,
                 ob_err *err) {
  *ret = NULL;
  static const char *const same[] = {"apiVersion", "kind"};
  for (size_t i = 0; i < OB_LEN(same); i++)
    if (!ob_streq(ob_json_get_str(before, same[i]), ob_json_get_str(wanted, same[i])))
      return ob_fail(err, OB_EINVALID, "%s: an object stays what it is", same[i]);
  if (!ob_streq(ob_plan_ns(before), ob_plan_ns(wanted)))
    return ob_fail(err, OB_EINVALID, "metadata.namespace: an object stays where it is");
  OB_AUTOFREE char *title =
      ob_asprintf("edit %s %s/%s", ob_kinds[kind].kind, ob_plan_ns(before), ob_plan_name(before));
  OB_AUTOPTR(ob_plan) p = ob_plan_new(title);
  int rc = ob_plan_add(p, kind, before, wanted, err);
  if (rc) return rc;
  const ob_edit *e = &p->edits[0];
  if (kind == OB_KIND_SERVICE && e->nsteps) ob_service_warn_lost(p, before, e->wanted);
  ob_plan_warn_manager(p, before);
  *ret = ob_take(p);
  return 0;
}

int ob_plan_append(ob_plan *p, const ob_plan *other, ob_err *err) {
  for (size_t i = 0; i < other->nedits; i++) {
    const ob_edit *x = &other->edits[i];
    for (size_t k = 0; k < p->nedits; k++)
      if (p->edits[k].kind == x->kind && ob_streq(p->edits[k].ns, x->ns) &&
          ob_streq(p->edits[k].name, x->name))
        return ob_fail(err, OB_EINVALID, "%s/%s stands twice in one plan", x->ns, x->name);
    int rc = ob_plan_add(p, x->kind, x->before, x->wanted, err);
    if (rc) return rc;
    if (x->origin) p->edits[p->nedits - 1].origin = ob_json_dup(x->origin);
    if (x->recreate) ob_edit_recreate(&p->edits[p->nedits - 1]);
  }
  ob_plan_warn_again(p, other, false);
  OB_AUTOFREE char *title = ob_take(p->title);
  p->title = ob_asprintf("%s; %s", title, other->title);
  return 0;
}

/* --- steps ------------------------------------------------------------------------------ */
ob_plan_step *ob_edit_add_step(ob_edit *e, ob_plan_step_verb verb, const char *title) {
  e->steps = ob_reallocarray(e->steps, e->nsteps + 1, sizeof *e->steps);
  ob_plan_step *s = &e->steps[e->nsteps];
  *s = (ob_plan_step){.verb = verb, .predicted = e->nsteps > 0, .title = ob_strdup(title)};
  e->nsteps++;
  return s;
}

void ob_plan_step_patch(ob_plan_step *s, const ob_json *from, const ob_json *to, bool merge) {
  s->json_patch = !merge && ob_tree_lists_differ(from, to);
  s->body = s->json_patch ? ob_tree_json_patch(from, to) : ob_merge_diff(from, to);
}

void ob_edit_make_steps(ob_edit *e, const ob_json *before, const ob_json *wanted) {
  const char *kind = ob_kinds[e->kind].kind;
  OB_AUTOFREE char *title = ob_asprintf("%s %s %s/%s",
                                        !before   ? "create"
                                        : !wanted ? "delete"
                                                  : "change",
                                        kind, e->ns, e->name);
  if (!wanted) {
    ob_edit_add_step(e, OB_STEP_DELETE, title);
  } else if (!before) {
    ob_edit_add_step(e, OB_STEP_CREATE, title)->body = ob_json_dup(wanted);
  } else if (ob_json_equal(before, wanted)) {
    return;
  } else if (e->kind == OB_KIND_SERVICE) {
    ob_service_make_steps(e, before, wanted);
  } else {
    ob_plan_step_patch(ob_edit_add_step(e, OB_STEP_PATCH, title), before, wanted, false);
  }
}

/* Finalizers are their controllers' to set: who sets them again does. */
void ob_edit_recreate(ob_edit *e) {
  const char *kind = ob_kinds[e->kind].kind;
  OB_AUTOFREE char *go = ob_asprintf(
      "delete %s %s/%s: until the next step its name leads nowhere", kind, e->ns, e->name);
  OB_AUTOFREE char *come = ob_asprintf("create %s %s/%s anew", kind, e->ns, e->name);
  steps_done(e);
  e->recreate = true;
  ob_json_remove(ob_json_get_mut(e->wanted, "metadata"), "finalizers");
  ob_edit_add_step(e, OB_STEP_DELETE, go);
  ob_edit_add_step(e, OB_STEP_CREATE, come)->body = ob_json_dup(e->wanted);
}

/* --- what came of it ----------------------------------------------------------------------- */
/* Left out to be chosen anew, and the choice may be the same. */
static bool chosen_anew(const char *path) {
  return ob_streq(path, "spec.ipFamilies") || ob_streq(path, "spec.ipFamilyPolicy");
}

bool ob_edit_verify(const ob_edit *e, const ob_json *after, ob_buf *ret_path) {
  if (!e->wanted || !after) return !e->wanted == !after;
  if (!ob_tree_covers(e->wanted, after, ret_path)) return false;
  if (!e->before) return true;
  /* What was to go is gone. */
  OB_AUTOPTR(ob_json) before = ob_tree_intent(e->before);
  OB_AUTOPTR(ob_json) got = ob_tree_intent(after);
  OB_AUTO(ob_tree_diff) meant = {0};
  OB_AUTO(ob_tree_diff) left = {0};
  ob_tree_diff_add(&meant, before, e->wanted);
  ob_tree_diff_add(&left, e->wanted, got);
  for (size_t i = 0; i < meant.changes.len; i++) {
    const char *path = meant.changes.at[i].path;
    bool theirs = e->recreate && ob_starts(path, "metadata.finalizers");
    if (meant.changes.at[i].to || chosen_anew(path) || theirs) continue;
    for (size_t k = 0; k < left.changes.len; k++) {
      const ob_tree_change *c = &left.changes.at[k];
      if (strcmp(c->path, path) != 0) continue;
      /* A default in its place is no remainder: another value came than was taken away. */
      if (!ob_json_equal(c->to, meant.changes.at[i].from)) continue;
      if (ret_path) ob_buf_adds(ret_path, c->path);
      return false;
    }
  }
  return true;
}

#define TO_COME "to be allocated"

/* A port by this number, NULL none. */
static const ob_json *port_on_node(const ob_json *spec, int64_t node_port) {
  const ob_json *ports = ob_json_get(spec, "ports");
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p))
    if (ob_json_get_int(p, "nodePort", 0) == node_port) return p;
  return NULL;
}

/* What the server chooses: a dry run shows what will not come. */
static void mark_allocated(ob_json *to, const ob_json *before, const ob_json *wanted) {
  static const char *const chosen[] = {"clusterIP", "healthCheckNodePort"};
  ob_json *spec = ob_json_get_mut(to, "spec"), *ports = ob_json_get_mut(spec, "ports");
  const ob_json *from = ob_json_get(before, "spec"), *asked = ob_json_get(wanted, "spec");
  for (size_t i = 0; i < OB_LEN(chosen); i++) {
    const ob_json *now = ob_json_get(spec, chosen[i]);
    if (!now || ob_json_get(from, chosen[i]) || ob_json_get(asked, chosen[i])) continue;
    if (ob_streq(ob_json_str(now), "None")) continue;
    ob_json_put_str(spec, chosen[i], TO_COME);
    if (i == 0) ob_json_remove(spec, "clusterIPs");
  }
  for (size_t i = 0; i < ob_json_len(ports); i++) {
    ob_json *p = (ob_json *)(uintptr_t)ob_json_index(ports, i); /* ports is ours to change */
    int64_t n = ob_json_get_int(p, "nodePort", 0);
    if (n && !port_on_node(from, n) && !port_on_node(asked, n))
      ob_json_put_str(p, "nodePort", TO_COME);
  }
}

/* An object that comes or goes: its head says what it is. */
static bool of_head(const char *path) {
  static const char *const head[] = {"apiVersion", "kind", "metadata.name", "metadata.namespace"};
  for (size_t i = 0; i < OB_LEN(head); i++)
    if (ob_streq(path, head[i])) return true;
  return false;
}

static void add_diff(ob_tree_diff *d, const ob_edit *e, const ob_json *from, const ob_json *to) {
  if (e->before && e->wanted)
    ob_tree_diff_add(d, from, to);
  else
    ob_tree_diff_leaves(d, from, to);
}

void ob_edit_diff(const ob_edit *e, const ob_json *after, ob_buf *out) {
  OB_AUTOPTR(ob_json) from = e->before ? ob_tree_intent(e->before) : NULL;
  OB_AUTOPTR(ob_json) to = after ? ob_tree_intent(after) : NULL;
  OB_AUTO(ob_tree_diff) d = {0};
  if (to && e->kind == OB_KIND_SERVICE) mark_allocated(to, from, e->wanted);
  add_diff(&d, e, from, after ? to : e->wanted);
  bool whole = !e->before || !e->wanted;
  for (size_t i = 0; i < d.changes.len; i++) {
    const ob_tree_change *c = &d.changes.at[i];
    const ob_json *const sides[] = {c->from, c->to};
    for (size_t k = 0; k < 2; k++) {
      if (!sides[k] || (whole && of_head(c->path))) continue;
      ob_buf_addf(out, "%c %s%s", "-+"[k], c -> path, *c -> path ? ": " : "");
      if (ob_json_str(sides[k]) && *ob_json_str(sides[k]))
        ob_buf_adds(out, ob_json_str(sides[k]));
      else
        ob_json_print(out, sides[k]);
      ob_buf_addc(out, '\n');
    }
  }
  if (d.cut) ob_buf_addf(out, "and more: %d differences are shown\n", OB_TREE_CHANGES);
}
