/* The loop: wait for the terminal, the session, a signal, or the moment when something on the
 * screen would read differently; take it up; draw.
 *
 *   a key       drawn at once
 *   data        taken up and drawn at most once every frame_ms: what comes meanwhile is coalesced by
 *               the watcher; a flood gets half of that time, the keys the rest
 *   time        the clock's minute, the youngest age in view, a countdown, the end of a flash
 *
 * An idle dashboard sleeps until the next of those moments. Signals are blocked in every thread
 * and read from a descriptor here; the watcher's thread is started after that and inherits it. */
#include "tui/tui.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/text.h"
#include "tui/child.h"
#include "tui/remember.h"
#include "tui/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SOON_MS = 100, KEYS_AT_ONCE = 256 };

typedef struct loop {
  int signals;
  int64_t frame_ms; /* monotonic: the last frame */
  int64_t pump_ms;  /* … when the session is looked at again */
  int frame_every;
  bool key_dirty, data_dirty, more, blocked;
  int64_t tick_ms; /* monotonic: when to draw for time's sake */
  uint32_t login;  /* status.terminal that the terminal is lent to; 0: to none */
} loop;

bool ob_tui_possible(ob_err *err) {
  return ob_term_possible(err);
}

/* While a login has the terminal, its program got the terminal's signals too: they are its. */
static bool is_for_login(const loop *l, int sig) {
  if (!l->login) return false;
  if (sig == SIGTSTP) ob_term_stop();
  return sig == SIGINT || sig == SIGTSTP || sig == SIGCONT || sig == SIGWINCH;
}

static void handle_signal(ob_tui *s, loop *l, int sig) {
  if (is_for_login(l, sig)) return;
  switch (sig) {
  case SIGWINCH:
    ob_term_resize(s->term);
    /* Smaller and back between two looks is no new size, but what stood beyond is lost. */
    ob_term_redraw(s->term);
    l->key_dirty = true;
    break;
  case SIGCHLD: ob_child_reap(); break;
  case SIGTSTP:
    ob_term_suspend(s->term);
    l->key_dirty = true;
    break;
  case SIGCONT:
    /* Whoever had the terminal meanwhile wrote on it. */
    ob_term_redraw(s->term);
    l->key_dirty = true;
    break;
  default: s->quit = true; s->exit_code = sig == SIGINT ? 0 : 128 + sig;
  }
}

static void read_signals(ob_tui *s, loop *l) {
  struct signalfd_siginfo info;
  while (read(l->signals, &info, sizeof info) == (ssize_t)sizeof info)
    handle_signal(s, l, (int)info.ssi_signo);
}

static void read_keys(ob_tui *s, loop *l) {
  for (int i = 0; i < KEYS_AT_ONCE && !s->quit; i++) {
    ob_input in = ob_term_read(s->term);
    if (in.type == OB_INPUT_NONE) return;
    if (in.type == OB_INPUT_GONE) {
      s->quit = true;
      s->exit_code = 128 + SIGHUP;
      return;
    }
    ob_tui_input(s, &in);
    ob_remember_later(s);
    l->key_dirty = true;
  }
}

/* Lend the terminal to a login that asks for it, and take it back when that has ended. */
static void lend_to_login(ob_tui *s, loop *l) {
  uint32_t wanted = ob_session_status_get(s->session)->terminal;
  if (wanted == l->login) return;
  int64_t due = wanted ? ob_term_answers_due(s->term) : 0;
  if (due) { /* a moment yet, and the answers are read as such */
    if (due < l->tick_ms) l->tick_ms = due;
    return;
  }
  l->login = wanted;
  if (wanted) {
    ob_term_lend(s->term);
    printf("outboard: the login asks; ^C ends it\n");
    fflush(stdout);
    ob_session_lend_terminal(s->session);
  } else {
    ob_term_reclaim(s->term);
    l->key_dirty = true;
  }
}

static void pump(ob_tui *s, loop *l) {
  unsigned got = ob_session_pump(s->session, l->frame_every / 2);
  l->more = (got & OB_PUMP_MORE) != 0;
  l->pump_ms = ob_mono_ms() + l->frame_every;
  if (got & (OB_PUMP_OBJECTS | OB_PUMP_STATUS)) {
    s->stale_rows = true;
    ob_tui_refresh(s); /* a list that misses a pump is built anew */
    l->data_dirty = true;
  }
  if (got & OB_PUMP_STATUS) ob_change_broken_status(s);
  if (got & OB_PUMP_ACCESS) {
    s->page_stale = true;
    l->data_dirty = true;
  }
  if (got & OB_PUMP_FORWARD) {
    ob_tui_forwards_changed(s);
    l->data_dirty = true;
  }
  if (got & OB_PUMP_PROBE) {
    ob_tui_probe_answered(s);
    s->stale_rows = l->data_dirty = true;
  }
  ob_reply r;
  while ((got & OB_PUMP_REPLY) && ob_session_next_reply(s->session, &r)) {
    if (!ob_copy_reply(s, &r) && !ob_form_reply(s, &r) && !ob_change_reply(s, &r))
      ob_tui_take_reply(s, &r);
    l->data_dirty = true;
  }
}

