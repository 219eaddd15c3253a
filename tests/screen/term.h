/* A terminal for tests: a program on a pty, its output read by libvterm.
 *
 * Everything that the program writes is also kept raw, and passes the gate.
 */
#ifndef OB_TEST_SCREEN_TERM_H
#define OB_TEST_SCREEN_TERM_H

#include "gate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct vt vt;

typedef struct vt_look {
  int fg, bg; /* 0xRRGGBB, or 0x1000000 + palette index; -1 default */
  bool bold, underline, reverse, italic;
} vt_look;

vt *vt_new(int columns, int rows);
void vt_free(vt *t); /* kills what still runs */

/* Starts argv on the pty. False when it cannot. */
bool vt_spawn(vt *t, char *const argv[], const char *const *env);
/* What the terminal answers when it is asked for its background ("#ffffff"); NULL nothing. It
 * answers that it knows synchronized updates whenever it is asked. */
void vt_background(vt *t, const char *rgb);
/* Before vt_spawn(): the kernel's line discipline shall only pass bytes on, once the program has left and while it
 * lends the terminal: nothing that is sent is echoed, and ^C or ^Z drops no output that was not
 * read yet, the way out among it. */
void vt_plain_line(vt *t);
pid_t vt_pid(const vt *t);
/* Take what the program wrote, waiting at most `ms` for the first byte. False: it closed. */
bool vt_pump(vt *t, int ms);
void vt_send(vt *t, const char *bytes, size_t n);
/* The bytes that a terminal sends for a key of src/tui/keys.def; 0 when there is no such key. */
size_t vt_key(const char *name, char out[8]);
/* Until the program has read everything that was sent and has written nothing for silence_ms. False
 * after `ms`, or when it closed. */
bool vt_settle(vt *t, int silence_ms, int ms);
void vt_resize(vt *t, int columns, int rows);
/* The terminal is gone: nothing is read or sent any more. */
void vt_hang_up(vt *t);
/* True once it has ended; *ret is waitpid's status. */
bool vt_ended(vt *t, int *ret);

int vt_rows(const vt *t);
int vt_columns(const vt *t);
/* One row as UTF-8, blanks at its end cut. Valid until the next call. */
const char *vt_row(vt *t, int row);
/* Where the text begins on the screen, in cells. False when it is not there. */
bool vt_find(vt *t, const char *text, int *ret_x, int *ret_y);
vt_look vt_look_at(vt *t, int x, int y);
bool vt_altscreen(const vt *t);
bool vt_cursor_visible(const vt *t);
int vt_mouse(const vt *t);    /* 0 off */
bool vt_pasting(const vt *t); /* bracketed paste is on */
bool vt_echoes(const vt *t);  /* the line discipline shows what is typed, line by line */
/* What was written since the start, or since it was forgotten. */
const char *vt_raw(const vt *t, size_t *ret_len);
void vt_forget(vt *t);
const gate *vt_gate(const vt *t);
void vt_dump(vt *t);

#endif
