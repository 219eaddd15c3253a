/* The one table of command-line options: parsing, --help, completions and the manual
 * all come from it. A command says which rows it takes; a row says everything else.
 *
 * Thread ANY (const tables). Source: POSIX 12.2 and GNU long options as kubectl uses
 * them (`--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, options and operands mixed,
 * `--` ends options; a flag takes `=true|false`).
 */
#ifndef OB_BASE_OPTIONS_H
#define OB_BASE_OPTIONS_H

#include "base/buf.h"
#include "outboard/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum ob_option_id {
#define OB_OPTION(id, letter, name, kind, arg, commands, help) OB_OPT_##id,
#include "base/options.def"
#undef OB_OPTION
  OB_OPT_COUNT
} ob_option_id;

typedef enum ob_option_kind { OB_FLAG, OB_TEXT, OB_COUNT, OB_LIST } ob_option_kind;

/* Which commands take an option (bit mask). */
enum {
  OB_CMD_DASHBOARD = 1 << 0,
  OB_CMD_GET = 1 << 1,
  OB_CMD_SERVE = 1 << 2,
  OB_CMD_CONTEXTS = 1 << 3,
  OB_CMD_DOCTOR = 1 << 4,
  OB_CMD_CONFIG = 1 << 5,
  OB_CMD_EXPLAIN = 1 << 6,
  OB_CMD_ROUTES = 1 << 7,
  OB_CMD_COMPARE = 1 << 8,
  OB_CMD_PROBE = 1 << 9,
  OB_CMD_WAYS = OB_CMD_EXPLAIN | OB_CMD_ROUTES | OB_CMD_COMPARE,
  OB_CMD_CONVERT = 1 << 10,
  OB_CMD_ROUTE = 1 << 11,
  OB_CMD_UNDO = 1 << 12,
  OB_CMD_APPLY = 1 << 13,
  OB_CMD_EXPOSE = 1 << 14,
  OB_CMD_CHANGES = OB_CMD_CONVERT | OB_CMD_ROUTE | OB_CMD_EXPOSE | OB_CMD_UNDO | OB_CMD_APPLY,
  /* everything that opens a cluster */
  OB_CMD_CLUSTER =
      OB_CMD_DASHBOARD | OB_CMD_GET | OB_CMD_DOCTOR | OB_CMD_WAYS | OB_CMD_PROBE | OB_CMD_CHANGES,
  OB_CMD_PRINTS =
      OB_CMD_GET | OB_CMD_CONTEXTS | OB_CMD_DOCTOR | OB_CMD_WAYS | OB_CMD_PROBE | OB_CMD_CHANGES,
  OB_CMD_ALL = OB_CMD_CLUSTER | OB_CMD_SERVE | OB_CMD_CONTEXTS | OB_CMD_CONFIG
};

typedef struct ob_option {
  ob_option_id id;
  char letter; /* 0: none */
  const char *name;
  ob_option_kind kind;
  const char *arg; /* what help calls the value; NULL for flags */
  unsigned commands;
  const char *help;
} ob_option;

extern const ob_option ob_options[OB_OPT_COUNT];

enum { OB_OPERANDS_MAX = 64, OB_OPTION_LIST_MAX = 32 };

/* What was typed. Values are borrowed from argv. */
typedef struct ob_args {
  bool flag[OB_OPT_COUNT];
  const char *text[OB_OPT_COUNT]; /* the last one given */
  int64_t count[OB_OPT_COUNT];    /* OB_COUNT: parsed, >= 0 */
  const char *list[OB_OPT_COUNT][OB_OPTION_LIST_MAX];
  size_t nlist[OB_OPT_COUNT];
  bool given[OB_OPT_COUNT];
  const char *operands[OB_OPERANDS_MAX];
  size_t noperands;
} ob_args;

/* Parse argv[0 … argc-1] for one command (one bit). -OB_EUSAGE names the word. */
int ob_args_parse(ob_args *ret, unsigned command, int argc, char *const argv[], ob_err *err);

/* The options of one command, a line each, aligned, wrapped at 80 columns. */
int ob_options_help(ob_buf *out, unsigned command);

#endif
