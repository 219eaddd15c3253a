/* What is known of Ingress controllers: where the documentation leaves them a choice, a row says
 * what each does. Thread ANY (const).
 *
 * Source: ingress-nginx (internal/ingress/controller, nginx.tmpl), NGINX Ingress Controller,
 * Traefik (provider/kubernetes/ingress), HAProxy, Kong, Contour, Istio and Cilium documentation;
 * AWS Load Balancer Controller "Ingress specification"; GKE "Ingress for external Application Load
 * Balancers"; Application Gateway Ingress Controller.
 */
#ifndef OB_MODEL_CONTROLLERS_H
#define OB_MODEL_CONTROLLERS_H

#include "model/match.h"

typedef enum ob_specific { /* how an ImplementationSpecific path matches */
                           OB_SPECIFIC_UNKNOWN,
                           OB_SPECIFIC_TEXT_PREFIX,
                           OB_SPECIFIC_STAR_AT_END,
                           OB_SPECIFIC_GLOB,
} ob_specific;

typedef struct ob_controller {
  const char *prefix; /* of IngressClass spec.controller */
  const char *name;   /* for a person, "" unknown */
  ob_specific specific;
  bool falls_through; /* no path of the best host matches: the next host's rules are tried */
  bool ruled_default; /* the default backend of an Ingress with rules takes other hosts too */
  bool redirects_tls; /* http to a host with TLS is redirected to https */
  const char *tie;    /* who wins when all else is equal, "" not documented */
} ob_controller;

/* Never NULL: an unknown one gets the row of what nobody has documented. */
const ob_controller *ob_controller_find(const char *controller);
const char *ob_specific_text(const ob_controller *k);
ob_path_match ob_specific_matches(const ob_controller *k, const char *rule_path, const char *path);

#endif
