/* What the fuzz targets share.
 *
 * A target is one file with one function, as libFuzzer wants it. It takes bytes, runs one reader
 * of outside text over them, and holds it to its promises with FUZZ_HOLDS: a broken one aborts,
 * as a sanitizer's report does. Under the preset `fuzz` libFuzzer drives it; in every other build
 * replay.c runs it over the files of corpus/NAME.
 *
 * What a target decides by the way (which kind, how long a piece) it takes from the input, so
 * that the fuzzer steers it and a file repeats a run.
 */
#ifndef OB_TEST_FUZZ_H
#define OB_TEST_FUZZ_H

#include "base/json.h"
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv); /* fuzz.c: a UTF-8 locale */

#define FUZZ_HOLDS(what) ((what) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #what))
_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* --- the input, taken from the front; behind its end there are zeros ------------------------ */
typedef struct fuzz_in {
  const uint8_t *at;
  size_t left;
} fuzz_in;
unsigned fuzz_byte(fuzz_in *in);
unsigned fuzz_below(fuzz_in *in, unsigned n); /* 0 … n-1, n <= 256 */
/* Bytes up to the next `end`, which is taken too; the rest when there is none. Borrowed. */
const char *fuzz_until(fuzz_in *in, char end, size_t *ret_n);
/* The same up to a NUL, as a string of its own. The caller frees. */
char *fuzz_string(fuzz_in *in);
/* A small tree of few different keys and values, so that two of them often meet. */
ob_json *fuzz_tree(fuzz_in *in, bool nulls);

/* --- promises --------------------------------------------------------------------------------- */
/* Nothing in it that a terminal would take for more than text (outboard/text.h). */
void fuzz_is_safe(const char *s, size_t n, bool lines);
/* Passes outside text through text safety and looks at what comes out. */
void fuzz_show(const char *s, size_t n);
/* A failure has a code, and words in valid UTF-8; and they can be shown. */
void fuzz_told(const ob_err *err);
/* The tree printed and read again is the same tree. */
void fuzz_prints(const ob_json *j);

#endif
