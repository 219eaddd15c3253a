/* Themes and k9s' skins. */
#include "tui/skin.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  ob_err err = {0};
  ob_theme theme;
  if (ob_theme_parse(&theme, (const char *)data, n, "theme.yaml", &err) < 0) fuzz_told(&err);
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse((const char *)data, n, "skin.yaml", &err);
  if (!doc || !ob_skin_is(doc)) return 0;
  if (ob_skin_read(&theme, doc, true, &err) < 0) fuzz_told(&err);
  /* As k9s does it, a colour that is none is its default: only the shape can be wrong. */
  if (ob_skin_read(&theme, doc, false, &err) < 0) {
    fuzz_told(&err);
    return 0;
  }
  for (int role = 0; role < OB_ROLE_COUNT; role++)
    for (int depth = 0; depth <= OB_DEPTH_DIRECT; depth++)
      (void)ob_theme_over(&theme, (ob_role)role, OB_ROLE_CURSOR, (ob_depth)depth);
  return 0;
}
