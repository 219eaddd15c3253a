/* What a plain scalar means in kubectl's YAML (go-yaml v2, YAML 1.1).
 * Thread ANY. */
#ifndef OB_BASE_YAML_SCALAR_H
#define OB_BASE_YAML_SCALAR_H

#include "base/json.h"

typedef enum ob_yaml_kind {
  OB_YAML_STRING,
  OB_YAML_NULL,
  OB_YAML_TRUE,
  OB_YAML_FALSE,
  OB_YAML_INT,      /* digits in *ret_number */
  OB_YAML_FLOAT,    /* a JSON number or close to one in *ret_number */
  OB_YAML_INFINITE, /* .inf or .nan, which JSON has not */
  OB_YAML_MERGE,    /* << */
} ob_yaml_kind;

/* `ret_number` may be NULL when only the kind matters. */
ob_yaml_kind ob_yaml_kind_of(const char *s, size_t n, ob_buf *ret_number);

#endif
