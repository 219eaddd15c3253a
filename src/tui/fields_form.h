/* The forms for what an object has: ports and policy of a Service; class, TLS and annotations of an
 * Ingress; a host's new name. Thread UI. */
#ifndef OB_TUI_FIELDS_FORM_H
#define OB_TUI_FIELDS_FORM_H

#include "base/json.h"
#include "outboard/plan.h"
#include "tui/form.h"

void ob_service_form_open(struct ob_tui *s); /* of the row's service */
void ob_ingress_form_open(struct ob_tui *s); /* of the row's Ingress */
void ob_rename_form_open(struct ob_tui *s);  /* of the row's host */

/* --- what they share, with the forms of routes and workloads --- */
typedef struct ob_form_list {
  ob_texts texts;
  char **owned;
} ob_form_list;
void ob_form_texts_done(ob_form_list *l);
/* All values of a LIST; NULL when it is as it was. */
const ob_texts *ob_form_texts(const ob_form *f, int field, ob_form_list *ret);
/* Of a LIST of KEY=VALUE what was changed: "KEY=VALUE" and "KEY-". NULL when it is as it was. */
const ob_texts *ob_form_pairs(const ob_form *f, int field, ob_form_list *ret);
/* The value when it was changed, else NULL. */
const char *ob_form_if_changed(const ob_form *f, int field);
/* A value for each member; those that do not fit a line are left out, and stay as they are. */
void ob_form_set_pairs(ob_form *f, int field, const ob_json *pairs);
/* So many values, the longest of so many bytes, have room; else it is said what has. */
bool ob_form_has_room(struct ob_tui *s, size_t values, size_t longest);
void ob_offer_ingress_classes(const struct ob_tui *s, const ob_form *f, ob_form_offers *o);
void ob_offer_services_in(const struct ob_tui *s, const char *ns, ob_form_offers *o);
/* By name; NULL has none. */
void ob_offer_ports_of(const ob_service *v, ob_form_offers *o);
ob_role ob_note_pair(const struct ob_tui *s, const ob_form *f, const char *value, ob_buf *out);
/* done() of a flow whose form is hidden. */
void ob_form_close_hidden(struct ob_tui *s, uint64_t when);

#endif
