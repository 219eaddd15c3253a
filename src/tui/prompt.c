/* The last line: hints and messages, or what is being typed.
 *
 * A filter and a search work while they are typed, and cancelling them brings back what was
 * before. A bad filter keeps the rows of the last good one and says what is wrong. */
#include "tui/screen.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/text.h"

void ob_tui_prompt_open(ob_tui *s, ob_prompt_kind kind, const char *text) {
  s->prompt = kind;
  ob_line_set(&s->line, text);
  memcpy(s->before, s->line.text, s->line.len + 1);
  s->history_at = s->history.len;
}

void ob_tui_prompt_changed(ob_tui *s) {
  if (s->prompt == OB_PROMPT_FILTER) {
    ob_tab *t = ob_tui_tab(s);
    memcpy(t->filter, s->line.text, s->line.len + 1);
    ob_tui_filter(s, OB_LOOK_MS);
    s->page_stale = true;
  } else if (s->prompt == OB_PROMPT_SEARCH) {
    ob_pager_find(&s->pager, s->line.text);
  }
  s->history_at = s->history.len;
  ob_offers_make(s);
}

static void close_prompt(ob_tui *s) {
  s->prompt = OB_PROMPT_NONE;
  ob_offers_done(s);
}

void ob_act_accept(ob_tui *s) {
  if (s->prompt == OB_PROMPT_ROUTE) {
    ob_route_edit_accept(s);
    return;
  }
  ob_prompt_kind kind = s->prompt;
  if (kind == OB_PROMPT_COMMAND) ob_offers_take(s);
  close_prompt(s);
  if (kind == OB_PROMPT_COMMAND && s->line.len > 0) {
    if (s->history.len == OB_HISTORY_MAX) {
      free(s->history.at[0]);
      memmove(s->history.at, s->history.at + 1, (OB_HISTORY_MAX - 1) * sizeof *s->history.at);
      s->history.len--;
    }
    ob_vec_push(&s->history, ob_strdup(s->line.text));
    OB_AUTOFREE char *line = ob_strdup(s->line.text);
    ob_tui_command(s, line);
  }
  if (kind == OB_PROMPT_CONTEXT) ob_change_context_typed(s, s->line.text);
  if (kind == OB_PROMPT_FILE) ob_change_file_typed(s, s->line.text);
}

void ob_act_cancel(ob_tui *s) {
  if (s->prompt == OB_PROMPT_ROUTE) {
    ob_route_edit_cancel(s);
    return;
  }
  ob_line_set(&s->line, s->before);
  if (s->prompt == OB_PROMPT_FILTER) ob_line_set(&s->line, "");
  ob_tui_prompt_changed(s);
  close_prompt(s);
}

static void from_history(ob_tui *s, long step) {
  long at = (long)s->history_at + step;
  if (at < 0 || (size_t)at > s->history.len) return;
  s->history_at = (size_t)at;
  ob_line_set(&s->line, s->history_at < s->history.len ? s->history.at[s->history_at] : "");
}

/* While nothing is typed, or what was typed before is looked through. */
static bool in_history(const ob_tui *s) {
  return s->line.len == 0 || s->history_at < s->history.len;
}

void ob_act_prompt_up(ob_tui *s) {
  if (s->prompt == OB_PROMPT_COMMAND && !in_history(s))
    ob_offers_move(s, 1);
  else if (s->prompt == OB_PROMPT_COMMAND)
    from_history(s, -1);
  else if (s->prompt == OB_PROMPT_FILTER)
    ob_tui_move_by(s, -1);
  else if (s->prompt == OB_PROMPT_ROUTE)
    ob_route_edit_offer(s, -1);
  else
    ob_pager_next(&s->pager, -1);
}

void ob_act_prompt_down(ob_tui *s) {
  if (s->prompt == OB_PROMPT_COMMAND && !in_history(s))
    ob_offers_move(s, -1);
  else if (s->prompt == OB_PROMPT_COMMAND)
    from_history(s, 1);
  else if (s->prompt == OB_PROMPT_FILTER)
    ob_tui_move_by(s, 1);
  else if (s->prompt == OB_PROMPT_ROUTE)
    ob_route_edit_offer(s, 1);
  else
    ob_pager_next(&s->pager, 1);
}

