/* Label selectors as kubectl reads them. Thread ANY.
 * Source: k8s.io/apimachinery/pkg/labels: a=b, a==b, a!=b, a in (b,c), a notin (b,c), a, !a.
 * Limits: OB_SELECTOR_TERMS requirements, OB_SELECTOR_VALUES values in one set.
 */
#ifndef OB_MODEL_SELECTOR_H
#define OB_MODEL_SELECTOR_H

#include "outboard/error.h"
#include "outboard/object.h"

enum { OB_SELECTOR_TERMS = 64, OB_SELECTOR_VALUES = 256 };

typedef struct ob_selector ob_selector;
/* NULL with err (OB_EUSAGE, naming the part). An empty text matches everything. */
ob_selector *ob_selector_parse(const char *text, ob_err *err);
void ob_selector_free(ob_selector *s);
bool ob_selector_matches(const ob_selector *s, const ob_object *o); /* NULL s: true */

#endif
