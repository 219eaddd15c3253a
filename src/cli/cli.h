/* The commands for scripts.
 *
 * Purpose   `outboard COMMAND …`: the table of commands, their help, and `get`.
 * Thread    The one thread of the process that called it.
 * Output    Results go to `out`, words for the person to `err`. Nothing is coloured unless
 *           `out` is a terminal and NO_COLOR is unset or empty (no-color.org).
 * Exit      (convert, route, undo, apply: cli/change.h says more)
 *           0 done; 1 a failure (no connection, forbidden, an incomplete answer); 2 the words
 *           on the command line make no sense; 3 a probe found an address that does not answer.
 */
#ifndef OB_CLI_CLI_H
#define OB_CLI_CLI_H

#include "base/options.h"
#include "outboard/session.h"
#include <stdio.h>

enum { OB_EXIT_OK = 0, OB_EXIT_FAILURE = 1, OB_EXIT_USAGE = 2, OB_EXIT_UNREACHED = 3 };

/* One row of the command table (cli/commands.def). */
typedef struct ob_command {
  const char *name;  /* "" the dashboard */
  unsigned bit;      /* OB_CMD_… : which options it takes */
  const char *usage; /* operands */
  const char *help;  /* one sentence */
  const char *more;  /* a few lines: examples */
} ob_command;
extern const ob_command ob_commands[];
extern const size_t ob_ncommands;

/* The command that argv[1…] starts with: the first word that is no option, when it is a
 * command's name; the dashboard when there is none. NULL with err when the word is unknown.
 * *ret_at is the word's index in argv, 0 for the dashboard. */
const ob_command *ob_command_find(int argc, char *const argv[], int *ret_at, ob_err *err);

/* `--help`, made from the tables. */
void ob_cli_help(FILE *out, const ob_command *cmd);
void ob_cli_version(FILE *out, const char *libraries);

/* One error as every command prints it: "outboard: MESSAGE" and a hint line. Made safe. */
void ob_cli_error(FILE *err, const ob_err *e);
/* The same with the whole message where an ob_err is too short for it (NULL: it is not). */
void ob_cli_error_said(FILE *err, const ob_err *e, const char *said);

/* Session options from what was typed. Borrows from args. */
ob_session_opts ob_cli_session_opts(const ob_args *args);

/* "30s", "2m", "1h", "500ms", or seconds. */
bool ob_cli_duration(const char *s, int64_t *ret_ms);
/* Says the error; the exit code that it means. */
int ob_cli_fail(FILE *err, const ob_err *e);
/* -o of the commands that print no view: table or json. */
int ob_cli_table_or_json(const ob_args *args, bool *ret_json, ob_err *err);
struct ob_faults;
struct ob_json;
void ob_cli_print_json(FILE *out, const struct ob_json *doc);

/* --- waiting for an answer (wait.c) --- */
enum { OB_CLI_NOTICE = sizeof(((ob_session_status *)NULL)->notice) };
/* --request-timeout; INT64_MAX: no limit. */
int ob_cli_timeout(const ob_args *args, int64_t *ret_ms, ob_err *err);
/* Until every kind has ended well or badly. What the login says meanwhile goes to `err`, once. */
int ob_cli_wait(ob_session *s, int64_t wait_ms, char io_told[OB_CLI_NOTICE], FILE *err, ob_err *e);
void ob_cli_notice(const ob_session *s, char io_told[OB_CLI_NOTICE], FILE *err);
/* Opens a session that lists once and waits for it; close it. */
int ob_cli_open(ob_session **ret, const ob_args *args, const ob_session_opts *base_opts, FILE *err,
                ob_err *e);

/* The commands. opts comes from ob_cli_session_opts(), perhaps with the embedded server's
 * kubeconfig put in. Each returns its exit code. */
int ob_cli_get(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_contexts(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_explain(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_routes(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_probe(const ob_args *args, const ob_session_opts *base_opts, FILE *out, FILE *err);
int ob_cli_convert(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_route(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_expose(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_undo(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_apply(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_compare(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);
int ob_cli_doctor(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err);

/* What the command line needs of the dashboard and may not include: main() hands it over. */
typedef struct ob_cli_front {
  /* Is a file of settings, a theme, a skin or plugins good? *ret_what: which it is. */
  void (*check)(const char *path, const char **ret_what, struct ob_faults *io);
  /* The dashboard's sections of the manual page, as roff. */
  void (*manual)(struct ob_buf *out);
} ob_cli_front;

/* The manual page as roff, and a shell's completions: bash, zsh or fish. */
void ob_cli_manual(struct ob_buf *out, const ob_cli_front *front);
int ob_cli_completion(struct ob_buf *out, const char *shell, ob_err *err);
/* `outboard config`. */
int ob_cli_config(const ob_args *args, const ob_cli_front *front, FILE *out, FILE *err);

#endif
