/* What a person types behind `/`: refused in words, or a filter that ends in time. The first byte
 * is the view; the filter ends with a NUL, behind it stands the text it is looked for in. */
#include "model/filter.h"
#include "base/str.h"
#include "fuzz.h"
#include "model/selector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  const ob_view *view = &ob_views[fuzz_below(&in, OB_VIEW_COUNT)];
  OB_AUTOFREE char *text = fuzz_string(&in);
  OB_AUTOFREE char *cell = fuzz_string(&in);
  ob_err err = {0};
  OB_AUTOPTR(ob_filter) f = ob_filter_parse(view, text, &err);
  if (!f) {
    FUZZ_HOLDS(err.code == OB_EUSAGE);
    fuzz_told(&err);
    return 0;
  }
  size_t len = strlen(cell), hit = 0;
  for (size_t from = 0; from <= len && hit != SIZE_MAX; from = hit + 1) {
    size_t long_ = 0;
    hit = ob_filter_stretch(f, &view->columns[fuzz_below(&in, (unsigned)view->ncolumns)], cell,
                            from, &long_);
    FUZZ_HOLDS(hit == SIZE_MAX || (hit >= from && hit + long_ <= len));
  }
  return 0;
}
