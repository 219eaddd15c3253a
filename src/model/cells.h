/* Cells that several views share; the views' own stand in columns_*.c. A cell function appends
 * text and says what it stands for (see ob_cell).
 *
 * Thread UI. */
#ifndef OB_MODEL_CELLS_H
#define OB_MODEL_CELLS_H

#include "outboard/view.h"

#define OB_CELL(name) void name(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_cell *ret)

OB_CELL(ob_cell_ns);
OB_CELL(ob_cell_name);    /* the owner's */
OB_CELL(ob_cell_service); /* "web:http" that the row leads to */
OB_CELL(ob_cell_ready);   /* "2/3", number: 2 */
OB_CELL(ob_cell_ready_n);
OB_CELL(ob_cell_total_n);
OB_CELL(ob_cell_class);
OB_CELL(ob_cell_problem);
OB_CELL(ob_cell_rule); /* the audit rule's id */
OB_CELL(ob_cell_severity);
OB_CELL(ob_cell_age); /* number: minus the Unix ms since when, so that the young come first */
OB_CELL(ob_cell_created);
OB_CELL(ob_cell_uid);
OB_CELL(ob_cell_policy); /* externalTrafficPolicy */
OB_CELL(ob_cell_port);   /* the service port's number */
OB_CELL(ob_cell_protocol);
OB_CELL(ob_cell_node_address);
OB_CELL(ob_cell_nodes);
OB_CELL(ob_cell_probe); /* "30/31 ok", "42 ms": of the probes done, nothing without */

/* Shared by makers of cells. */
void ob_cell_put(ob_cell *ret, const char *s);
void ob_cell_put_opt(ob_cell *ret, const char *s); /* "" is none */
void ob_cell_num(ob_cell *ret, int64_t n);         /* as text and as number */
void ob_cell_unknown(ob_cell *ret);                /* "?" */
void ob_cell_none(ob_cell *ret, const char *shown);
/* After "," unless it is the first item. */
void ob_cell_item(ob_cell *ret, const char *s);
const char *ob_severity_name(int severity);

extern const ob_column ob_exposure_columns[], ob_ingress_columns[], ob_services_columns[],
    ob_node_port_columns[], ob_balancer_columns[];
#define OB_PROBE_COLUMN                                                                            \
  {                                                                                                \
    "probe", "PROBE", "What the probes found", OB_COL_PROBE, 2, 5, 12, ob_cell_probe               \
  }
/* Each table asserts that it has so many. */
enum {
  OB_EXPOSURE_NCOLUMNS = 22,
  OB_INGRESS_NCOLUMNS = 24,
  OB_SERVICES_NCOLUMNS = 25,
  OB_NODE_PORT_NCOLUMNS = 24,
  OB_BALANCER_NCOLUMNS = 21
};

#endif
