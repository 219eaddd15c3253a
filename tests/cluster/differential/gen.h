/* Random writes, for two servers alike: what is sent comes from tables, so that whoever sends
 * something new adds a row.
 *
 * Bodies are written as in the contract suite (' for ", ~ for the namespace). What a server chose
 * itself stands in them as a word, filled in for each server from its own last answer:
 *   @rv@ @uid@ @ip@ @port@   resourceVersion, uid, cluster IP, the first port's node port
 *
 * Ownership An ask's strings are its own (ask_done). Thread ANY. Repeatable by the generator's
 * seed.
 */
#ifndef DIFFERENTIAL_GEN_H
#define DIFFERENTIAL_GEN_H

#include "base/clock.h"
#include "base/json.h"
#include <stdbool.h>

/* One member that may be sent: its values, JSON texts between bars. */
typedef struct gen_field {
  const char *at;   /* member of the spec, or "metadata.MEMBER" */
  unsigned kinds;   /* bits of the variants of the object that take it */
  unsigned percent; /* how often it is there */
  const char *good, *bad;
} gen_field;

/* A request on an object that is there. */
typedef struct gen_change {
  const char *type; /* content type; NULL: PUT of the object with this merge patch applied */
  const char *body;
  const char *sub; /* "/status"; NULL */
} gen_change;

typedef struct gen_kind {
  const char *name, *collection; /* path */
  unsigned nvariants;
  const char *const *variants; /* members of the spec that make each */
  const gen_field *fields;
  size_t nfields;
  const gen_change *changes;
  size_t nchanges;
} gen_kind;
extern const gen_kind gen_services, gen_ingresses, gen_classes;

typedef struct ask {
  const char *method, *type;
  char *path, *body; /* body NULL: none */
  bool whole;        /* the body is a merge patch over the server's own last answer */
} ask;
void ask_done(ask *a);

/* A new object of that name; `good` leaves out the tables' bad values. */
ask gen_create(const gen_kind *k, ob_rng *rng, const char *name, bool good);
/* One more request for it, reads and other queries included. */
ask gen_next(const gen_kind *k, ob_rng *rng, const char *name);
ask gen_delete(const gen_kind *k, ob_rng *rng, const char *name);

#endif
