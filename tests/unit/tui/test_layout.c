/* Where things stand, and how columns share a line. */
#include "tui/layout.h"

#include <criterion/criterion.h>

static ob_layout at(int w, int h) {
  return ob_layout_make(&(ob_layout_ask){.w = w, .h = h});
}

Test(layout, the_panel_goes_where_there_is_room) {
  cr_assert_eq(at(200, 60).place, OB_BESIDE);
  cr_assert_eq(at(160, 12).place, OB_BESIDE);
  cr_assert_eq(at(159, 12).place, OB_ALONE);
  cr_assert_eq(at(120, 40).place, OB_BELOW);
  cr_assert_eq(at(80, 24).place, OB_BELOW);
  cr_assert_eq(at(60, 20).place, OB_ALONE);
  cr_assert_eq(at(40, 10).place, OB_ALONE);
  cr_assert_not(at(40, 10).too_small);
  cr_assert(at(39, 10).too_small);
  cr_assert(at(40, 9).too_small);
}

/* Addresses and problems are what the list is for: it is never narrower beside the panel than
 * it was without one on a usual terminal, and what it does not need is the panel's. */
Test(layout, the_panel_gives_way_to_the_list) {
  for (int w = 160; w <= 260; w++) {
    cr_assert_geq(at(w, 40).list.w, 116);
    cr_assert_geq(at(w, 40).panel.w, 44);
    cr_assert_leq(at(w, 40).panel.w, 76);
  }
}

Test(layout, nothing_overlaps_or_leaves_the_screen_at_any_size) {
  for (int w = 1; w <= 260; w++)
    for (int h = 1; h <= 80; h++)
      for (int flags = 0; flags < 8; flags++)
        for (int percent = 0; percent <= 90; percent += 45) {
          ob_layout l = ob_layout_make(&(ob_layout_ask){.w = w,
                                                        .h = h,
                                                        .alert = flags & 1,
                                                        .full = flags & 2,
                                                        .panel_alone = flags & 4,
                                                        .panel_percent = percent});
          if (l.too_small) continue;
          const ob_rect all[] = {l.header, l.tabs, l.alert, l.list, l.panel, l.footer};
          int area = 0;
          for (size_t i = 0; i < 6; i++) {
            if (all[i].h == 0) continue;
            cr_assert(all[i].x >= 0 && all[i].y >= 0 && all[i].w > 0 && all[i].h > 0);
            cr_assert(all[i].x + all[i].w <= w && all[i].y + all[i].h <= h);
            area += all[i].w * all[i].h;
          }
          /* Every cell belongs to exactly one part. */
          cr_assert_eq(area, w * h, "%dx%d flags %d percent %d: %d", w, h, flags, percent, area);
          cr_assert(l.list.h > 0 || l.panel.h > 0);
        }
}

Test(columns, all_stand_in_full_where_there_is_room) {
  ob_fit_column c[] = {{.want = 20, .min = 8, .key = true}, {.want = 10, .min = 4, .priority = 3}};
  ob_fit_columns(c, 2, 32, 2);
  cr_assert_eq(c[0].width, 20);
  cr_assert_eq(c[1].width, 10);
}

Test(columns, the_widest_gives_letters_first) {
  ob_fit_column c[] = {{.want = 39, .min = 18, .good = 36, .key = true},
                       {.want = 18, .min = 10, .good = 20, .priority = 1},
                       {.want = 20, .min = 10, .good = 20, .priority = 3}};
  ob_fit_columns(c, 3, 69, 1);
  cr_expect_eq(c[0].width, 29);
  cr_expect_eq(c[1].width, 18);
  cr_expect_eq(c[2].width, 20);
  ob_fit_columns(c, 3, 50, 1);
  cr_expect_eq(c[0].width, 31);
  cr_expect_eq(c[1].width, 18, "a name is whole");
  cr_expect_eq(c[2].width, 0, "cut to a few letters it would say nothing");
}

/* Four columns of addresses and problems say more than six of which each is cut. */
Test(columns, what_can_be_spared_goes_before_the_rest_is_cut_short) {
  ob_fit_column c[] = {{.want = 44, .min = 20, .good = 40, .key = true},
                       {.want = 30, .min = 10, .good = 21, .priority = 1},
                       {.want = 12, .min = 12, .good = 12, .priority = OB_FIT_SPARE},
                       {.want = 12, .min = 5, .good = 10, .priority = OB_FIT_SPARE + 1}};
  ob_fit_columns(c, 4, 76, 1);
  cr_expect(c[2].width == 12 && c[3].width == 0, "the least important alone");
  ob_fit_columns(c, 4, 63, 1);
  cr_expect_eq(c[0].width, 40);
  cr_expect_eq(c[1].width, 22);
  cr_expect(c[2].width == 0 && c[3].width == 0);
  ob_fit_columns(c, 4, 33, 1);
  cr_expect(c[0].width >= 20 && c[1].width >= 10, "what matters stands, cut");
}

/* A name is what a row is known by: a long address gives its end before a name is cut. */
Test(columns, an_address_gives_way_to_a_name_and_a_namespace_to_both) {
  ob_fit_column c[] = {{.want = 10, .min = 6, .good = 12, .priority = OB_FIT_SPARE - 1},
                       {.want = 13, .min = 10, .good = 20, .priority = 1},
                       {.want = 40, .min = 12, .good = 24, .key = true}};
  ob_fit_columns(c, 3, 60, 1);
  cr_expect_eq(c[0].width, 10);
  cr_expect_eq(c[1].width, 13);
  cr_expect_eq(c[2].width, 35);
  ob_fit_columns(c, 3, 41, 1);
  cr_expect_eq(c[0].width, 0, "the namespace went before anything read badly");
  cr_expect_eq(c[1].width, 13);
  cr_expect_eq(c[2].width, 27);
  ob_fit_columns(c, 3, 26, 1);
  cr_expect_eq(c[1].width, 13);
  cr_expect_eq(c[2].width, 12);
  ob_fit_columns(c, 3, 24, 1);
  cr_expect_eq(c[1].width, 11, "there is nothing else left");
  cr_expect_eq(c[2].width, 12);
}

Test(columns, keys_never_fall_away_and_nothing_is_wider_than_the_line) {
  for (int width = 3; width < 200; width++) {
    ob_fit_column c[] = {{.want = 44, .min = 30, .key = true},
                         {.want = 12, .min = 4, .priority = 5},
                         {.want = 9, .min = 9, .key = true},
                         {.want = 70, .min = 10, .priority = 1},
                         {.want = 5, .min = 5, .priority = 109}};
    ob_fit_columns(c, 5, width, 1);
    int sum = 0, standing = 0;
    for (size_t i = 0; i < 5; i++)
      if (c[i].width > 0) sum += c[i].width, standing++;
    cr_assert(c[0].width > 0 && c[2].width > 0);
    cr_assert_leq(sum + standing - 1, width, "width %d", width);
  }
}
