#include "tui/term_report.h"

#include <stdio.h>
#include <string.h>

void ob_report_begin(ob_report *r, ob_report_kind kind) {
  *r = (ob_report){.kind = kind};
}

bool ob_report_add(ob_report *r, uint32_t c) {
  if (r->n + 1 < OB_REPORT_MAX) r->text[r->n++] = (char)c;
  r->text[r->n] = '\0';
  switch (r->kind) {
  case OB_REPORT_OLD_MOUSE: return r->n == 3;
  case OB_REPORT_BACKGROUND: return c == 7 || c == '\\';
  case OB_REPORT_SYNC: return c == 'y' || c >= 128;
  default: return !(c >= '0' && c <= '9') && c != ';';
  }
}

static ob_input mouse(int button, int x, int y, char end) {
  ob_input in = {.type = OB_INPUT_NONE, .x = x - 1, .y = y - 1};
  if (button == 64 || button == 65) {
    in.type = OB_INPUT_WHEEL;
    in.key = button == 64 ? OB_KEY_UP : OB_KEY_DOWN;
  } else if (button == 0) {
    in.type = end == 'M' ? OB_INPUT_PRESS : OB_INPUT_RELEASE;
  } else if (button == 32) {
    in.type = OB_INPUT_DRAG;
  } else if (button == 3) {
    in.type = OB_INPUT_RELEASE; /* the old report does not say of which button */
  }
  return in;
}

/* Each part has one to four digits: scaled to eight bits. */
static bool colour(const char *s, uint32_t *ret) {
  const char *at = strstr(s, "rgb");
  if (!at) return false;
  at += strcspn(at, ":");
  uint32_t c = 0;
  for (int i = 0; i < 3; i++) {
    if (*at++ != (i ? '/' : ':')) return false;
    size_t digits = strspn(at, "0123456789abcdefABCDEF");
    if (digits < 1 || digits > 4) return false;
    unsigned part = 0, most = (1u << (4 * digits)) - 1;
    sscanf(at, "%4x", &part); /* stops behind them: at / or at the end */
    at += digits;
    c = c << 8 | (part * 255 + most / 2) / most;
  }
  *ret = c;
  return true;
}

ob_input ob_report_input(const ob_report *r) {
  ob_input in = {.type = OB_INPUT_NONE};
  int button, x, y;
  char end;
  if (r->kind == OB_REPORT_OLD_MOUSE)
    return mouse((unsigned char)r->text[0] - 32, (unsigned char)r->text[1] - 32,
                 (unsigned char)r->text[2] - 32, 'M');
  if (r->kind == OB_REPORT_MOUSE && sscanf(r->text, "%5d;%5d;%5d%c", &button, &x, &y, &end) == 4)
    return mouse(button, x, y, end);
  if (r->kind == OB_REPORT_BACKGROUND && colour(r->text, &in.key)) in.type = OB_INPUT_BACKGROUND;
  return in;
}

bool ob_report_sync(const ob_report *r) {
  return r->kind == OB_REPORT_SYNC && r->text[0] >= '1' && r->text[0] <= '3' && r->text[1] == '$';
}
