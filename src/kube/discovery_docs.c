/* Documents become rows of one array, in the server's order; a path's rows (core or the other
 * groups) are replaced whole by an aggregated document, a group version's by a resource list.
 * Each row is one block with its strings behind it. */
#include "base/str.h"
#include "kube/discovery_priv.h"

static unsigned verbs_of(const ob_json *verbs) {
  static const char *const names[] = {"get",    "list",  "watch", "create",
                                      "update", "patch", "delete"};
  unsigned bits = 0;
  for (const ob_json *v = ob_json_first(verbs); v; v = ob_json_next(v))
    for (size_t i = 0; i < OB_LEN(names); i++)
      if (ob_streq(ob_json_str(v), names[i])) bits |= 1u << i;
  return bits;
}

static char *pack(char **io_at, const char *s) {
  size_t n = strlen(s) + 1;
  char *out = memcpy(*io_at, s, n);
  *io_at += n;
  return out;
}

static ob_discovery_row *row_new(const char *group, const char *version, const char *plural,
                                 const char *kind) {
  size_t n = strlen(group) + strlen(version) + strlen(plural) + strlen(kind) + 4;
  ob_discovery_row *row = ob_calloc(1, sizeof *row + n);
  char *at = row->text;
  row->r.group = pack(&at, group);
  row->r.version = pack(&at, version);
  row->r.plural = pack(&at, plural);
  row->r.kind = pack(&at, kind);
  return row;
}

static int add(ob_discovery_rows *rows, const char *group, const char *version, const char *plural,
               const char *kind, bool namespaced, const ob_json *verbs, ob_err *err) {
  if (!plural || !*plural || !version || strchr(plural, '/')) return 0; /* subresources */
  if (rows->len >= OB_DISCOVERY_RESOURCES)
    return ob_fail(err, OB_ELIMIT, "discovery: more than %d resources",
                   (int)OB_DISCOVERY_RESOURCES);
  ob_discovery_row *row = row_new(group, version, plural, kind ? kind : "");
  row->r.namespaced = namespaced;
  row->r.verbs = verbs_of(verbs);
  ob_vec_push(rows, row);
  return 0;
}

void ob_discovery_rows_done(ob_discovery_rows *rows) {
  for (size_t i = 0; i < rows->len; i++) free(rows->at[i]);
  ob_vec_done(rows);
}

/* The first row of a resource in a group is the preferred one. */
static void mark_preferred(ob_discovery *d) {
  OB_AUTO(ob_map) seen = OB_MAP_INIT;
  OB_VEC(char *) keys = {0};
  for (size_t i = 0; i < d->rows.len; i++) {
    ob_discovery_row *row = d->rows.at[i];
    char *key = ob_asprintf("%s/%s", row->r.group, row->r.plural);
    row->r.preferred = !ob_map_get(&seen, key, strlen(key));
    if (row->r.preferred) {
      ob_map_put(&seen, key, strlen(key), row);
      ob_vec_push(&keys, key);
    } else {
      free(key);
    }
  }
  ob_map_clear(&seen);
  for (size_t i = 0; i < keys.len; i++) free(keys.at[i]);
  ob_vec_done(&keys);
}

static void stale_forget(ob_discovery *d) {
  for (size_t i = 0; i < d->stale.len; i++) free(d->stale.at[i]);
  d->stale.len = 0;
}

void ob_discovery_stale_add(ob_discovery *d, const char *group) {
  if (!*group || ob_discovery_stale(d, group)) return;
  ob_vec_push(&d->stale, ob_strdup(group));
}

/* The rows of the other path, and of stale groups that the document does not fill, stay. */
static void replace_path(ob_discovery *d, bool core, ob_discovery_rows *move_rows) {
  ob_discovery_rows kept = {0};
  for (size_t i = 0; i < d->rows.len; i++) {
    ob_discovery_row *row = d->rows.at[i];
    bool stays = (*row->r.group == '\0') != core;
    if (!stays && ob_discovery_stale(d, row->r.group)) {
      stays = true;
      for (size_t k = 0; k < move_rows->len && stays; k++)
        stays = !ob_streq(move_rows->at[k]->r.group, row->r.group) ||
                !ob_streq(move_rows->at[k]->r.version, row->r.version);
    }
    if (stays)
      ob_vec_push(&kept, row);
    else
      free(row);
  }
  for (size_t i = 0; i < move_rows->len; i++) ob_vec_push(&kept, move_rows->at[i]);
  ob_vec_done(move_rows);
  ob_vec_done(&d->rows);
  d->rows = kept;
  mark_preferred(d);
}

static int read_version(ob_discovery_rows *rows, const char *group, const ob_json *v, ob_err *err) {
  const char *version = ob_json_get_str(v, "version");
  const ob_json *resources = ob_json_get(v, "resources");
  for (const ob_json *r = ob_json_first(resources); r; r = ob_json_next(r)) {
    bool namespaced = ob_streq(ob_json_get_str(r, "scope"), "Namespaced");
    int rc = add(rows, group, version, ob_json_get_str(r, "resource"),
                 ob_json_get_str(ob_json_get(r, "responseKind"), "kind"), namespaced,
                 ob_json_get(r, "verbs"), err);
    if (rc) return rc;
  }
  return 0;
}

