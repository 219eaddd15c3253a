#include "model/controllers.h"

#include "base/str.h"
#include <strings.h>

#define SIGNS "*^$()[]{}+?|\\"

/* The first row whose name begins the controller's; the last row is everybody else. */
static const ob_controller controllers[] = {
    /* docs/user-guide/ingress-path-matching.md; internal/ingress/controller: createServers (a
     * host's default is that of the first Ingress that makes its server), template.go. */
    {"k8s.io/ingress-nginx", "ingress-nginx", OB_SPECIFIC_TEXT_PREFIX, SIGNS,
     .defaults = OB_DEFAULT_OWN_HOST, .redirects_tls = true, .regex_hosts = true,
     .tie = "the older Ingress"},
    /* nginx/kubernetes-ingress: internal/configs/ingress.go generateIngressPath (a Prefix is
     * nginx' own, by text), internal/k8s/configuration.go (host collisions: the oldest wins). */
    {"nginx.org/ingress-controller", "NGINX Ingress Controller", OB_SPECIFIC_TEXT_PREFIX, SIGNS,
     .defaults = OB_DEFAULT_OWN_HOST, .redirects_tls = true, .text_prefix = true, .one_owner = true,
     .tie = "the older Ingress"},
    /* pkg/provider/kubernetes/ingress/kubernetes.go (PathPrefix unless strictPrefixMatching; a
     * default backend only without rules), pkg/muxer/http/mux.go GetRulePriority. */
    {"traefik.io/ingress-controller", "Traefik", OB_SPECIFIC_TEXT_PREFIX, "", OB_ORDER_TEXT,
     OB_DEFAULT_ALONE, .falls_through = true, .text_prefix = true, .tie = ""},
    /* haproxytech/kubernetes-ingress: pkg/route/route.go, pkg/controller/controller.go
     * setupHAProxyRules (host, then path in it), documentation/annotations.md ssl-redirect. */
    {"haproxy.org/ingress-controller", "HAProxy", OB_SPECIFIC_TEXT_PREFIX, "",
     .redirects_tls = true, .tie = ""},
    /* docs/configuration/keys: path-type (begin: in any case), strict-host (false),
     * ssl-redirect; pkg/converters/ingress sortIngress. */
    {"haproxy-ingress.github.io/controller", "HAProxy Ingress", OB_SPECIFIC_TEXT_PREFIX_ANY_CASE,
     "", .falls_through = true, .redirects_tls = true, .tie = "the older Ingress"},
    /* internal/dataplane/translator/subtranslator/ingress_atc.go: pathMatcherFromIngressPath,
     * EncodeToPriority ("/~" begins an expression; matched below). */
    {"ingress-controllers.konghq.com/kong", "Kong", OB_SPECIFIC_TEXT_PREFIX, "~", OB_ORDER_FIELDS,
     .falls_through = true, .tie = "the older Ingress"},
    /* docs/guide/ingress/spec.md; pkg/ingress/model_build_listener_rules.go; ELB "Rule
     * conditions": host-header's * is any text. */
    {"ingress.k8s.aws/alb", "AWS Load Balancer Controller", OB_SPECIFIC_GLOB, "", OB_ORDER_WRITTEN,
     .falls_through = true, .deep_wildcard = true, .tie = "group.order, then the name"},
    /* kubernetes/ingress-gce: pkg/controller/translator validateAndGetPaths; URL map paths. */
    {"k8s.io/ingress-gce", "GKE Ingress", OB_SPECIFIC_STAR_AT_END, "", .tie = ""},
    /* docs/ingress-v1.md ("/buzz*" stays), pkg/appgw/requestroutingrules.go. */
    {"azure/application-gateway", "Application Gateway", OB_SPECIFIC_STAR_AT_END, "", .tie = ""},
    /* internal/dag/ingress_processor.go: ingressRoute, rulesFromSpec; internal/annotation
     * TLSRequired (a redirect only when asked for). */
    {"projectcontour.io/", "Contour", OB_SPECIFIC_TEXT_PREFIX, "^+*[]%",
     .defaults = OB_DEFAULT_OTHER_HOSTS, .tie = ""},
    /* pilot/pkg/config/kube/ingress: createFallbackStringMatch, sortRulesByCreationTimestamp. */
    {"istio.io/ingress-controller", "Istio", OB_SPECIFIC_STARS_AT_END, "",
     .defaults = OB_DEFAULT_OTHER_HOSTS, .tie = "the older Ingress"},
    /* operator/pkg/model/ingestion/ingress.go (a regular expression; the default backend is the
     * listener "*"; HTTPS is enforced unless configured). */
    {"cilium.io/ingress-controller", "Cilium", OB_SPECIFIC_WHOLE, SIGNS,
     .defaults = OB_DEFAULT_OTHER_HOSTS, .redirects_tls = true, .tie = ""},
    {"", "", OB_SPECIFIC_UNKNOWN, "", .tie = ""},
};

const ob_controller *ob_controller_find(const char *controller) {
  size_t i = 0;
  while (i + 1 < OB_LEN(controllers) && !ob_starts(controller, controllers[i].prefix)) i++;
  return &controllers[i];
}

