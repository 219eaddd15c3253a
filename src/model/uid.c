/* A uid is 16 bytes when it is written as every API server writes one: RFC 9562, in lower case. */
#include "base/map.h"
#include "model/cluster.h"
#include <stdio.h>

static int digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool dash_at(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

/* False as well for the one that is all zeros, which stands for none. */
static bool is_uuid(const char *text, ob_uid *ret) {
  *ret = (ob_uid){{0, 0}};
  size_t n = 0, i = 0;
  for (; text[i] && i < OB_UID_TEXT; i++) {
    int d = digit(text[i]);
    if (dash_at(i) ? text[i] != '-' : d < 0) return false;
    if (dash_at(i)) continue;
    ret->half[n / 16] = ret->half[n / 16] << 4 | (uint64_t)d;
    n++;
  }
  return i == OB_UID_TEXT - 1 && !ob_uid_none(*ret);
}

ob_uid ob_uid_of(const char *text) {
  ob_uid u = {{0, 0}};
  if (!text || !*text || is_uuid(text, &u)) return u;
  u.half[0] = ob_hash(text, strlen(text));
  u.half[1] = ob_hash_more(u.half[0], text, strlen(text)) | 1;
  return u;
}

bool ob_uid_is_uuid(const char *text) {
  ob_uid u;
  return is_uuid(text, &u);
}

const char *ob_uid_text(const ob_object *o, char space[OB_UID_TEXT]) {
  if (o->odd_uid) return o->name + strlen(o->name) + 1;
  if (ob_uid_none(o->uid)) return "";
  uint64_t a = o->uid.half[0], b = o->uid.half[1];
  snprintf(space, OB_UID_TEXT, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
           (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
           (unsigned long long)(b & 0xffffffffffff));
  return space;
}
