/* The person's prices, from their file. */
#include "base/dirs.h"
#include "base/str.h"
#include "outboard/compare.h"
#include <unistd.h>

ob_prices *ob_prices_load(ob_err *err) {
  OB_AUTOFREE char *dir = ob_dir_config();
  OB_AUTOFREE char *path = dir ? ob_asprintf("%s/prices.yaml", dir) : NULL;
  if (!path || access(path, F_OK) != 0) return ob_prices_new();
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PRICES_MAX);
  if (ob_read_file(path, &text, err) < 0) return NULL;
  return ob_prices_parse(ob_buf_str(&text), text.len, path, err);
}