/* kubernetes/ingress-gce: pkg/utils IsGCEIngress, pkg/annotations/ingress.go; an Ingress with
 * spec.ingressClassName is not its own. */
static const struct {
  const char *value, *controller;
} annotated[] = {
    {"gce", "k8s.io/ingress-gce"},
    {"gce-internal", "k8s.io/ingress-gce"},
    {"gce-regional-external", "k8s.io/ingress-gce"},
};

const char *ob_controller_of_annotation(const char *value) {
  for (size_t i = 0; i < OB_LEN(annotated); i++)
    if (strcmp(annotated[i].value, value) == 0) return annotated[i].controller;
  return "";
}

const char *ob_specific_text(const ob_controller *k) {
  static const char *const texts[] = {
      [OB_SPECIFIC_UNKNOWN] = "the controller decides how",
      [OB_SPECIFIC_TEXT_PREFIX] = "as a prefix of the text, \"/foo\" also takes \"/foobar\"",
      [OB_SPECIFIC_TEXT_PREFIX_ANY_CASE] =
          "as a prefix of the text in any case, \"/foo\" also takes \"/FooBar\"",
      [OB_SPECIFIC_STAR_AT_END] = "exactly, unless it ends with \"*\"",
      [OB_SPECIFIC_STARS_AT_END] = "exactly, unless it ends with \"/*\" or \".*\"",
      [OB_SPECIFIC_GLOB] = "exactly, with * and ? as patterns",
      [OB_SPECIFIC_WHOLE] = "as a regular expression of the whole path",
  };
  return texts[k->specific];
}

const char *ob_order_text(const ob_controller *k) {
  static const char *const texts[] = {
      [OB_ORDER_DOCUMENTED] = "",
      [OB_ORDER_TEXT] = "goes by the length of the whole rule, host and path, and a Prefix is "
                        "written longer than an Exact",
      [OB_ORDER_FIELDS] =
          "puts Exact and Prefix before ImplementationSpecific, then goes by length",
      [OB_ORDER_WRITTEN] = "takes rules in the order in which they are written, and in one rule "
                           "Exact, then the longest Prefix, then the others as written",
  };
  return texts[k->order];
}

const char *ob_defaults_text(const ob_controller *k) {
  static const char *const texts[] = {
      [OB_DEFAULT_ANY] = "",
      [OB_DEFAULT_OWN_HOST] =
          ("takes that of the oldest Ingress of a host, and for hosts of nobody "
           "that of an Ingress without rules"),
      [OB_DEFAULT_ALONE] = "takes that of an Ingress without rules alone",
      [OB_DEFAULT_OTHER_HOSTS] = "takes one for hosts that no rule names alone",
  };
  return texts[k->defaults];
}

ob_controller ob_controller_regex(const ob_controller *k) {
  ob_controller regex = *k;
  regex.specific = OB_SPECIFIC_TEXT_PREFIX_ANY_CASE;
  regex.regex = SIGNS;
  return regex;
}

/* "*" is any text, "?" any one character; linear but for the last star. */
static bool glob(const char *p, const char *s) {
  const char *star = NULL, *from = NULL;
  while (*s) {
    if (*p == '*') {
      star = ++p;
      from = s;
    } else if (*p == *s || *p == '?') {
      p++, s++;
    } else if (star) {
      p = star;
      s = ++from;
    } else {
      return false;
    }
  }
  p += strspn(p, "*");
  return *p == '\0';
}

static ob_path_match yes(bool is) {
  return is ? OB_PATH_YES : OB_PATH_NO;
}

ob_path_match ob_specific_matches(const ob_controller *k, const char *rule_path, const char *path) {
  size_t n = strlen(rule_path);
  if (n == 0) return OB_PATH_YES; /* no path: everything */
  bool kong = *k->regex == '~', expression = rule_path[strcspn(rule_path, k->regex)] != '\0';
  if (kong ? ob_starts(rule_path, "/~") : expression) return OB_PATH_CONTROLLER;
  switch (k->specific) {
  case OB_SPECIFIC_TEXT_PREFIX: return yes(ob_starts(path, rule_path));
  case OB_SPECIFIC_TEXT_PREFIX_ANY_CASE: return yes(strncasecmp(path, rule_path, n) == 0);
  case OB_SPECIFIC_STAR_AT_END:
    if (ob_ends(rule_path, "*")) return yes(strncmp(path, rule_path, n - 1) == 0);
    return yes(strcmp(path, rule_path) == 0);
  case OB_SPECIFIC_STARS_AT_END:
    if (ob_ends(rule_path, "/*") || ob_ends(rule_path, ".*"))
      return yes(strncmp(path, rule_path, n - 2) == 0);
    return yes(strcmp(path, rule_path) == 0);
  case OB_SPECIFIC_GLOB: return yes(glob(rule_path, path));
  case OB_SPECIFIC_WHOLE: return yes(strcmp(path, rule_path) == 0);
  default: return OB_PATH_CONTROLLER;
  }
}
