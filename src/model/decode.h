/* The decoders of the kinds, for decode.c's table. See pack.h for how they run.
 *
 * Thread WATCHER. Limits: OB_OBJECT_MAX bytes for one packed object.
 */
#ifndef OB_MODEL_DECODE_H
#define OB_MODEL_DECODE_H

#include "model/pack.h"

enum { OB_OBJECT_MAX = 32 * 1024 * 1024 };

void ob_decode_service(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_slice(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_ingress(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_ingress_class(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_node(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_namespace(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_pod(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_event(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_gateway_class(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_gateway(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_http_route(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_grpc_route(ob_pack *p, const ob_json *json, ob_object *o);
void ob_decode_grant(ob_pack *p, const ob_json *json, ob_object *o);

/* The text of a uid says nothing that its 16 bytes do not. */
bool ob_uid_is_uuid(const char *text);

/* An RFC 3339 member as Unix ms, 0 when absent or none. */
int64_t ob_decode_time(const ob_json *object, const char *key);

#endif
