/* services/NAME[:PORT]/proxy/PATH: a GET or HEAD carried to a ready endpoint and its answer back.
 *
 * The answer is held back until the endpoint has answered; nothing blocks. Only loopback is asked:
 * the addresses of a world's pods are made up, and a made-up address may be somebody's.
 *
 * Ownership The sim_resp owns the proxy; type and location of the answer point into it.
 * Thread    Under the store's lock.
 * Limits    SIM_PROXY_MAX bytes of an answer, SIM_PROXY_MS for all of it. An escaped slash of the
 *           path arrives as a slash; https to the endpoint is a 501.
 * Source    kubernetes pkg/registry/core/service/storage (ResourceLocation), apiserver util/proxy
 *           (RandomEndpoint: here the first, not a random one), apimachinery util/proxy.
 */
#ifndef OB_SIM_PROXY_H
#define OB_SIM_PROXY_H

#include "sim/server.h"

enum { SIM_PROXY_MAX = 1024 * 1024, SIM_PROXY_MS = 30000 };

/* Does the path lead through a service? */
bool sim_proxy_meant(char *const parts[], size_t n);
/* parts as sim_proxy_meant() saw them. 0: r->proxy is at work; -1: answered. */
int sim_proxy_open(ob_sim *s, char *const parts[], const sim_req *q, sim_resp *r);
/* True: the answer stands in r. */
bool sim_proxy_work(sim_resp *r, int64_t now_mono_ms);
void sim_proxy_free(struct sim_proxy *p); /* NULL is fine */

#endif