int ob_discovery_take_aggregated(ob_discovery *d, bool core, const char *bytes, size_t n,
                                 ob_err *err) {
  OB_AUTOPTR(ob_json) j = ob_json_parse(bytes, n, OB_JSON_LENIENT, err);
  if (!j) return -(int)OB_EPROTO;
  if (!ob_streq(ob_json_get_str(j, "kind"), "APIGroupDiscoveryList"))
    return ob_fail(err, OB_EPROTO, "discovery: not an APIGroupDiscoveryList");
  ob_discovery_rows rows = {0};
  OB_VEC(const char *) stale = {0};
  const ob_json *items = ob_json_get(j, "items");
  int rc = 0;
  for (const ob_json *g = ob_json_first(items); g && !rc; g = ob_json_next(g)) {
    const char *group = ob_or(ob_json_get_str(ob_json_get(g, "metadata"), "name"), "");
    if ((*group == '\0') != core) continue; /* a path speaks of its own groups only */
    const ob_json *versions = ob_json_get(g, "versions");
    for (const ob_json *v = ob_json_first(versions); v && !rc; v = ob_json_next(v)) {
      if (ob_streq(ob_json_get_str(v, "freshness"), "Stale")) ob_vec_push(&stale, group);
      rc = read_version(&rows, group, v, err);
    }
  }
  if (rc) {
    ob_discovery_rows_done(&rows);
  } else {
    if (!core) stale_forget(d);
    for (size_t i = 0; i < stale.len; i++) ob_discovery_stale_add(d, stale.at[i]);
    replace_path(d, core, &rows);
    d->known[core ? 0 : 1] = true;
  }
  ob_vec_done(&stale);
  return rc;
}

/* "networking.k8s.io/v1" or "v1" (core). */
static void split_group_version(const char *gv, char **ret_group, char **ret_version) {
  const char *slash = strchr(gv, '/');
  *ret_group = slash ? ob_strndup(gv, (size_t)(slash - gv)) : ob_strdup("");
  *ret_version = ob_strdup(slash ? slash + 1 : gv);
}

int ob_discovery_take_resources(ob_discovery *d, const char *bytes, size_t n, ob_err *err) {
  OB_AUTOPTR(ob_json) j = ob_json_parse(bytes, n, OB_JSON_LENIENT, err);
  if (!j) return -(int)OB_EPROTO;
  const char *gv = ob_json_get_str(j, "groupVersion");
  if (!gv || !ob_streq(ob_json_get_str(j, "kind"), "APIResourceList"))
    return ob_fail(err, OB_EPROTO, "discovery: not an APIResourceList");
  OB_AUTOFREE char *group = NULL, *version = NULL;
  split_group_version(gv, &group, &version);
  ob_discovery_rows rows = {0};
  const ob_json *resources = ob_json_get(j, "resources");
  for (const ob_json *r = ob_json_first(resources); r; r = ob_json_next(r)) {
    int rc = add(&rows, group, version, ob_json_get_str(r, "name"), ob_json_get_str(r, "kind"),
                 ob_json_get_bool(r, "namespaced", false), ob_json_get(r, "verbs"), err);
    if (rc) {
      ob_discovery_rows_done(&rows);
      return rc;
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < d->rows.len; i++) {
    ob_discovery_row *row = d->rows.at[i];
    if (ob_streq(row->r.group, group) && ob_streq(row->r.version, version))
      free(row);
    else
      d->rows.at[kept++] = row;
  }
  d->rows.len = kept;
  for (size_t i = 0; i < rows.len; i++) ob_vec_push(&d->rows, rows.at[i]);
  ob_vec_done(&rows);
  mark_preferred(d);
  d->known[*group ? 1 : 0] = true;
  return 0;
}

void ob_discovery_keep_groups(ob_discovery *d, const ob_json *groups) {
  size_t kept = 0;
  for (size_t i = 0; i < d->rows.len; i++) {
    ob_discovery_row *row = d->rows.at[i];
    bool stays = *row->r.group == '\0';
    for (const ob_json *g = ob_json_first(groups); g && !stays; g = ob_json_next(g))
      stays = ob_streq(ob_json_get_str(g, "name"), row->r.group);
    if (stays)
      d->rows.at[kept++] = row;
    else
      free(row);
  }
  d->rows.len = kept;
  stale_forget(d);
}

/* --- looking up --- */

ob_discovery *ob_discovery_new(void) {
  return ob_calloc(1, sizeof(ob_discovery));
}

void ob_discovery_free(ob_discovery *d) {
  if (!d) return;
  ob_discovery_rows_done(&d->rows);
  stale_forget(d);
  ob_vec_done(&d->stale);
  free(d->etag[0]);
  free(d->etag[1]);
  free(d);
}

bool ob_discovery_known(const ob_discovery *d) {
  return d->known[0] || d->known[1];
}

bool ob_discovery_knows(const ob_discovery *d, const char *group) {
  return d->known[*group ? 1 : 0];
}

size_t ob_discovery_len(const ob_discovery *d) {
  return d->rows.len;
}

const ob_api_resource *ob_discovery_at(const ob_discovery *d, size_t i) {
  return &d->rows.at[i]->r;
}

const ob_api_resource *ob_discovery_find_version(const ob_discovery *d, const char *group,
                                                 const char *version, const char *plural) {
  for (size_t i = 0; i < d->rows.len; i++) {
    const ob_api_resource *r = &d->rows.at[i]->r;
    if (ob_streq(r->plural, plural) && ob_streq(r->group, group) &&
        (version ? ob_streq(r->version, version) : r->preferred))
      return r;
  }
  return NULL;
}

const ob_api_resource *ob_discovery_find(const ob_discovery *d, const char *group,
                                         const char *plural) {
  return ob_discovery_find_version(d, group, NULL, plural);
}

bool ob_discovery_stale(const ob_discovery *d, const char *group) {
  for (size_t i = 0; i < d->stale.len; i++)
    if (ob_streq(d->stale.at[i], group)) return true;
  return false;
}
