/* What probes found, as a table, JSON, or JUnit's XML. Thread: the one that prints. */
#ifndef OB_CLI_PROBE_PRINT_H
#define OB_CLI_PROBE_PRINT_H

#include "outboard/probe.h"
#include <stdio.h>

typedef enum ob_probe_format { OB_PROBE_TABLE, OB_PROBE_JSON, OB_PROBE_JUNIT } ob_probe_format;
/* False when no format has that name. */
bool ob_probe_format_find(const char *name, ob_probe_format *ret);

typedef struct ob_probe_print_opts {
  bool watch; /* an answer is a line, with its time; json is one object a line */
  bool headers;
} ob_probe_print_opts;
void ob_probe_print(FILE *out, ob_probe_format format, const ob_probe_entry *const *e, size_t n,
                    const ob_probe_print_opts *opts);

/* Text inside XML: the five entities; what XML 1.0 may not hold becomes U+FFFD. */
void ob_xml_escape(struct ob_buf *out, const char *s);

#endif
