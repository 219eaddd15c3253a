/* The one protobuf body that clients send to a server which answers in JSON: a
 * SelfSubjectAccessReview, in the envelope of Kubernetes. Read to the JSON of the same object. */
#include "base/str.h"
#include "sim/server.h"

typedef struct span {
  const unsigned char *at;
  size_t n;
} span;

static bool varint(span *s, uint64_t *ret) {
  *ret = 0;
  for (unsigned shift = 0; s->n && shift < 64; shift += 7) {
    unsigned char byte = *s->at++;
    s->n--;
    *ret |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

static bool skip(span *s, uint64_t n) {
  if (n > s->n) return false;
  s->at += n;
  s->n -= (size_t)n;
  return true;
}

/* The next field; *ret is empty for numbers. False at the end, and *bad when that is no end. */
static bool next(span *s, uint64_t *field, span *ret, bool *bad) {
  enum { VARINT, FIXED64, BYTES, FIXED32 = 5 };
  uint64_t tag, n = 0;
  if (!s->n) return false;
  *bad = true;
  if (!varint(s, &tag) || tag >> 3 == 0) return false;
  *field = tag >> 3;
  *ret = (span){s->at, 0};
  switch (tag & 7) {
  case VARINT: *bad = !varint(s, &n); break;
  case FIXED64: *bad = !skip(s, 8); break;
  case FIXED32: *bad = !skip(s, 4); break;
  case BYTES:
    if (!varint(s, &n)) return false;
    ret->at = s->at;
    *bad = !skip(s, n);
    ret->n = *bad ? 0 : (size_t)n;
    break;
  default: break;
  }
  return !*bad;
}

typedef struct message message;
typedef struct member {
  const char *name;
  const message *of; /* NULL: a string */
} member;
/* By field number from 1 on; others, and those without a name, are passed over. */
struct message {
  member members[8];
};

/* Source: k8s.io/api/authorization/v1/generated.proto, apimachinery/pkg/runtime/generated.proto. */
static const message resource = {{{"namespace", NULL},
                                  {"verb", NULL},
                                  {"group", NULL},
                                  {"version", NULL},
                                  {"resource", NULL},
                                  {"subresource", NULL},
                                  {"name", NULL}}};
static const message path = {{{"path", NULL}, {"verb", NULL}}};
static const message spec = {{{"resourceAttributes", &resource}, {"nonResourceAttributes", &path}}};
static const message review = {{{NULL, NULL}, {"spec", &spec}}};
static const message type_meta = {{{"apiVersion", NULL}, {"kind", NULL}}};

/* Names and paths of an API are ASCII. */
static bool is_plain(span s) {
  for (size_t i = 0; i < s.n; i++)
    if (s.at[i] < 0x20 || s.at[i] > 0x7e) return false;
  return true;
}

/* As deep as the tables above. */
static bool read_message(span s, const message *m, ob_json *into) {
  uint64_t field;
  span value;
  bool bad = false;
  while (next(&s, &field, &value, &bad)) {
    const member *k = field <= OB_LEN(m->members) ? &m->members[field - 1] : NULL;
    if (!k || !k->name) continue;
    if (k->of) {
      if (!read_message(value, k->of, ob_json_ensure_object(into, k->name))) return false;
    } else if (value.n) {
      if (!is_plain(value)) return false;
      ob_json_put(into, k->name, ob_json_new_strn((const char *)value.at, value.n));
    }
  }
  return !bad;
}

ob_json *sim_review_of_protobuf(const char *body, size_t n) {
  static const char magic[4] = {'k', '8', 's', '\0'};
  enum { TYPE = 1, RAW = 2 }; /* of runtime.Unknown */
  if (n < sizeof magic || memcmp(body, magic, sizeof magic) != 0) return NULL;
  span s = {(const unsigned char *)body + sizeof magic, n - sizeof magic}, value;
  ob_json *doc = ob_json_new_object();
  uint64_t field;
  bool bad = false;
  while (next(&s, &field, &value, &bad)) {
    const message *m = field == TYPE ? &type_meta : field == RAW ? &review : NULL;
    if (m && !read_message(value, m, doc)) bad = true;
    if (bad) break;
  }
  if (!bad && ob_streq(ob_json_get_str(doc, "kind"), "SelfSubjectAccessReview")) return doc;
  ob_json_free(doc);
  return NULL;
}
