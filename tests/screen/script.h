/* The language of the cases, without its words: lines, quoting, variables, loops.
 *
 *   set NAME VALUE                    $NAME is VALUE from here on
 *   for NAME… in VALUE…  …  end       the lines between, for as many values at a time as names
 *   when VALUE is VALUE…  …  end      the lines between, when the first is one of the others
 *   when VALUE isnt VALUE…  …  end    … when it is none of them
 *   include FILE                      the lines of a file beside this one
 *
 * Every other line is a word and what it is given, split at blanks: "…" keeps blanks, with \n \t
 * \" \\ \e \xHH inside; '…' keeps \ too; # begins a comment where a word might. $NAME is replaced
 * before that, everywhere; a name that is not set stays as it is.
 */
#ifndef OB_TEST_SCREEN_SCRIPT_H
#define OB_TEST_SCREEN_SCRIPT_H

#include <stdbool.h>

enum { SCRIPT_WORDS = 128 };

typedef struct script script;

script *script_new(void);
void script_free(script *s);
void script_set(script *s, const char *name, const char *value);
/* False as soon as `word` says so, or when the script itself is wrong; then the line, and the loops
 * that it stands in, have been printed. */
bool script_run(script *s, const char *path, bool (*word)(void *user, char **w, int n), void *user);

#endif
