/* The column tables of the views, for view.c. Cells that several views share are in
 * columns_common.c. Thread UI.
 */
#ifndef OB_MODEL_COLUMNS_H
#define OB_MODEL_COLUMNS_H

#include "base/buf.h"
#include "outboard/view.h"

/* The lengths stand here because ob_views is a constant; a table of another length does not
 * compile. */
extern const ob_column ob_exposure_columns[20], ob_services_columns[17], ob_node_ports_columns[18],
    ob_load_balancers_columns[16], ob_ingress_columns[20];

#define OB_CELL(name)                                                                              \
  void name(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_cell *ret)

/* Shared cells. */
OB_CELL(ob_cell_namespace);
OB_CELL(ob_cell_name);
OB_CELL(ob_cell_ready);       /* "3/3" of what the row leads to */
OB_CELL(ob_cell_ready_count); /* the number alone */
OB_CELL(ob_cell_total_count);
OB_CELL(ob_cell_age);
OB_CELL(ob_cell_created);
OB_CELL(ob_cell_problem);
OB_CELL(ob_cell_severity);
OB_CELL(ob_cell_rule_id);
OB_CELL(ob_cell_class);
OB_CELL(ob_cell_target_service);
OB_CELL(ob_cell_port);
OB_CELL(ob_cell_protocol);
OB_CELL(ob_cell_node_port);
OB_CELL(ob_cell_target_port);
OB_CELL(ob_cell_lb_addresses);
OB_CELL(ob_cell_type);

/* Outside text into a cell. */
void ob_cell_text(ob_cell *ret, const char *s);
/* "a,b,c"; "<none>" is the caller's business. */
void ob_cell_list(ob_cell *ret, const char *const *items, size_t n);
void ob_cell_num(ob_cell *ret, int64_t n);
void ob_cell_unknown(ob_cell *ret); /* "?" */
void ob_cell_none(ob_cell *ret);    /* "<none>", dim */

#endif
