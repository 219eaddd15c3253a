/* The form that converts services from one type to another. Thread UI. */
#ifndef OB_TUI_CONVERT_H
#define OB_TUI_CONVERT_H

#include "outboard/object.h"

struct ob_tui;

/* Of the marked services, else of the row's; `to`: OB_TYPE_UNKNOWN, or the type that is chosen. */
void ob_convert_open(struct ob_tui *s, ob_service_type to);

#endif