static void sooner(int64_t *at, int64_t other) {
  if (other < *at) *at = other;
}

/* After a frame: when would the screen read differently by itself? */
static int64_t next_tick(const ob_tui *s) {
  int64_t mono = ob_mono_ms(), wall = ob_wall_ms();
  int64_t at = mono + 60000 - wall % 60000;
  const ob_session_status *st = ob_session_status_get(s->session);
  if (s->next_age_ms != INT64_MAX) sooner(&at, mono + s->next_age_ms - ob_session_now(s->session));
  bool counting = st->retry_ms > 0 && (st->conn == OB_CONN_STALE || st->conn == OB_CONN_DOWN);
  if (counting) sooner(&at, mono + 1000 - wall % 1000);
  if (s->flashing) sooner(&at, mono + SOON_MS * 3);
  if (s->messages.len && mono - s->message_ms < s->message_for_ms)
    sooner(&at, s->message_ms + s->message_for_ms);
  return at < mono + 1 ? mono + 1 : at;
}

static void draw(ob_tui *s, loop *l) {
  int forwards = ob_tui_forwards_due(s), watch = ob_change_watch(s);
  ob_tui_draw(s);
  int wait = ob_tui_fetch(s);
  l->blocked = !ob_term_flush(s->term);
  l->frame_ms = ob_mono_ms();
  l->key_dirty = l->data_dirty = false;
  l->tick_ms = next_tick(s);
  if (wait >= 0) sooner(&l->tick_ms, l->frame_ms + wait);
  if (forwards >= 0) sooner(&l->tick_ms, l->frame_ms + forwards);
  if (watch >= 0) sooner(&l->tick_ms, l->frame_ms + watch);
  int keep = ob_remember_due(s);
  if (keep >= 0) sooner(&l->tick_ms, l->frame_ms + keep);
  int probe = ob_tui_probe_due(s);
  if (probe >= 0) sooner(&l->tick_ms, l->frame_ms + probe);
  /* The other tabs' counts follow a little later than the rows. */
  if (s->stale_counts) sooner(&l->tick_ms, s->counts_due_ms);
}

static int wait_ms(ob_tui *s, const loop *l, int64_t now) {
  int64_t until = l->tick_ms;
  if (l->more || l->key_dirty || ob_list_working(ob_tui_tab(s)->list)) return 0;
  if (l->data_dirty) sooner(&until, l->frame_ms + l->frame_every);
  if (l->pump_ms > now) sooner(&until, l->pump_ms);
  return until <= now ? 0 : until - now > 60000 ? 60000 : (int)(until - now);
}

static void run(ob_tui *s, loop *l) {
  draw(s, l);
  while (!s->quit) {
    lend_to_login(s,
                  l); /* whoever pumped: a session that opens or is switched to may ask at once */
    int64_t before = ob_mono_ms();
    bool listen = before >= l->pump_ms || l->login;
    struct pollfd p[] = {{.fd = ob_term_lent(s->term) ? -1 : STDIN_FILENO, .events = POLLIN},
                         {.fd = l->signals, .events = POLLIN},
                         {.fd = listen ? ob_session_fd(s->session) : -1, .events = POLLIN},
                         {.fd = l->blocked ? STDOUT_FILENO : -1, .events = POLLOUT}};
    int n = poll(p, OB_LEN(p), l->login && !l->more ? -1 : wait_ms(s, l, before));
    if (n < 0 && errno != EINTR) break;
    if (n < 0) continue;
    if (p[1].revents) read_signals(s, l);
    if (p[0].revents && !s->quit) read_keys(s, l);
    if ((p[2].revents || l->more) && !s->quit) pump(s, l);
    if (!l->key_dirty && !s->quit && ob_list_working(ob_tui_tab(s)->list)) {
      ob_tui_look(s, OB_LOOK_MS);
      l->data_dirty = true;
    }
    int64_t now = ob_mono_ms();
    bool due = l->key_dirty || now >= l->tick_ms || (p[3].revents & POLLOUT) ||
               (l->data_dirty && now - l->frame_ms >= l->frame_every);
    if (due && !s->quit && !l->login) draw(s, l);
  }
}

/* --- from start to end
 * ---------------------------------------------------------------------------- */
static void complain(const ob_err *err) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&b, err->msg, OB_TEXT_LINES);
  fprintf(stderr, "outboard: %s\n", ob_buf_str(&b));
  ob_buf_reset(&b);
  ob_text_safe_str(&b, err->hint, OB_TEXT_LINES);
  if (b.len) fprintf(stderr, "  %s\n", ob_buf_str(&b));
}

