#include "gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, ESC, CSI, OSC, OSC_ESC };

static void fault(gate *g, const char *what, unsigned value) {
  if (*g->why) return;
  snprintf(g->why, sizeof g->why, "%s (%02x) at byte %llu", what, value, g->passed);
}

/* --- sequences ---------------------------------------------------------------------------- */
static void end_of_csi(gate *g, char final) {
  if (final == 'p' && strcmp(g->text, "?2026$") == 0) g->sync_asked++;
  if ((final != 'h' && final != 'l') || g->text[0] != '?') return;
  bool on = final == 'h';
  for (char *at = g->text + 1; *at; at += *at == ';') {
    char *end;
    long mode = strtol(at, &end, 10);
    if (end == at) return;
    if (mode == 25) g->hidden = !on;
    if (mode == 2004) g->pasting = on;
    if (mode == 2026) g->in_frame = on;
    if (mode == 2026 && on && g->cut) fault(g, "broken UTF-8 before a frame", 0);
    at = end;
  }
}

static bool begins(const gate *g, const char *with) {
  return strncmp(g->text, with, strlen(with)) == 0;
}

static void end_of_osc(gate *g) {
  if (strcmp(g->text, "11;?") == 0)
    g->asked++;
  else if (begins(g, "52;c;"))
    g->copies++;
  else if (strcmp(g->text, "104") != 0)
    fault(g, "an OSC that has no business here", (unsigned)strtoul(g->text, NULL, 10));
}

static void in_osc(gate *g, unsigned char c) {
  /* Of a copy only the begin is kept: its text is base64, whatever was copied. */
  if (g->len >= 5 && begins(g, "52;c;")) {
    if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", c) || c == 0)
      fault(g, "a byte in OSC 52 that is not base64", c);
    return;
  }
  if (c < 0x20 || c >= 0x7f) fault(g, "a control in an OSC", c);
  if (g->len + 1 < sizeof g->text) {
    g->text[g->len++] = (char)c;
    g->text[g->len] = '\0';
  }
}

static void begin(gate *g, int state) {
  g->state = state;
  g->len = 0;
  g->text[0] = '\0';
}

/* --- text ------------------------------------------------------------------------------------- */
static void code_point(gate *g, uint32_t c) {
  if (c < 0xa0) fault(g, "C1", c);
  if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e))
    fault(g, "zero width, line separator or bidi mark", c);
  if (c >= 0x2060 && c <= 0x206f) fault(g, "bidi isolate or invisible operator", c);
  if (c == 0xfeff) fault(g, "BOM", c);
  if (c >= 0xe0000 && c <= 0xe0fff) fault(g, "tag", c);
}

static void high(gate *g, unsigned char c) {
  if (g->want > 0 && (c & 0xc0) == 0x80) {
    g->cp = g->cp << 6 | (c & 63);
    if (--g->want == 0) code_point(g, g->cp);
  } else if (g->want > 0 || c < 0xc2 || c > 0xf4) {
    g->want = 0;
    fault(g, "broken UTF-8", c);
  } else {
    g->want = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    g->cp = c & (0x3f >> g->want);
  }
}

static void in_text(gate *g, unsigned char c) {
  if (c >= 0x80) {
    high(g, c);
    return;
  }
  if (g->want > 0 && c != 27) fault(g, "broken UTF-8", c);
  g->cut |= g->want > 0; /* a signal's way out may come inside of a character; nothing follows it */
  g->want = 0;
  if (g->cut && c > 32) fault(g, "broken UTF-8 before text", c);
  if (c == 7) fault(g, "BEL", c);
  if (c == 27) g->state = ESC;
}

static void count(size_t *at, const char *word, char c, bool *ret_whole) {
  *at = word[*at] == c ? *at + 1 : word[0] == c;
  if (word[*at] == '\0') {
    *ret_whole = true;
    *at = 0;
  }
}

static void pass(gate *g, unsigned char c) {
  count(&g->sanitizer, "Sanitizer", (char)c, &g->reported);
  count(&g->runtime, "runtime error:", (char)c, &g->reported);
  switch (g->state) {
  case ESC:
    if (c == '[')
      begin(g, CSI);
    else if (c == ']')
      begin(g, OSC);
    else
      g->state = TEXT;
    if (c == 'P' || c == '_' || c == '^' || c == 'X') fault(g, "DCS, APC, PM or SOS", c);
    break;
  case CSI:
    if (c >= 0x40 && c <= 0x7e) {
      end_of_csi(g, (char)c);
      g->state = TEXT;
    } else if (g->len + 1 < sizeof g->text) {
      g->text[g->len++] = (char)c;
      g->text[g->len] = '\0';
    }
    break;
  case OSC_ESC:
    if (c != '\\') fault(g, "an OSC that does not end", c);
    end_of_osc(g);
    g->state = TEXT;
    break;
  case OSC:
    if (c == 27) {
      g->state = OSC_ESC;
    } else if (c == 7) {
      end_of_osc(g);
      g->state = TEXT;
    } else {
      in_osc(g, c);
    }
    break;
  default: in_text(g, c);
  }
}

void gate_pass(gate *g, const char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++, g->passed++) pass(g, (unsigned char)bytes[i]);
}
