/* Reading once: get and list. A list is the state at one resourceVersion; the pages of a list are
 * cut from the same state, which the log can give back as long as it is not compacted.
 * Source: apiserver's ValidateListOptions and etcd3 store's GetList. */
#include "base/str.h"
#include "sim/select.h"
#include "sim/server.h"
#include <stdio.h>

ob_json *sim_status_too_new(const ob_sim *s, uint64_t rv) {
  OB_AUTOFREE char *text = ob_asprintf("Timeout: Too large resource version: %llu, current: %llu",
                                       (unsigned long long)rv, (unsigned long long)s->store.rv);
  ob_json *st = sim_status(504, "Timeout", NULL, NULL, text);
  ob_json *d = ob_json_ensure_object(st, "details");
  ob_json *cause =
      ob_json_push(ob_json_put(d, "causes", ob_json_new_array()), ob_json_new_object());
  ob_json_put_str(cause, "reason", "ResourceVersionTooLarge");
  ob_json_put_str(cause, "message", "Too large resource version");
  ob_json_put_int(d, "retryAfterSeconds", 1);
  return st;
}

static int no_form(sim_resp *r) {
  return sim_fail(r, 406, "NotAcceptable", NULL, NULL,
                  "only the following media types are accepted: application/json, "
                  "application/json;as=Table;v=v1;g=meta.k8s.io");
}

int sim_get(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name, const sim_req *q,
            sim_resp *r) {
  sim_form form = sim_form_of(q->accept);
  if (form == SIM_NO_FORM) return no_form(r);
  const sim_object *o = sim_store_get(&s->store, k->id, ns, name);
  if (!o) return sim_not_found(r, k, name);
  r->code = 200;
  if (form == SIM_PLAIN) return sim_object_print(o, &r->body);
  char meta[64];
  snprintf(meta, sizeof meta, "{\"resourceVersion\":\"%llu\"}", (unsigned long long)o->rv);
  sim_table_head(k, &r->body, meta);
  sim_table_row(o, sim_query(q, "includeObject"), ob_wall_ms(), &r->body);
  return ob_buf_adds(&r->body, "]}");
}

/* What the parameters of a list come down to. */
typedef struct list_plan {
  int64_t limit; /* 0: all */
  uint64_t rv;   /* the state to answer from */
  bool exact;    /* not the newest */
  char *start;   /* first key of the page, NULL: from the beginning */
} list_plan;

static int check_match(const sim_req *q, sim_resp *r, const char *rv, const char *cont) {
  OB_AUTO(sim_causes) causes = {0};
  const char *match = ob_or(sim_query(q, "resourceVersionMatch"), "");
  if (sim_query(q, "sendInitialEvents"))
    sim_cause(&causes, SIM_FORBIDDEN, "sendInitialEvents", NULL,
              "sendInitialEvents is forbidden for list");
  if (*match) {
    OB_AUTOPTR(ob_json) value = ob_json_new_str(match);
    if (*cont)
      sim_cause(&causes, SIM_FORBIDDEN, "resourceVersionMatch", NULL,
                "resourceVersionMatch is forbidden when continue is provided");
    else if (!*rv)
      sim_cause(&causes, SIM_FORBIDDEN, "resourceVersionMatch", NULL,
                "resourceVersionMatch is forbidden unless resourceVersion is provided");
    else if (!ob_streq(match, "Exact") && !ob_streq(match, "NotOlderThan"))
      sim_cause(&causes, SIM_UNSUPPORTED, "resourceVersionMatch", value,
                "supported values: \"Exact\", \"NotOlderThan\"");
    else if (ob_streq(match, "Exact") && ob_streq(rv, "0"))
      sim_cause(&causes, SIM_FORBIDDEN, "resourceVersionMatch", NULL,
                "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
  }
  return sim_causes_any(&causes) ? sim_fail_options(r, "ListOptions", &causes) : 0;
}

/* Tokens are base64 of "RV KEY"; RV 0 goes on with whatever there is now. */
static char *token_make(uint64_t rv, const char *key) {
  OB_AUTOFREE char *text = ob_asprintf("%llu %s", (unsigned long long)rv, key);
  ob_buf out = OB_BUF_INIT(OB_LINE_MAX);
  ob_base64_encode(&out, text, strlen(text));
  return ob_buf_take(&out, NULL);
}

static bool token_read(const char *token, uint64_t *rv, char **ret_key) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  if (ob_base64_decode(&text, token, strlen(token)) != 0) return false;
  char *space = memchr(ob_buf_str(&text), ' ', text.len);
  int64_t n;
  if (!space) return false;
  *space = '\0';
  if (!ob_parse_int(text.ptr, 0, INT64_MAX, &n)) return false;
  *rv = (uint64_t)n;
  *ret_key = ob_strdup(space + 1);
  return true;
}

static int expired(sim_resp *r, const char *start) {
  if (!start)
    return sim_fail(r, 410, "Expired", NULL, NULL,
                    "The resourceVersion for the provided list is too old.");
  ob_json *st = sim_status(410, "Expired", NULL, NULL,
                           "The provided continue parameter is too old to display a consistent "
                           "list result. You can start a new list without the continue parameter, "
                           "or use the continue token in this response to retrieve the remainder "
                           "of the results.");
  OB_AUTOFREE char *token = token_make(0, start);
  ob_json_put_str(ob_json_ensure_object(st, "metadata"), "continue", token);
  sim_answer(r, 410, st);
  return -1;
}

