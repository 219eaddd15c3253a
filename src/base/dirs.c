#include "base/dirs.h"

#include "base/mem.h"

#include <stdlib.h>

static char *xdg(const char *variable, const char *under_home, const char *name) {
  const char *dir = getenv(variable), *home = getenv("HOME");
  if (dir && dir[0] == '/') return ob_asprintf("%s/%s", dir, name);
  return home && *home ? ob_asprintf("%s/%s/%s", home, under_home, name) : NULL;
}

char *ob_dir_config(void) {
  return xdg("XDG_CONFIG_HOME", ".config", "outboard");
}

char *ob_dir_state(void) {
  return xdg("XDG_STATE_HOME", ".local/state", "outboard");
}

char *ob_dir_k9s(void) {
  const char *own = getenv("K9S_CONFIG_DIR");
  return own && own[0] == '/' ? ob_strdup(own) : xdg("XDG_CONFIG_HOME", ".config", "k9s");
}
