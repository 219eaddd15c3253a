/* The table of kinds and what every object answers. */
#include "base/mem.h"
#include "base/str.h"
#include "outboard/object.h"

const ob_kind_info ob_kinds[OB_KIND_COUNT] = {
#define OB_KIND_ROW(id, kind, plural, group, version, namespaced, watched)                         \
  {OB_KIND_##id, kind, plural, group, version, namespaced, watched},
    OB_KINDS(OB_KIND_ROW)
#undef OB_KIND_ROW
};

bool ob_kind_is_addon(ob_kind k) {
  return strcmp(ob_kinds[k].group, OB_GATEWAY_GROUP) == 0;
}

void ob_object_free(ob_object *move_o) {
  free(move_o);
}

static const char *pair_value(const ob_kv *pairs, size_t n, const char *key) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(pairs[i].key, key) == 0) return pairs[i].value;
  return "";
}

const char *ob_label(const ob_object *o, const char *key) {
  return pair_value(o->labels, o->nlabels, key);
}

const char *ob_annotation(const ob_object *o, const char *key) {
  return pair_value(o->annotations, o->nannotations, key);
}