static void tui_done(ob_tui *s) {
  ob_tui_close_session(s);
  ob_changing_free(s->changing);
  ob_forms_done(s);
  ob_pager_done(&s->pager);
  ob_menu_close(&s->menu);
  for (size_t i = 0; i < s->messages.len; i++) free(s->messages.at[i].text);
  for (size_t i = 0; i < s->history.len; i++) free(s->history.at[i]);
  ob_vec_done(&s->messages);
  ob_vec_done(&s->history);
  ob_offers_done(s);
  ob_look_done(&s->look);
  ob_keymap_free(s->keymap);
  ob_words_done(&s->asked);
  ob_plugins_done(&s->plugins);
  ob_prices_free(s->prices);
  ob_request_done(&s->request);
  free(s->ns);
  free(s->keep.kept);
  free(s->context);
  free(s);
}

static int depth_setting(const ob_settings *set) {
  static const char *const words[] = {"none", "8", "16", "256", "direct"};
  for (size_t i = 0; i < OB_LEN(words); i++)
    if (strcmp(ob_setting_text(set, OB_SET_COLOURS), words[i]) == 0) return (int)i;
  return -1;
}

static void set_timing(ob_tui *s, const ob_settings *set) {
  s->timing = s->session_opts.timing ? *s->session_opts.timing : ob_timing_default;
  ob_settings_timing(set, &s->timing);
  s->session_opts.timing = &s->timing;
}

static int start(ob_tui *s, const ob_tui_opts *opts, ob_err *err) {
  const ob_settings *set = opts->settings;
  const char *sync = ob_setting_text(set, OB_SET_SYNC);
  s->flash_ms = (int)ob_setting_int(set, OB_SET_FLASH);
  s->message_for_ms = (int)ob_setting_int(set, OB_SET_MESSAGE);
  s->k9s = ob_setting_bool(set, OB_SET_K9S);
  set_timing(s, set);
  s->keymap = ob_keymap_new(set, err);
  if (!s->keymap) return -(int)OB_ECONFIG;
  int rc = ob_look_start(s, opts->theme ? opts->theme : ob_setting_text(set, OB_SET_THEME), err);
  if (rc == 0) rc = ob_tui_open_session(s, err);
  const ob_term_opts term = {.ascii = opts->ascii || ob_setting_bool(set, OB_SET_ASCII),
                             .no_mouse = !ob_setting_bool(set, OB_SET_MOUSE),
                             .depth = depth_setting(set),
                             .sync = strcmp(sync, "on") == 0    ? 1
                                     : strcmp(sync, "off") == 0 ? 0
                                                                : -1};
  if (rc == 0) rc = ob_term_open(&s->term, &term, err);
  ob_err plugins = {0};
  if (rc == 0 && ob_plugins_load(&s->plugins, s->keymap, s->k9s, &plugins) < 0)
    ob_tui_say(s, true, "%s: %s", plugins.msg, plugins.hint);
  return rc;
}

int ob_tui_run(const ob_tui_opts *opts) {
  ob_err err = {0};
  if (!ob_tui_possible(&err)) {
    complain(&err);
    return 2;
  }
  sigset_t set, before;
  sigemptyset(&set);
  static const int ours[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGCHLD};
  for (size_t i = 0; i < OB_LEN(ours); i++) sigaddset(&set, ours[i]);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  ob_tui *s = ob_calloc(1, sizeof *s);
  s->opts = opts;
  s->session_opts = opts->session;
  s->session_opts.terminal = OB_TERMINAL_OF_A_SCREEN;
  s->ns = ob_strdup("");
  s->page = OB_PAGE_COMPARE;
  s->way = -1;
  for (int i = 0; i < OB_VIEW_COUNT; i++) s->tabs[i].sort = -1;
  ob_pager_init(&s->pager);
  const ob_timing *timing = opts->session.timing ? opts->session.timing : &ob_timing_default;
  int most = (int)(1000 / ob_setting_int(opts->settings, OB_SET_FRAMES));
  loop l = {.frame_every = most > timing->frame_ms ? most : timing->frame_ms};
  l.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  int rc = start(s, opts, &err);
  if (rc == 0) {
    s->depth = ob_term_depth(s->term);
    bool first = ob_remember_first();
    ob_remember_load(s);
    if (opts->notice || first)
      ob_tui_say(s, false, "%s%s%s", ob_or(opts->notice, ""), opts->notice && first ? "; " : "",
                 first ? "new here? :tour shows around" : "");
    s->prices = ob_prices_load(&err);
    if (!s->prices) {
      ob_tui_say(s, true, "%s", err.msg);
      s->prices = ob_prices_new();
    }
    run(s, &l);
    rc = s->exit_code;
    ob_err kept = {0};
    ob_remember_save(s, &kept);
    ob_term_close(s->term);
    if (kept.code) complain(&kept);
  } else {
    complain(&err);
    rc = err.code == OB_EUSAGE || opts->theme ? 2 : 1;
  }
  tui_done(s);
  close(l.signals);
  /* A second ^C on the way out would be ncurses' to handle, which calls that a failure. */
  signal(SIGINT, SIG_IGN);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc;
}
