/* The one table of settings: config.yaml, `outboard config --list`, the manual and README's
 * table all come from it. A row says type, range, default and help; whoever uses a setting asks
 * for it by its id and always gets a value of that type within that range.
 *
 *   # $XDG_CONFIG_HOME/outboard/config.yaml
 *   theme: light
 *   mouse: false
 *   keys:
 *     filter: [ctrl-f, /]    # an action of the table of keys (tui/keys.def), and its keys
 *
 * Ownership The caller owns what it loaded and frees it with ob_settings_free().
 * Thread    ANY once loaded (it does not change).
 * Limits    OB_SETTINGS_MAX bytes of file.
 */
#ifndef OB_BASE_SETTINGS_H
#define OB_BASE_SETTINGS_H

#include "base/clock.h"
#include "base/faults.h"
#include "base/yaml.h"

enum { OB_SETTINGS_MAX = 256 * 1024 };

typedef enum ob_setting_id {
#define OB_SETTING(id, key, type, min, max, otherwise, choices, help) OB_SET_##id,
#include "base/settings.def"
#undef OB_SETTING
  OB_SET_COUNT
} ob_setting_id;

typedef enum ob_setting_type {
  OB_SET_BOOL,
  OB_SET_INT,
  OB_SET_TEXT,
  OB_SET_CHOICE,
  OB_SET_LIST /* of texts; the text is a line each */
} ob_setting_type;

typedef struct ob_setting {
  const char *key;
  ob_setting_type type;
  int64_t min, max;      /* INT */
  const char *otherwise; /* the default, as it would stand in the file */
  const char *choices;   /* CHOICE: words separated by blanks */
  const char *help;
} ob_setting;
extern const ob_setting ob_setting_rows[OB_SET_COUNT];

typedef struct ob_settings ob_settings;

/* All defaults. */
ob_settings *ob_settings_new(void);
void ob_settings_free(ob_settings *s);
OB_AUTOPTR_DEFINE(ob_settings, ob_settings_free)
/* NULL with "NAME:LINE: …" and a remedy when the text has a key or a value that it may not. */
ob_settings *ob_settings_parse(const char *text, size_t n, const char *name, ob_err *err);
/* A file; `path` NULL: the person's own, and the defaults when there is none. */
ob_settings *ob_settings_load(const char *path, ob_err *err);
/* The same, keeping the faults of its keys and values; NULL when it is no mapping at all. */
ob_settings *ob_settings_check(const char *path, ob_faults *io, ob_err *err);

bool ob_setting_bool(const ob_settings *s, ob_setting_id id);
int64_t ob_setting_int(const ob_settings *s, ob_setting_id id);
const char *ob_setting_text(const ob_settings *s, ob_setting_id id); /* TEXT, CHOICE, LIST */

/* The setting `protected` has a pattern for this context: what changes something there asks for
 * its name. */
bool ob_settings_protects(const ob_settings *s, const char *context);

/* The durations that a person may set. */
void ob_settings_timing(const ob_settings *s, ob_timing *io);

/* The mapping `keys`, NULL none; its lines are in the document. Borrowed. */
const ob_json *ob_settings_keys(const ob_settings *s, const ob_yaml_doc **ret_doc);

/* "on or off", "1 to 60", "auto direct 256 …" */
void ob_setting_range(const ob_setting *row, ob_buf *out);
/* The table, a line each: key, range, default, help. */
void ob_settings_list(ob_buf *out);

#endif
