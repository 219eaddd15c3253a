/* Three screens for the first minutes. They name keys by their actions, so that a person who
 * has other keys reads those. */
#include "base/str.h"
#include "tui/screen.h"

typedef struct line {
  const char *action; /* whose key stands before the text; NULL: the text alone */
  const char *text;
} line;

static const struct {
  const char *title;
  line lines[12];
} screens[OB_TOUR_SCREENS] = {
    {"1 of 3: what is this?",
     {{NULL, "Every row of Exposure is a way into your cluster: an address or URL, how it gets in "
             "(NodePort, LoadBalancer, Ingress, Gateway), the service behind it, and how many of "
             "its endpoints are ready. What is broken comes first and says why."},
      {NULL, ""},
      {"tab_2", "all services, whether the world reaches them or not"},
      {"tab_3", "node ports: a port on every node"},
      {"tab_4", "load balancers: an address of its own for a service"},
      {"tab_5", "Ingress rules: hosts and paths that share one address"},
      {"tab_1", "back to Exposure"}}},
    {"2 of 3: looking closer",
     {{NULL, "The panel follows the cursor. Its first page compares the three ways for the service "
             "you are on: what is there now, and what each way would mean."},
      {NULL, ""},
      {"page_next", "turn to details, endpoints, events and the whole object"},
      {"focus", "go into the panel, to scroll and search there"},
      {"filter", "filter the rows: shop, type:lb, ready:0, host:*.example.com, !internal"},
      {"sort", "sort by any column"},
      {"namespaces", "one namespace, or all"},
      {"copy", "copy the address, the URL or a kubectl line"}}},
    {"3 of 3: at home",
     {{"convert", "convert the service to another type; a form asks for what it needs"},
      {"change", "all that can be changed: rules, ports, class, TLS, names; undo takes it back"},
      {"help", "all keys that work where you are, and why some do not"},
      {"command", "commands, with completion: :ctx another cluster, :theme other colours"},
      {"logs", "the logs behind a service, by kubectl"},
      {"retry", "ask the server again at once"},
      {"back", "back, and in the end: leave"},
      {NULL, ""},
      {NULL,
       "What outboard may not read it names; what it cannot know it shows as ?. Settings, keys "
       "and plugins of your own: man outboard. :tour shows this again."}}}};

static void put_key(const ob_tui *s, ob_doc *d, const char *action) {
  for (size_t i = 0; i < ob_nkeys; i++) {
    if (strcmp(ob_keys[i].name, action) != 0) continue;
    char label[16];
    const char *keys = ob_keymap_keys(s->keymap, &ob_keys[i]);
    ob_doc_put(d, OB_ROLE_KEY,
               ob_key_label(keys, strcspn(keys, " "), ob_term_ascii(s->term), label));
    return;
  }
}

void ob_tui_write_tour(ob_tui *s, ob_doc *d) {
  ob_doc_heading(d, screens[s->tour].title);
  ob_doc_nl(d);
  for (size_t i = 0; i < OB_LEN(screens[0].lines) && screens[s->tour].lines[i].text; i++) {
    const line *l = &screens[s->tour].lines[i];
    if (l->action) {
      ob_doc_put(d, OB_ROLE_TEXT, "  ");
      put_key(s, d, l->action);
      ob_doc_to(d, 10);
    }
    ob_doc_wrap(d, OB_ROLE_TEXT, l->text);
    ob_doc_nl(d);
  }
  ob_doc_nl(d);
  ob_doc_put(d, OB_ROLE_DIM, "  ");
  put_key(s, d, s->tour + 1 < OB_TOUR_SCREENS ? "page_next" : "back");
  ob_doc_put(d, OB_ROLE_DIM, s->tour + 1 < OB_TOUR_SCREENS ? " goes on, " : " ends the tour");
  if (s->tour + 1 < OB_TOUR_SCREENS) {
    put_key(s, d, "back");
    ob_doc_put(d, OB_ROLE_DIM, " ends the tour");
  }
  ob_doc_nl(d);
}

void ob_cmd_tour(ob_tui *s, const char *name, const char *arg) {
  (void)name, (void)arg;
  s->tour = 0;
  ob_tui_open_full(s, OB_FULL_TOUR);
}
