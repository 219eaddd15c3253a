#include "model/controllers.h"

#include "base/str.h"

/* The first row whose name begins the controller's; the last row is everybody else. */
static const ob_controller controllers[] = {
    {"k8s.io/ingress-nginx", "ingress-nginx", OB_SPECIFIC_TEXT_PREFIX, false, false, true,
     "the older Ingress"},
    {"nginx.org/ingress-controller", "NGINX Ingress Controller", OB_SPECIFIC_TEXT_PREFIX, false,
     false, true, "the older Ingress"},
    {"traefik.io/ingress-controller", "Traefik", OB_SPECIFIC_TEXT_PREFIX, true, true, false, ""},
    {"haproxy.org/ingress-controller", "HAProxy", OB_SPECIFIC_TEXT_PREFIX, false, true, false, ""},
    {"haproxy-ingress.github.io/controller", "HAProxy Ingress", OB_SPECIFIC_TEXT_PREFIX, false,
     true, true, "the older Ingress"},
    {"ingress-controllers.konghq.com/kong", "Kong", OB_SPECIFIC_TEXT_PREFIX, true, true, false,
     "the older Ingress"},
    {"ingress.k8s.aws/alb", "AWS Load Balancer Controller", OB_SPECIFIC_GLOB, false, true, false,
     "group.order, then the name"},
    {"k8s.io/ingress-gce", "GKE Ingress", OB_SPECIFIC_STAR_AT_END, false, true, false, ""},
    {"azure/application-gateway", "Application Gateway", OB_SPECIFIC_STAR_AT_END, false, true,
     false, ""},
    {"projectcontour.io/", "Contour", OB_SPECIFIC_TEXT_PREFIX, false, true, true, ""},
    {"istio.io/ingress-controller", "Istio", OB_SPECIFIC_TEXT_PREFIX, false, true, false, ""},
    {"cilium.io/ingress-controller", "Cilium", OB_SPECIFIC_UNKNOWN, false, true, true, ""},
    {"", "", OB_SPECIFIC_UNKNOWN, false, true, false, ""},
};

const ob_controller *ob_controller_find(const char *controller) {
  size_t i = 0;
  while (i + 1 < OB_LEN(controllers) && !ob_starts(controller, controllers[i].prefix)) i++;
  return &controllers[i];
}

const char *ob_specific_text(const ob_controller *k) {
  static const char *const texts[] = {
      [OB_SPECIFIC_UNKNOWN] = "the controller decides how",
      [OB_SPECIFIC_TEXT_PREFIX] = "as a prefix of the text, \"/foo\" also takes \"/foobar\"",
      [OB_SPECIFIC_STAR_AT_END] = "exactly, unless it ends with \"/*\"",
      [OB_SPECIFIC_GLOB] = "exactly, with * and ? as patterns",
  };
  return texts[k->specific];
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

ob_path_match ob_specific_matches(const ob_controller *k, const char *rule_path, const char *path) {
  size_t n = strlen(rule_path);
  if (n == 0) return OB_PATH_YES; /* no path: everything */
  switch (k->specific) {
  case OB_SPECIFIC_TEXT_PREFIX:
    if (rule_path[strcspn(rule_path, "*^$()[]{}+?|\\")]) return OB_PATH_CONTROLLER;
    return ob_starts(path, rule_path) ? OB_PATH_YES : OB_PATH_NO;
  case OB_SPECIFIC_STAR_AT_END:
    if (!ob_ends(rule_path, "/*")) return strcmp(path, rule_path) == 0 ? OB_PATH_YES : OB_PATH_NO;
    return strncmp(path, rule_path, n - 1) == 0 ? OB_PATH_YES : OB_PATH_NO;
  case OB_SPECIFIC_GLOB: return glob(rule_path, path) ? OB_PATH_YES : OB_PATH_NO;
  default: return OB_PATH_CONTROLLER;
  }
}
