/* Plan files: what is taken can be written, read again, shown and carried out in thought. */
#include "outboard/plan.h"
#include "base/str.h"
#include "fuzz.h"

static void look(const ob_plan *p) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_PLAN_MAX);
  fuzz_show(p->title, strlen(p->title));
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *e = &p->edits[i];
    FUZZ_HOLDS(e->kind < OB_KIND_COUNT && (e->before || e->wanted));
    ob_edit_diff(e, NULL, &out);
    for (size_t k = 0; k < e->nsteps; k++) {
      FUZZ_HOLDS((e->steps[k].body == NULL) == (e->steps[k].verb == OB_STEP_DELETE));
      ob_plan_step_kubectl(e, &e->steps[k], &out);
    }
  }
  fuzz_show(ob_buf_str(&out), out.len);
}

/* The way back and the merge, on a server that has what the plan wanted, or what was before. */
static void back(const ob_plan *p, bool applied) {
  const ob_json *now[OB_PLAN_EDITS];
  for (size_t i = 0; i < p->nedits; i++) now[i] = applied ? p->edits[i].wanted : p->edits[i].before;
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  ob_err err = {0};
  ob_plan *undo = NULL, *again = NULL;
  if (ob_plan_undo(&undo, p, now, &why, &err) < 0) fuzz_told(&err);
  if (ob_plan_rebase(&again, p, now, &why, &err) < 0) fuzz_told(&err);
  fuzz_show(ob_buf_str(&why), why.len);
  ob_plan_free(undo);
  ob_plan_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  ob_err err = {0};
  ob_plan *p = NULL, *again = NULL;
  if (ob_plan_read(&p, (const char *)data, n, "plan.yaml", &err) < 0) {
    FUZZ_HOLDS(!p);
    fuzz_told(&err);
    return 0;
  }
  FUZZ_HOLDS(p->nedits <= OB_PLAN_EDITS && p->nwarnings <= OB_PLAN_WARNINGS);
  look(p);
  back(p, true);
  back(p, false);
  OB_AUTO(ob_buf) text = OB_BUF_INIT((size_t)OB_PLAN_MAX * 2);
  ob_plan_write(p, &text);
  FUZZ_HOLDS(ob_plan_read(&again, ob_buf_str(&text), text.len, "again", &err) == 0);
  OB_AUTOPTR(ob_json) one = ob_plan_to_json(p);
  OB_AUTOPTR(ob_json) other = ob_plan_to_json(again);
  FUZZ_HOLDS(ob_json_equal(one, other));
  ob_plan_free(p);
  ob_plan_free(again);
  return 0;
}
