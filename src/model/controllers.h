/* What is known of Ingress controllers: where the documentation leaves them a choice, and where
 * they leave the documentation, a row says what each does by default. What its own configuration
 * may turn over is not to be seen in the cluster. Thread ANY (const).
 *
 * Source: each row names its own (a controller's documentation or source, read in August 2026).
 */
#ifndef OB_MODEL_CONTROLLERS_H
#define OB_MODEL_CONTROLLERS_H

#include "model/match.h"

typedef enum ob_specific { /* how an ImplementationSpecific path matches */
                           OB_SPECIFIC_UNKNOWN,
                           OB_SPECIFIC_TEXT_PREFIX,
                           OB_SPECIFIC_TEXT_PREFIX_ANY_CASE,
                           OB_SPECIFIC_STAR_AT_END,  /* exact, else what stands before the star */
                           OB_SPECIFIC_STARS_AT_END, /* the same with a slash or dot before it */
                           OB_SPECIFIC_GLOB,
                           OB_SPECIFIC_WHOLE /* as a regular expression of the whole path */
} ob_specific;

typedef enum ob_order { /* which of several rules that match takes the request */
                        OB_ORDER_DOCUMENTED,
                        OB_ORDER_TEXT,   /* the rule that is longest when written out */
                        OB_ORDER_FIELDS, /* a host, an exact one; Exact and Prefix; the length */
                        OB_ORDER_WRITTEN /* as they stand in the Ingresses; in a rule by path type
                                          */
} ob_order;

typedef enum ob_defaults {                      /* whose default backend takes what no rule does */
                           OB_DEFAULT_ANY,      /* who names the host, who names none, any */
                           OB_DEFAULT_OWN_HOST, /* the oldest that names the host, it alone;
                                                   for hosts of nobody one without rules */
                           OB_DEFAULT_ALONE,    /* one without rules, for every host */
                           OB_DEFAULT_OTHER_HOSTS /* any, for hosts that no rule names */
} ob_defaults;

typedef struct ob_controller {
  const char *prefix; /* of IngressClass spec.controller */
  const char *name;   /* for a person, "" unknown */
  ob_specific specific;
  const char *regex; /* an ImplementationSpecific path with one of these is an expression */
  ob_order order;
  ob_defaults defaults;
  bool falls_through; /* no path of the best host matches: the next host's rules are tried */
  bool redirects_tls; /* http to a host with TLS is redirected to https */
  bool text_prefix;   /* a Prefix, too, matches "/foobar" by "/foo", unless configured */
  bool one_owner;     /* a host belongs to its oldest Ingress, others' rules for it are dropped */
  bool deep_wildcard; /* "*.example.com" stands for several labels, too */
  bool regex_hosts;   /* annotations make all paths of a host expressions: ob_controller_regex() */
  const char *tie;    /* who wins when all else is equal, "" not documented */
} ob_controller;

/* Never NULL: an unknown one gets the row of what nobody has documented. */
const ob_controller *ob_controller_find(const char *controller);
const char *ob_specific_text(const ob_controller *k);
/* What puts one rule before another, for orders other than the documented one. */
const char *ob_order_text(const ob_controller *k);
/* The controller that takes Ingresses with this value of kubernetes.io/ingress.class, whether or
 * not a class of that name exists; "" nobody known. */
const char *ob_controller_of_annotation(const char *value);
/* Which default backends it leaves out; "" none. */
const char *ob_defaults_text(const ob_controller *k);
/* The controller as it reads the host of such Ingresses: all paths of whatever type are regular
 * expressions in any case. */
ob_controller ob_controller_regex(const ob_controller *k);
ob_path_match ob_specific_matches(const ob_controller *k, const char *rule_path, const char *path);

#endif
