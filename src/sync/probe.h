/* The probes that wait and those under way. Bounded: timing->probes_at_once,
 * timing->probes_per_second begun, OB_PROBE_WAITING in line.
 *
 * Thread WATCHER.
 */
#ifndef OB_SYNC_PROBE_H
#define OB_SYNC_PROBE_H

#include "kube/probe.h"
#include "sync/outbox.h"

typedef struct ob_probes ob_probes;
/* env is borrowed. */
ob_probes *ob_probes_new(const ob_probe_env *env, ob_outbox *box);
void ob_probes_free(ob_probes *p);
void ob_probes_ask(ob_probes *p, const ob_probe_target *targets, size_t n);
/* Those under way go on. */
void ob_probes_stop(ob_probes *p);
/* Begin what may begin now; when more may (monotonic ms, INT64_MAX never). */
int64_t ob_probes_run(ob_probes *p, int64_t now_ms);

#endif
