/* status.loadBalancer.ingress, which Services and Ingresses share. Thread WATCHER. */
#ifndef OB_MODEL_LB_H
#define OB_MODEL_LB_H

#include "model/pack.h"

const ob_lb_ingress *ob_decode_lb(ob_pack *p, const ob_json *json, uint16_t *ret_n);

#endif
