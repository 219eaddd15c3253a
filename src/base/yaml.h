/* YAML: the only includer of libyaml. Documents become ob_json trees that
 * remember where each value stood; trees are printed as kubectl prints them.
 *
 * Reading follows kubectl (sigs.k8s.io/yaml over go-yaml v2, YAML 1.1): plain
 * scalars are typed (yes/on/true, ~/null, 0x1f, 1_000, .5), quoted ones are strings,
 * anchors, aliases and `<<` work, the last of duplicate keys wins, only the first
 * document is read. Text that starts with `{` goes to the JSON parser first, and is read as
 * a flow mapping when it is no JSON; nodes of JSON text have no lines.
 * UTF-8 with or without BOM, CRLF and UTF-16 with BOM load; a NUL in a scalar, bad
 * UTF-8, tab indentation, unknown aliases and non-scalar keys are errors with a line.
 *
 * Ownership ob_yaml_doc owns the tree.
 * Thread    One owner at a time.
 * Limits    OB_YAML_DEPTH levels (libyaml is quadratic in flow depth), OB_YAML_NODES
 *           nodes after alias expansion, OB_YAML_MAX bytes.
 */
#ifndef OB_BASE_YAML_H
#define OB_BASE_YAML_H

#include "base/json.h"

enum { OB_YAML_DEPTH = 100, OB_YAML_NODES = 1000000, OB_YAML_MAX = 16 * 1024 * 1024 };

typedef struct ob_yaml_doc ob_yaml_doc;

/* `name` is what messages call the source ("~/.kube/config"). NULL on error:
 * "NAME:LINE: what". An empty document is a null root. */
ob_yaml_doc *ob_yaml_parse(const char *bytes, size_t n, const char *name, ob_err *err);
void ob_yaml_free(ob_yaml_doc *doc);
OB_AUTOPTR_DEFINE(ob_yaml_doc, ob_yaml_free)

const ob_json *ob_yaml_root(const ob_yaml_doc *doc);
/* Line (from 1) where the value begins; 0 when it is not of this document. */
unsigned ob_yaml_line(const ob_yaml_doc *doc, const ob_json *node);
/* A string, or the word that YAML 1.1 took for a boolean ("y", "n", "on"): what was meant where
 * only words make sense. NULL for everything else. */
const char *ob_yaml_word(const ob_yaml_doc *doc, const ob_json *node);
const char *ob_yaml_name(const ob_yaml_doc *doc);

/* Append the tree as block YAML, two spaces, lists not indented under their key (as
 * kubectl -o yaml does). Every string that YAML 1.1 would read as something else is
 * quoted. Object keys are sorted when `sorted`, else in order. */
int ob_yaml_print(ob_buf *out, const ob_json *j, bool sorted);

#endif