static int plan_list(ob_sim *s, const sim_kind_info *k, const sim_req *q, sim_resp *r,
                     list_plan *p) {
  const char *rv = ob_or(sim_query(q, "resourceVersion"), "");
  const char *cont = ob_or(sim_query(q, "continue"), "");
  const char *limit = ob_or(sim_query(q, "limit"), "0");
  int64_t n = 0;
  *p = (list_plan){.rv = s->store.rv};
  if (!ob_parse_int(limit, 0, INT64_MAX, &p->limit))
    return sim_fail(r, 400, "BadRequest", NULL, NULL,
                    "strconv.ParseInt: parsing \"%s\": invalid syntax", limit);
  if (check_match(q, r, rv, cont) != 0) return -1;
  if (*cont) {
    if (*rv && !ob_streq(rv, "0"))
      return sim_fail(r, 400, "BadRequest", NULL, NULL,
                      "specifying resource version is not allowed when using continue");
    uint64_t at = 0;
    if (!token_read(cont, &at, &p->start))
      return sim_fail(r, 400, "BadRequest", NULL, NULL, "continue key is not valid: %s", cont);
    if (at == 0) return 0;
    if (at < s->store.floor || at > s->store.rv) return expired(r, p->start);
    p->rv = at;
    p->exact = at < s->store.rv;
    return 0;
  }
  if (!*rv) return 0;
  if (!ob_parse_int(rv, 0, INT64_MAX, &n))
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "Invalid value: \"%s\": not a number", rv);
  if ((uint64_t)n > s->store.rv) {
    sim_answer(r, 504, sim_status_too_new(s, (uint64_t)n));
    r->retry_after = 1;
    r->delay_ms = 3000;
    return -1;
  }
  const char *match = sim_query(q, "resourceVersionMatch");
  if (n == 0 && k->id != SIM_EVENT) p->limit = 0;
  if (n == 0 || ob_streq(match, "NotOlderThan") || (!match && p->limit == 0)) return 0;
  if ((uint64_t)n < s->store.floor) return expired(r, NULL);
  p->rv = (uint64_t)n;
  p->exact = p->rv < s->store.rv;
  return 0;
}

/* One item after another; `out` ends up with the whole body. */
static void print_list(const sim_kind_info *k, const list_plan *p, const sim_objects *all,
                       const sim_filter *f, const sim_req *q, bool table, ob_buf *out) {
  OB_AUTO(ob_buf) items = OB_BUF_INIT(SIM_RESPONSE_MAX);
  int64_t n = 0, now = ob_wall_ms();
  size_t i = p->start ? sim_store_lower(all, p->start) : 0;
  const sim_object *next = NULL;
  for (; i < all->len; i++) {
    const sim_object *o = all->at[i];
    if (!sim_filter_match(f, o)) continue;
    if (p->limit && n == p->limit) {
      next = o;
      break;
    }
    if (n++) ob_buf_addc(&items, ',');
    if (table) {
      sim_table_row(o, sim_query(q, "includeObject"), now, &items);
    } else {
      ob_buf_addc(&items, '{');
      ob_buf_add(&items, o->body, o->len);
    }
  }
  OB_AUTO(ob_buf) meta = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&meta, "{\"resourceVersion\":\"%llu\"", (unsigned long long)p->rv);
  if (next) {
    OB_AUTOFREE char *token = token_make(p->rv, next->key);
    size_t rest = 0;
    if (sim_filter_plain(f))
      for (size_t j = i; j < all->len; j++) rest += sim_filter_match(f, all->at[j]);
    ob_buf_addf(&meta, ",\"continue\":\"%s\"", token);
    if (rest) ob_buf_addf(&meta, ",\"remainingItemCount\":%zu", rest);
  }
  ob_buf_addc(&meta, '}');
  if (table)
    sim_table_head(k, out, ob_buf_str(&meta));
  else
    ob_buf_addf(out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\",\"metadata\":%s,\"items\":[",
                k->kind, k->group_version, ob_buf_str(&meta));
  ob_buf_add(out, ob_buf_str(&items), items.len);
  ob_buf_adds(out, "]}\n");
}

int sim_list(ob_sim *s, const sim_kind_info *k, const char *ns, const sim_req *q, sim_resp *r) {
  sim_form form = sim_form_of(q->accept);
  if (form == SIM_NO_FORM) return no_form(r);
  OB_AUTO(sim_filter) filter = {0};
  list_plan plan = {0};
  int rc = sim_filter_parse(&filter, k, ns, q, r);
  if (rc == 0) rc = plan_list(s, k, q, r, &plan);
  if (rc != 0) {
    free(plan.start);
    return rc;
  }
  OB_AUTO(sim_objects) then = {0};
  if (plan.exact) sim_store_at(&s->store, k->id, plan.rv, &then);
  r->code = 200;
  print_list(k, &plan, plan.exact ? &then : &s->store.kinds[k->id], &filter, q, form == SIM_TABLE,
             &r->body);
  free(plan.start);
  return 0;
}
