/* The panel's pages: one row of a table each. A page writes what it knows of a subject into
 * a doc, for the doc's width; it draws nothing itself.
 *
 * Thread UI.
 */
#ifndef OB_TUI_PAGES_H
#define OB_TUI_PAGES_H

#include "outboard/session.h"
#include "outboard/view.h"
#include "tui/doc.h"
#include "tui/rights.h"

typedef enum ob_page_id {
#define OB_PAGE(id, name, title, needs, verb, kind, help) OB_PAGE_##id,
#include "tui/pages.def"
#undef OB_PAGE
  OB_PAGE_COUNT
} ob_page_id;

/* What the cursor stands on, and what was fetched of it. */
typedef struct ob_subject {
  const ob_cluster *cluster;
  const ob_row *row; /* never NULL */
  int64_t now_ms;
  const ob_reply *reply; /* of the page's fetch; NULL while it is on its way */
  const char *refused;   /* "needs list on events in shop": why nothing is fetched; NULL */
  bool unfold;           /* YAML: managedFields in full */
  const struct ob_prices *prices;
  const ob_service *const *marked; /* Compare: services of marked rows, once each */
  size_t nmarked;
  int way; /* Compare: the column that is chosen, an ob_way; -1 none */
} ob_subject;
enum { OB_MARKED_MAX = 12 }; /* more cannot be compared at a glance */

typedef struct ob_page {
  const char *name, *title;
  int needs;        /* an ob_fetch, or -1 */
  const char *verb; /* the right that the fetch takes: a verb, NULL none, … */
  int kind;         /* … on an ob_kind, or OB_KIND_OWN */
  const char *help;
  void (*write)(ob_doc *d, const ob_subject *s);
} ob_page;
extern const ob_page ob_pages[OB_PAGE_COUNT];

/* What of the server is fetched for a page about this row: an ob_fetch, or -1. */
int ob_page_needs(ob_page_id page, const ob_row *row);
/* The object that a page's fetch is about: a Service for PODS, else the row's owner. NULL when
 * there is none (a rule whose service is missing). */
const ob_object *ob_page_about(ob_page_id page, const ob_row *row);

void ob_page_write_COMPARE(ob_doc *d, const ob_subject *s);
void ob_page_write_DETAILS(ob_doc *d, const ob_subject *s);
void ob_page_write_ENDPOINTS(ob_doc *d, const ob_subject *s);
void ob_page_write_EVENTS(ob_doc *d, const ob_subject *s);
void ob_page_write_CHANGES(ob_doc *d, const ob_subject *s);
void ob_page_write_PORTS(ob_doc *d, const ob_subject *s);
void ob_page_write_PROBE(ob_doc *d, const ob_subject *s);
void ob_page_write_YAML(ob_doc *d, const ob_subject *s);

/* What stands in place of an answer: that it is on its way, or why it did not come. False when
 * the answer is there. */
bool ob_page_waiting(ob_doc *d, const ob_subject *s, const char *what);
ob_role ob_tone_role(ob_tone tone);
/* What says a tone where there is no colour: "●", "○", "✗", or "". */
const char *ob_tone_mark(ob_tone tone);

#endif
