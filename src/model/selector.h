/* Label selectors as kubectl reads them: "a=b,c!=d,e in (x,y),f notin (z),g,!h,n>5".
 *
 * Thread    ANY (no shared state).
 * Errors    -OB_EUSAGE, naming the part that makes no sense.
 * Limits    OB_SELECTOR_MAX bytes.
 * Source    k8s.io/apimachinery/pkg/labels: Parse and Requirement.Matches.
 */
#ifndef OB_MODEL_SELECTOR_H
#define OB_MODEL_SELECTOR_H

#include "base/mem.h"
#include "outboard/error.h"
#include "outboard/object.h"

enum { OB_SELECTOR_MAX = 4096 };

typedef struct ob_selector ob_selector;

/* "" selects everything. NULL on error. */
ob_selector *ob_selector_parse(const char *text, ob_err *err);
void ob_selector_free(ob_selector *s);
OB_AUTOPTR_DEFINE(ob_selector, ob_selector_free)
/* NULL selects everything. */
bool ob_selector_matches(const ob_selector *s, const ob_object *o);

#endif
