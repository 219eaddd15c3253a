/* Text safety: whatever goes in, what comes out is text and nothing else. */
#include "outboard/text.h"
#include "fuzz.h"

static int width_of(const ob_buf *b) {
  return ob_text_width(ob_buf_str(b), b->len);
}

static void again(const ob_buf *safe, unsigned flags) {
  OB_AUTO(ob_buf) twice = OB_BUF_INIT(safe->len * 8 + 16);
  ob_text_safe(&twice, ob_buf_str(safe), safe->len, flags);
  FUZZ_HOLDS(twice.len == safe->len &&
             memcmp(ob_buf_str(&twice), ob_buf_str(safe), safe->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  int width = (int)fuzz_byte(&in);
  unsigned how = fuzz_byte(&in);
  const char *text = (const char *)in.at;
  OB_AUTO(ob_buf) line = OB_BUF_INIT(in.left * 4 + 16);
  OB_AUTO(ob_buf) lines = OB_BUF_INIT(in.left * 8 + 16);
  ob_text_safe(&line, text, in.left, OB_TEXT_LINE);
  ob_text_safe(&lines, text, in.left, OB_TEXT_LINES);
  FUZZ_HOLDS(!line.failed && !lines.failed);
  fuzz_is_safe(ob_buf_str(&line), line.len, false);
  fuzz_is_safe(ob_buf_str(&lines), lines.len, true);
  again(&line, OB_TEXT_LINE);
  again(&lines, OB_TEXT_LINES);
  FUZZ_HOLDS(ob_text_width(text, in.left) == width_of(&line));

  OB_AUTO(ob_buf) fit = OB_BUF_INIT(in.left * 8 + 1024);
  ob_text_fit(&fit, text, in.left, width, how & 1 ? OB_LEFT : OB_RIGHT, how & 2);
  FUZZ_HOLDS(!fit.failed && width_of(&fit) == width);
  fuzz_is_safe(ob_buf_str(&fit), fit.len, false);

  int taken;
  size_t prefix = ob_text_prefix(ob_buf_str(&line), line.len, width, &taken);
  FUZZ_HOLDS(taken <= width && taken <= width_of(&line) && prefix <= line.len);
  FUZZ_HOLDS(taken == ob_text_width(ob_buf_str(&line), prefix));
  FUZZ_HOLDS(taken >= width - 1 || prefix == line.len);
  return 0;
}
