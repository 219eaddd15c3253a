#include "tui/works.h"

#include "tui/screen.h"

static const char *needs_line(ob_tui *s) {
  ob_tui_refresh(s);
  return ob_list_len(ob_tui_tab(s)->list) ? NULL : "there is no row";
}
static const char *needs_row(ob_tui *s) {
  if (ob_tui_row(s)) return NULL;
  const char *why = needs_line(s);
  return why ? why : "this is a group: its rows are below";
}
static const char *needs_tree(ob_tui *s) {
  return ob_tree_on(ob_tui_tab(s)) ? NULL : "nothing is grouped here: t groups Exposure";
}
static const char *needs_panel(ob_tui *s) {
  return s->layout.place == OB_ALONE ? "the screen has no room for list and panel at once" : NULL;
}
static const char *needs_search(ob_tui *s) {
  return *s->pager.find ? NULL : "nothing is searched for: / starts a search";
}
static const char *needs_yaml(ob_tui *s) {
  if (s->full == OB_FULL_TOUR || s->full == OB_FULL_PLAN) return NULL;
  return s->full == OB_FULL_PAGE && s->page == OB_PAGE_YAML ? NULL : "only the YAML page folds";
}
static const char *needs_plan(ob_tui *s) {
  return s->full == OB_FULL_PLAN ? NULL : "no plan is in view";
}
static const char *needs_pages(ob_tui *s) {
  return s->full <= OB_FULL_PAGE || s->full == OB_FULL_TOUR ? NULL : "this page is the only one";
}
static const char *needs_mouse(ob_tui *s) {
  return ob_term_has_mouse(s->term) ? NULL : "this terminal has no mouse";
}

/* Its row is what the list or a page of the panel shows, not what lies behind a plan or the help.
 */
static const char *needs_row_in_view(ob_tui *s) {
  return s->full > OB_FULL_PAGE ? "this page is not about one row" : needs_row(s);
}

static const char *needs_other_page(ob_tui *s) {
  return s->full == OB_FULL_PAGE && s->page == OB_PAGE_YAML ? "it is in view"
                                                            : needs_row_in_view(s);
}

static const char *needs_kubectl(ob_tui *s) {
  if (!ob_tui_row(s)) return "there is no row";
  return ob_plugin_has_kubectl() ? NULL : "there is no kubectl on PATH";
}
static const char *needs_pods(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (ob_tui_tab(s)->marks.len) {
    if (!ob_plugin_marked_pods(s)) return "no marked row has a service that selects pods";
    return ob_plugin_has_kubectl() ? NULL : "there is no kubectl on PATH";
  }
  if (row && !row->service) return "the row leads to no service that is there";
  if (row && row->service->nselector == 0) return "the service selects no pods";
  return needs_kubectl(s);
}

static const char *needs_service(ob_tui *s) {
  return ob_change_why_not(s, true);
}
static const char *needs_undo(ob_tui *s) {
  return ob_change_why_not_back(s, false);
}
static const char *needs_redo(ob_tui *s) {
  return ob_change_why_not_back(s, true);
}
static const char *needs_rule(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  const char *why = ob_change_why_not(s, false);
  if (why) return why;
  if (row && !row->ingress) return "only rules of an Ingress are edited in their row; r adds one";
  return needs_row(s);
}
static const char *needs_object(ob_tui *s) {
  return ob_change_why_not(s, false);
}

static const struct {
  void (*action)(ob_tui *s);
  const char *(*why)(ob_tui *s);
} rows[] = {
    {ob_act_probe, needs_row_in_view}, {ob_act_browse, needs_row_in_view},
    {ob_act_open, needs_line},         {ob_act_yaml, needs_other_page},
    {ob_act_mark, needs_line},         {ob_act_fold_group, needs_tree},
    {ob_act_fold_all, needs_tree},     {ob_act_unfold_group, needs_tree},
    {ob_act_narrower, needs_panel},    {ob_act_wider, needs_panel},
    {ob_act_match_next, needs_search}, {ob_act_match_prev, needs_search},
    {ob_act_copy, needs_row_in_view},  {ob_act_logs, needs_pods},
    {ob_act_describe, needs_kubectl},  {ob_act_fold, needs_yaml},
    {ob_act_page_next, needs_pages},   {ob_act_page_prev, needs_pages},
    {ob_act_mouse, needs_mouse},       {ob_act_convert, needs_service},
    {ob_act_delete, needs_object},     {ob_act_edit, needs_rule},
    {ob_act_undo, needs_undo},         {ob_act_redo, needs_redo},
    {ob_act_route, needs_object},      {ob_act_edit_yaml, needs_object},
    {ob_act_write_plan, needs_plan},   {ob_act_change, needs_object},
};

const char *ob_why_not(ob_tui *s, const ob_key_row *row) {
  for (size_t i = 0; i < OB_LEN(rows); i++)
    if (rows[i].action == row->action) return rows[i].why(s);
  return NULL;
}

/* --- rights ------------------------------------------------------------------------------------
 */
static const ob_object *of_service(const ob_row *row, const char **verb) {
  (void)verb;
  return row->service ? &row->service->o : NULL;
}
/* A rule goes by a change of its Ingress. */
static const ob_object *of_deleted(const ob_row *row, const char **verb) {
  if (row->ingress && (row->way == OB_ROW_RULE || row->way == OB_ROW_DEFAULT)) *verb = "patch";
  return row->owner;
}

static const struct {
  void (*action)(ob_tui *s);
  const char *verb;
  int kind; /* an ob_kind where the object lies, or OB_KIND_OWN */
  const ob_object *(*about)(const ob_row *row, const char **verb); /* NULL: the row's owner */
} rights[] = {
    {ob_act_yaml, "get", OB_KIND_OWN, NULL},
    {ob_act_edit, "patch", OB_KIND_OWN, NULL},
    {ob_act_convert, "patch", OB_KIND_OWN, of_service},
    {ob_act_delete, "delete", OB_KIND_OWN, of_deleted},
    {ob_act_edit_yaml, "patch", OB_KIND_OWN, NULL},
    {ob_act_route, "patch", OB_KIND_INGRESS, NULL},
};

bool ob_key_refused(ob_tui *s, const ob_key_row *row, char why[OB_RIGHT_TEXT]) {
  const ob_row *at = ob_tui_row(s);
  *why = '\0';
  if (row->action == ob_act_change) return ob_change_refused(s, why);
  if (row->action == ob_act_undo || row->action == ob_act_redo)
    return ob_change_back_refused(s, row->action == ob_act_redo, why);
  for (size_t i = 0; at && i < OB_LEN(rights); i++) {
    if (rights[i].action != row->action) continue;
    const char *verb = rights[i].verb;
    const ob_object *about = rights[i].about ? rights[i].about(at, &verb) : at->owner;
    return ob_tui_access(s, verb, rights[i].kind, about, why) == OB_ACCESS_REFUSED;
  }
  return false;
}
