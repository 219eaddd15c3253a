/* How a piece of text looks: two colours and attributes, independent of the terminal.
 *
 * A colour is 0xRRGGBB, one of the terminal's own sixteen (OB_COLOUR_ANSI + n), or the
 * terminal's default. ob_colour_reduce() says which of 256, 16 or 8 colours is nearest.
 *
 * Thread ANY. Source: the xterm palette (256colres.pl).
 */
#ifndef OB_TUI_STYLE_H
#define OB_TUI_STYLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
  OB_COLOUR_DEFAULT = 1 << 25,
  OB_COLOUR_ANSI = 1 << 24, /* + 0 … 15 */
};

enum {
  OB_BOLD = 1 << 0,
  OB_FAINT = 1 << 1,
  OB_UNDERLINE = 1 << 2,
  OB_REVERSE = 1 << 3,
  OB_ITALIC = 1 << 4,
};

typedef struct ob_style {
  uint32_t fg, bg;
  unsigned attrs;
} ob_style;

typedef enum ob_depth {
  OB_DEPTH_NONE,
  OB_DEPTH_8,
  OB_DEPTH_16,
  OB_DEPTH_256,
  OB_DEPTH_DIRECT,
} ob_depth;

/* The colour number that a terminal of this depth is told: -1 its default, a palette index,
 * or 0xRRGGBB for DIRECT. */
int ob_colour_reduce(uint32_t colour, ob_depth depth);
/* 0xRRGGBB of the palette's 16 … 255; the first sixteen by xterm's defaults. */
uint32_t ob_colour_of_256(int index);

/* Relative luminance of 0xRRGGBB, 0 … 1, and the contrast of two colours, 1 … 21.
 * Source: WCAG 2.1, definitions of "relative luminance" and "contrast ratio". */
double ob_luminance(uint32_t rgb);
double ob_contrast(uint32_t a, uint32_t b);

#endif
