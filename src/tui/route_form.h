/* The form that adds a rule to an Ingress: anew, as a copy of the row's, or in its place when it
 * moves to another Ingress. Thread UI. */
#ifndef OB_TUI_ROUTE_FORM_H
#define OB_TUI_ROUTE_FORM_H

struct ob_tui;

typedef enum ob_route_start { OB_ROUTE_NEW, OB_ROUTE_COPY, OB_ROUTE_MOVE } ob_route_start;
void ob_route_form_open(struct ob_tui *s, ob_route_start from);

#endif