/* --- editing a line: the prompt's, a form's, a menu's ------------------------------------------ */
static ob_line *typed_line(ob_tui *s, ob_mode mode) {
  if (mode == OB_MODE_FORM) return ob_form_line(s);
  return mode == OB_MODE_PROMPT ? &s->line : &s->menu.typed;
}

static void edit(ob_tui *s, bool (*change)(ob_line *l)) {
  ob_mode mode = ob_tui_mode(s);
  ob_line *l = typed_line(s, mode);
  if (!l || !change(l)) return;
  if (mode == OB_MODE_FORM)
    ob_form_edited(s);
  else if (mode == OB_MODE_PROMPT)
    ob_tui_prompt_changed(s);
  else
    ob_menu_filter(&s->menu);
}

void ob_act_edit_left(ob_tui *s) {
  ob_line_left(&s->line);
}
void ob_act_edit_right(ob_tui *s) {
  ob_line_right(&s->line);
}
void ob_act_edit_home(ob_tui *s) {
  ob_line *l = typed_line(s, ob_tui_mode(s));
  if (l) l->at = 0;
}
void ob_act_edit_end(ob_tui *s) {
  ob_line *l = typed_line(s, ob_tui_mode(s));
  if (l) l->at = l->len;
}
void ob_act_edit_backspace(ob_tui *s) {
  edit(s, ob_line_backspace);
}
void ob_act_edit_delete(ob_tui *s) {
  edit(s, ob_line_delete);
}
void ob_act_edit_clear(ob_tui *s) {
  edit(s, ob_line_clear);
}
void ob_act_edit_word(ob_tui *s) {
  edit(s, ob_line_word);
}

/* --- drawing ------------------------------------------------------------------------------------
 */
static void draw_prompt(ob_tui *s, ob_rect r) {
  const char *mark = s->prompt == OB_PROMPT_COMMAND   ? ":"
                     : s->prompt == OB_PROMPT_CONTEXT ? "protected: type the context's name: "
                     : s->prompt == OB_PROMPT_FILE    ? "write the plan to: "
                                                      : "/";
  OB_AUTOFREE char *field =
      s->prompt == OB_PROMPT_ROUTE ? ob_asprintf("%s: ", ob_route_edit_label(s)) : NULL;
  if (field) mark = field;
  int x = r.x + 1;
  x += ob_tui_text(s, x, r.y, (int)strlen(mark), mark, ob_tui_style(s, OB_ROLE_KEY));
  const ob_err *err = &ob_tui_tab(s)->filter_err;
  OB_AUTO(ob_buf) aside = OB_BUF_INIT(OB_LINE_MAX);
  size_t at, n = ob_pager_matches(&s->pager, &at);
  bool refused = s->messages.len && s->messages.at[s->messages.len - 1].bad &&
                 ob_mono_ms() - s->message_ms < s->message_for_ms;
  if (s->prompt == OB_PROMPT_FILTER && err->code)
    ob_buf_adds(&aside, err->msg);
  else if (s->prompt == OB_PROMPT_FILTER && *s->values)
    ob_buf_adds(&aside, s->values);
  else if (s->prompt == OB_PROMPT_FILTER)
    ob_buf_addf(&aside, "%zu%s of %zu", ob_list_len(ob_tui_tab(s)->list),
                ob_list_working(ob_tui_tab(s)->list) ? "…" : "", ob_tui_tab(s)->total);
  else if (s->prompt == OB_PROMPT_SEARCH && *s->pager.find)
    ob_buf_addf(&aside, "%zu of %zu", at, n);
  else if (s->prompt == OB_PROMPT_ROUTE)
    ob_route_edit_aside(s, &aside);
  else if (s->prompt == OB_PROMPT_FILE && refused)
    ob_buf_adds(&aside, s->messages.at[s->messages.len - 1].text);
  else if (s->prompt == OB_PROMPT_COMMAND) {
    size_t k = strcspn(s->line.text, " ");
    const ob_command_row *row = ob_tui_command_find(s->line.text, k);
    if (row)
      ob_buf_addf(&aside, ":%s%s%s  %s", row->name, row->args ? " " : "", ob_or(row->args, ""),
                  row->help);
  }
  /* The cursor stays in view: what does not fit leaves on the left. */
  int room = r.w - x - 2, before = ob_text_width(s->line.text, s->line.at);
  size_t skip = before > room ? ob_text_prefix(s->line.text, s->line.len, before - room, NULL) : 0;
  int cursor = x + ob_text_width(s->line.text + skip, s->line.at - skip);
  int w = ob_tui_text(s, x, r.y, room, s->line.text + skip, ob_tui_style(s, OB_ROLE_PROMPT));
  ob_term_cursor(s->term, cursor, r.y);
  int left = r.x + r.w - (x + w + 3);
  if (aside.len && left > 4)
    ob_tui_text(
        s, x + w + 3, r.y, left, ob_buf_str(&aside),
        ob_tui_style(s, s->prompt == OB_PROMPT_FILTER && err->code ? OB_ROLE_BAD : OB_ROLE_DIM));
}

