/* config.yaml: values within their ranges, keys that leave a way out. */
#include "fuzz.h"
#include "tui/keymap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  ob_err err = {0};
  OB_AUTOPTR(ob_settings) s = ob_settings_parse((const char *)data, n, "config.yaml", &err);
  if (!s) {
    fuzz_told(&err);
    return 0;
  }
  for (int i = 0; i < OB_SET_COUNT; i++) {
    const ob_setting *row = &ob_setting_rows[i];
    if (row->type == OB_SET_INT)
      FUZZ_HOLDS(ob_setting_int(s, (ob_setting_id)i) >= row->min &&
                 ob_setting_int(s, (ob_setting_id)i) <= row->max);
    else if (row->type != OB_SET_BOOL)
      FUZZ_HOLDS(ob_setting_text(s, (ob_setting_id)i));
  }
  ob_timing timing = ob_timing_default;
  ob_settings_timing(s, &timing);
  FUZZ_HOLDS(timing.frame_ms > 0 && timing.probe_ms > 0 && timing.probes_at_once > 0);
  OB_AUTOPTR(ob_keymap) keys = ob_keymap_new(s, &err);
  if (!keys) fuzz_told(&err);
  return 0;
}
