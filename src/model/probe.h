/* Filling the log of probes; reading it is include/outboard/probe.h. Thread UI. */
#ifndef OB_MODEL_PROBE_H
#define OB_MODEL_PROBE_H

#include "outboard/probe.h"

ob_probe_log *ob_probe_log_new(void);
void ob_probe_log_free(ob_probe_log *l);
/* The target was asked for: false when it waits already. The oldest entry goes when the log is
 * full. */
bool ob_probe_log_ask(ob_probe_log *l, const ob_probe_target *t);
/* An answer; one for a target that the log has forgotten is dropped. */
void ob_probe_log_put(ob_probe_log *l, uint64_t target_key, const ob_probe_result *r);
/* Nothing waits any more. */
void ob_probe_log_stop(ob_probe_log *l);

ob_probe_log *ob_cluster_probe_log(ob_cluster *c);
/* What ob_cluster_mark_probed() marks: the rows of the target's owner and service look anew. */
void ob_cluster_mark_probed(ob_cluster *c, const ob_probe_target *t);
/* Digest of the verdicts that a row shows; 0 without probes. */
uint64_t ob_probe_look(const ob_cluster *c, const ob_row *r);

/* What a port speaks, by appProtocol, else by its name, else by its number. */
ob_probe_scheme ob_port_speaks(const ob_service_port *p);

#endif
