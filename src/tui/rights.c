#include "tui/rights.h"

#include "tui/screen.h"

ob_access ob_tui_access(ob_tui *s, const char *verb, int kind, const ob_object *about,
                        char ret[OB_RIGHT_TEXT]) {
  if (ret) *ret = '\0';
  if (!verb || !about) return OB_ACCESS_ALLOWED;
  ob_kind of = kind == OB_KIND_OWN ? about->kind : (ob_kind)kind;
  const char *ns = about->ns;
  /* Events of cluster-scoped objects lie in the namespace default. */
  if (!*ns && ob_kinds[of].namespaced) ns = "default";
  return ob_session_access(s->session, ob_right_to(verb, of), ob_kinds[of].namespaced ? ns : "",
                           ret);
}