/* Columns that a hint takes, 0: it has no key. */
static int hint_width(const ob_tui *s, const ob_key_row *row) {
  char label[16];
  const char *keys = ob_keymap_keys(s->keymap, row);
  if (!*keys) return 0;
  const char *key = ob_key_label(keys, strcspn(keys, " "), ob_term_ascii(s->term), label);
  return ob_text_width(key, strlen(key)) + 1 + (int)strlen(row->hint);
}

/* What does nothing here and now is dim; `?` says why. */
static int draw_hint(ob_tui *s, const ob_key_row *row, int x, int y, int end) {
  char label[16];
  const char *keys = ob_keymap_keys(s->keymap, row), *hint = row->hint;
  const char *key = ob_key_label(keys, strcspn(keys, " "), ob_term_ascii(s->term), label);
  char right[OB_RIGHT_TEXT];
  bool works = !ob_why_not(s, row) && !ob_key_refused(s, row, right);
  if (ob_tui_mode(s) != OB_MODE_LIST && strcmp(hint, "quit") == 0) hint = "back";
  x += ob_tui_text(s, x, y, end - x, key, ob_tui_style(s, works ? OB_ROLE_KEY : OB_ROLE_DIM)) + 1;
  return x +
         ob_tui_text(s, x, y, end - x, hint, ob_tui_style(s, works ? OB_ROLE_HINT : OB_ROLE_DIM)) +
         2;
}

/* As many as fit; the key that shows all the others keeps its place among them. A page's are only
 * those that do something on it. */
static void draw_hints(ob_tui *s, int x, int y, int end) {
  const ob_key_row *help = NULL;
  ob_mode mode = ob_tui_mode(s);
  for (size_t i = 0; i < ob_nkeys; i++)
    if (ob_keys[i].action == ob_act_help && ob_keys[i].modes & mode) help = &ob_keys[i];
  for (size_t i = 0; i < ob_nkeys; i++) {
    const ob_key_row *row = &ob_keys[i];
    int need = row->hint && row->modes & mode ? hint_width(s, row) : 0;
    if (need == 0 || (mode == OB_MODE_PAGE && ob_why_not(s, row))) continue;
    if (row == help) help = NULL;
    int kept = help ? 2 + hint_width(s, help) : 0;
    if (x + need + kept > end) break;
    x = draw_hint(s, row, x, y, end);
  }
  int last = help ? hint_width(s, help) : 0;
  if (last && x + last <= end) draw_hint(s, help, x, y, end);
}

void ob_tui_draw_footer(ob_tui *s) {
  ob_rect r = s->layout.footer;
  if (s->prompt != OB_PROMPT_NONE) {
    draw_prompt(s, r);
    return;
  }
  int end = r.x + r.w;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) progress = OB_BUF_INIT(OB_LINE_MAX);
  const ob_message *m = s->messages.len ? &s->messages.at[s->messages.len - 1] : NULL;
  ob_role role = OB_ROLE_WARN;
  if (m && ob_mono_ms() - s->message_ms < s->message_for_ms) {
    ob_text_safe_str(&text, m->text, OB_TEXT_LINE);
    role = m->bad ? OB_ROLE_BAD : OB_ROLE_MESSAGE;
  } else if (ob_change_progress(s, &progress)) {
    ob_text_safe_str(&text, ob_buf_str(&progress), OB_TEXT_LINE);
  }
  if (text.len) {
    int w = ob_text_width(ob_buf_str(&text), text.len);
    if (w > r.w - 2) w = r.w - 2;
    end -= w + 1;
    ob_tui_text(s, end--, r.y, w, ob_buf_str(&text), ob_tui_style(s, role));
  }
  draw_hints(s, r.x + 1, r.y, end);
}
