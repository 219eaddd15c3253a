/* What can be changed about the row: one row of a table each; what cannot now says why. */
#include "tui/change_priv.h"

#include "base/str.h"
#include "tui/convert.h"
#include "tui/fields_form.h"
#include "tui/rights.h"
#include "tui/route_form.h"

static bool is_rule(const ob_row *row) {
  return row->ingress && row->way == OB_ROW_RULE;
}
static bool is_ingress(const ob_row *row) {
  return row->ingress != NULL;
}
static bool has_service(const ob_row *row) {
  return row->service != NULL;
}

static void convert(ob_tui *s) {
  ob_convert_open(s, OB_TYPE_UNKNOWN);
}
static void add_rule(ob_tui *s) {
  ob_route_form_open(s, OB_ROUTE_NEW);
}
static void copy_rule(ob_tui *s) {
  ob_route_form_open(s, OB_ROUTE_COPY);
}
static void move_rule(ob_tui *s) {
  ob_route_form_open(s, OB_ROUTE_MOVE);
}

/* --- the order of rules
 * --------------------------------------------------------------------------- */
static int plan_move(ob_tui *s, const ob_json *ingress, int by, ob_plan **ret, ob_err *err) {
  ob_rule_seen *r = &s->changing->rule;
  int rc = ob_rule_seen_find(r, ingress, err);
  return rc ? rc : ob_plan_route_move(ret, ingress, r->rule, r->path, by, err);
}
static int plan_up(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
                   ob_err *err) {
  (void)why;
  return plan_move(s, objects[0], -1, ret, err);
}
static int plan_down(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
                     ob_err *err) {
  (void)why;
  return plan_move(s, objects[0], 1, ret, err);
}

static void reorder(ob_tui *s, const ob_change_flow *flow) {
  const ob_row *row = ob_tui_row(s);
  if (!row || !ob_change_may(s, "patch", row->owner)) return;
  ob_changing *c = ob_changing_of(s);
  ob_rule_seen_set(&c->rule, row->ingress, row->rule, row->path);
  const ob_change_about about = {OB_KIND_INGRESS, row->owner->ns, row->owner->name};
  ob_change_begin(s, flow, &about, 1);
}
static void rule_up(ob_tui *s) {
  static const ob_change_flow flow = {.plan = plan_up};
  reorder(s, &flow);
}
static void rule_down(ob_tui *s) {
  static const ob_change_flow flow = {.plan = plan_down};
  reorder(s, &flow);
}

/* What the change needs: a verb on the row's service, on Ingresses of its namespace, on its owner.
 */
enum { SERVICE = OB_KIND_SERVICE, INGRESS = OB_KIND_INGRESS, OWNER = OB_KIND_OWN };

static const struct {
  const char *text, *note;
  bool (*fits)(const ob_row *row); /* NULL: every row */
  void (*run)(ob_tui *s);
  const char *verb;
  int of;
} rows[] = {
    {"Convert", "the service to another type", has_service, convert, "patch", SERVICE},
    {"Ports and policy", "of the service, its labels and annotations", has_service,
     ob_service_form_open, "patch", SERVICE},
    {"Add a rule", "of an Ingress, that leads to the service", NULL, add_rule, "patch", INGRESS},
    {"Edit the rule", "in its row", is_ingress, ob_act_edit, "patch", OWNER},
    {"Copy the rule", "to another host, path or Ingress", is_rule, copy_rule, "patch", INGRESS},
    {"Move the rule", "to another Ingress", is_rule, move_rule, "patch", INGRESS},
    {"Move up", "before the rule above, among its host's", is_rule, rule_up, "patch", OWNER},
    {"Move down", "behind the rule below, among its host's", is_rule, rule_down, "patch", OWNER},
    {"Rename the host", "in every rule and TLS entry of the Ingress", is_ingress,
     ob_rename_form_open, "patch", OWNER},
    {"Class, TLS, annotations", "of the Ingress, and its default backend", is_ingress,
     ob_ingress_form_open, "patch", OWNER},
    {"Edit YAML", "the object in $EDITOR", NULL, ob_act_edit_yaml, "patch", OWNER},
    {"Delete", "the service, or the rule", NULL, ob_act_delete, "delete", OWNER},
};

static bool refused(ob_tui *s, size_t i, const ob_row *row, char why[OB_RIGHT_TEXT]) {
  const ob_object *about = rows[i].of == SERVICE ? &row->service->o : row->owner;
  bool rule = row->ingress && (row->way == OB_ROW_RULE || row->way == OB_ROW_DEFAULT);
  const char *verb = rows[i].run == ob_act_delete && rule ? "patch" : rows[i].verb;
  return ob_tui_access(s, verb, rows[i].of, about, why) == OB_ACCESS_REFUSED;
}

bool ob_change_refused(ob_tui *s, char why[OB_RIGHT_TEXT]) {
  const ob_row *row = ob_tui_row(s);
  char other[OB_RIGHT_TEXT];
  bool any = false;
  for (size_t i = 0; row && i < OB_LEN(rows); i++) {
    if (rows[i].fits && !rows[i].fits(row)) continue;
    if (!refused(s, i, row, any ? other : why)) return false;
    any = true;
  }
  return any;
}

void ob_act_change(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (!row) return;
  ob_menu_open(&s->menu, OB_MENU_WISH, "Change");
  for (size_t i = 0; i < OB_LEN(rows); i++)
    if (!rows[i].fits || rows[i].fits(row)) {
      char why[OB_RIGHT_TEXT];
      bool lacks = refused(s, i, row, why);
      ob_menu_add(&s->menu, rows[i].text, lacks ? why : rows[i].note, (int)i, i == 0);
    }
  ob_menu_ready(&s->menu);
}

void ob_change_wished(ob_tui *s, int row) {
  const ob_row *at = ob_tui_row(s);
  if (at && (!rows[row].fits || rows[row].fits(at))) rows[row].run(s);
}
