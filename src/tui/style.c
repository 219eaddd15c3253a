/* Nearest colours. The 256-colour palette is searched in its 6×6×6 cube and its ramp of
 * greys only: the first sixteen are the person's own and may be anything. For 16 and 8
 * colours there is no choice but them. Distances weigh green
 * more than red and red more than blue, as eyes do. */
#include "tui/style.h"

#include <math.h>

static const uint32_t ansi[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                  0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                  0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
static const int steps[6] = {0, 95, 135, 175, 215, 255};

static int red(uint32_t c) {
  return (int)(c >> 16 & 255);
}
static int green(uint32_t c) {
  return (int)(c >> 8 & 255);
}
static int blue(uint32_t c) {
  return (int)(c & 255);
}

static long distance(uint32_t a, uint32_t b) {
  long r = red(a) - red(b), g = green(a) - green(b), l = blue(a) - blue(b);
  return 3 * r * r + 4 * g * g + 2 * l * l;
}

static int nearest_step(int v) {
  int best = 0;
  for (int i = 1; i < 6; i++) {
    int now = steps[i] > v ? steps[i] - v : v - steps[i];
    int was = steps[best] > v ? steps[best] - v : v - steps[best];
    if (now < was) best = i;
  }
  return best;
}

static int nearest_256(uint32_t c) {
  int r = nearest_step(red(c)), g = nearest_step(green(c)), b = nearest_step(blue(c));
  uint32_t cube = (uint32_t)steps[r] << 16 | (uint32_t)steps[g] << 8 | (uint32_t)steps[b];
  int level = ((red(c) + green(c) + blue(c)) / 3 - 8 + 5) / 10;
  if (level < 0) level = 0;
  if (level > 23) level = 23;
  uint32_t grey = (uint32_t)(8 + 10 * level) * 0x010101u;
  return distance(grey, c) < distance(cube, c) ? 232 + level : 16 + 36 * r + 6 * g + b;
}

/* With so few colours the hue matters more than the distance, which would make white of every
 * pastel: red stays red. Only what has hardly a hue, or hardly a light, becomes a grey. */
enum { NIGHT = 64 };
static int nearest_ansi(uint32_t c, int n) {
  int r = red(c), g = green(c), b = blue(c);
  int most = r > g ? (r > b ? r : b) : g > b ? g : b;
  int least = r < g ? (r < b ? r : b) : g < b ? g : b;
  if ((most - least) * 4 >= most && most >= NIGHT) {
    int middle = (most + least) / 2, hue = (r > middle) | (g > middle) << 1 | (b > middle) << 2;
    return n > 8 && most > 215 ? 8 + hue : hue;
  }
  static const int greys[] = {0, 7, 8, 15};
  int best = 0;
  for (int i = 1; i < (n > 8 ? 4 : 2); i++)
    if (distance(ansi[greys[i]], c) < distance(ansi[best], c)) best = greys[i];
  return best;
}

int ob_colour_reduce(uint32_t colour, ob_depth depth) {
  if (depth == OB_DEPTH_NONE || (colour & OB_COLOUR_DEFAULT)) return -1;
  if (colour & OB_COLOUR_ANSI) {
    int n = (int)(colour & 15);
    if (depth == OB_DEPTH_8) return n & 7;
    /* A direct terminal takes only 0 … 7 as palette indices. */
    return depth == OB_DEPTH_DIRECT && n > 7 ? (int)ansi[n] : n;
  }
  colour &= 0xffffff;
  switch (depth) {
  case OB_DEPTH_DIRECT: return colour < 8 ? 8 : (int)colour;
  case OB_DEPTH_256: return nearest_256(colour);
  case OB_DEPTH_16: return nearest_ansi(colour, 16);
  default: return nearest_ansi(colour, 8);
  }
}

double ob_luminance(uint32_t rgb) {
  static const double weights[] = {0.2126, 0.7152, 0.0722};
  double sum = 0;
  for (int i = 0; i < 3; i++) {
    double v = (double)(rgb >> (16 - 8 * i) & 255) / 255;
    sum += weights[i] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
  }
  return sum;
}

double ob_contrast(uint32_t a, uint32_t b) {
  double x = ob_luminance(a), y = ob_luminance(b);
  return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

uint32_t ob_colour_of_256(int index) {
  if (index < 16) return ansi[index < 0 ? 0 : index];
  if (index >= 232) return (uint32_t)(8 + 10 * (index - 232)) * 0x010101u;
  int i = index - 16;
  return (uint32_t)steps[i / 36] << 16 | (uint32_t)steps[i / 6 % 6] << 8 | (uint32_t)steps[i % 6];
}
