/* All that is wrong with a file that a person wrote, where the first would only be the first.
 *
 * A reader that may be asked for all takes an ob_faults: NULL, and it stops at the first fault;
 * else it keeps each and reads on, passing over what is bad.
 *
 * Ownership ob_faults_done() frees. Thread: one owner. Limits: OB_FAULTS_MAX are kept,
 * and one that says so when there are more.
 */
#ifndef OB_BASE_FAULTS_H
#define OB_BASE_FAULTS_H

#include "base/mem.h"
#include "outboard/error.h"

enum { OB_FAULTS_MAX = 200 };

typedef struct ob_faults {
  OB_VEC(ob_err) all;
} ob_faults;

/* After a step that ended with `rc`: what to go on with. 0 when it went well, or when its fault was
 * kept; rc when there is nobody to keep it. */
int ob_fault_keep(ob_faults *io, int rc, const ob_err *err);
void ob_faults_done(ob_faults *f);
OB_AUTO_DEFINE(ob_faults, ob_faults_done)

#endif
