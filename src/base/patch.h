/* Changing JSON trees: JSON Pointer (RFC 6901), JSON Patch (RFC 6902), merge patch
 * (RFC 7396). Tested by the RFCs' own vectors.
 *
 * Thread One owner at a time. Limits: OB_PATCH_OPS operations (kube-apiserver: 10,000).
 */
#ifndef OB_BASE_PATCH_H
#define OB_BASE_PATCH_H

#include "base/json.h"

enum { OB_PATCH_OPS = 10000 };

/* NULL when the pointer names nothing. "" is the root. */
const ob_json *ob_pointer_get(const ob_json *root, const char *pointer);
/* Append one escaped reference token with its leading slash ("a/b" -> "/a~1b"). */
int ob_pointer_add(ob_buf *out, const char *token);

/* Apply all operations or none. *io_root may be replaced. Errors (-OB_EINVALID) name the
 * operation's index; a failed `test` has code OB_ECONFLICT. */
int ob_json_patch(ob_json **io_root, const ob_json *ops, ob_err *err);

/* RFC 7396. *io_root may be replaced. */
void ob_merge_patch(ob_json **io_root, const ob_json *patch);

/* The merge patch that turns `from` into `to` (arrays whole). Caller owns. */
ob_json *ob_merge_diff(const ob_json *from, const ob_json *to);

#endif
