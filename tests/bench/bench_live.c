/* How long until everything is live, at what cost: one session, no screen.
 *
 *   bench-live KUBECONFIG [IDLE-SECONDS]
 *
 * Prints milliseconds from opening the session to LIVE, the CPU seconds that took, objects,
 * bytes, resident memory, and then the CPU of so many idle seconds. */
#include "base/clock.h"
#include "base/str.h"
#include "outboard/session.h"
#include "outboard/view.h"

#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>

static double cpu_s(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long rss_kib(const char *field) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(65536);
  if (ob_read_file("/proc/self/status", &b, NULL) < 0) return -1;
  const char *at = strstr(ob_buf_str(&b), field);
  long kib = -1;
  if (at) sscanf(at + strlen(field), ": %ld", &kib);
  return kib;
}

static void wait_ms(ob_session *s, int ms) {
  struct pollfd p = {.fd = ob_session_fd(s), .events = POLLIN};
  poll(&p, 1, ms);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs("usage: bench-live KUBECONFIG [IDLE-SECONDS]\n", stderr);
    return 2;
  }
  int64_t idle_s = 0;
  if (argc > 2 && !ob_parse_int(argv[2], 0, 3600, &idle_s)) return 2;
  ob_err err;
  ob_session *s;
  int64_t start = ob_mono_ms(), first_row = -1;
  if (ob_session_open(&s, &(ob_session_opts){.kubeconfig = argv[1]}, &err) < 0) {
    fprintf(stderr, "%s\n", err.msg);
    return 1;
  }
  const ob_cluster *c = ob_session_cluster(s);
  while (ob_session_status_get(s)->conn != OB_CONN_LIVE) {
    wait_ms(s, 1000);
    ob_session_pump(s, 0);
    if (first_row < 0 && ob_cluster_count(c, OB_KIND_SERVICE)) first_row = ob_mono_ms() - start;
    if (ob_mono_ms() - start > 120000) {
      fprintf(stderr, "not live after two minutes: %s\n", ob_session_status_get(s)->err.msg);
      return 1;
    }
  }
  int64_t live = ob_mono_ms() - start;
  double live_cpu = cpu_s();
  ob_list *list = ob_list_new(c, OB_VIEW_EXPOSURE);
  int64_t list_start = ob_mono_ms();
  ob_list_set(list, &(ob_list_opts){.sort = -1}, ob_session_now(s), &err);
  ob_list_refresh(list, ob_session_now(s));
  printf("first service   %lld ms\n", (long long)first_row);
  printf("live            %lld ms\n", (long long)live);
  printf("cpu to live     %.3f s\n", live_cpu);
  printf("objects         %zu services, %zu slices, %zu ingresses, %zu nodes\n",
         ob_cluster_count(c, OB_KIND_SERVICE), ob_cluster_count(c, OB_KIND_SLICE),
         ob_cluster_count(c, OB_KIND_INGRESS), ob_cluster_count(c, OB_KIND_NODE));
  printf("received        %llu bytes\n", (unsigned long long)ob_session_status_get(s)->bytes);
  printf("exposure rows   %zu, built in %lld ms\n", ob_list_len(list),
         (long long)(ob_mono_ms() - list_start));
  printf("rss             %ld KiB (peak %ld KiB)\n", rss_kib("VmRSS"), rss_kib("VmHWM"));
  if (idle_s) {
    double before = cpu_s();
    int64_t end = ob_mono_ms() + idle_s * 1000;
    for (int64_t left; (left = end - ob_mono_ms()) > 0;) {
      wait_ms(s, (int)left);
      ob_session_pump(s, 0);
      ob_list_refresh(list, ob_session_now(s));
    }
    printf("cpu of %llds idle %.3f s\n", (long long)idle_s, cpu_s() - before);
  }
  ob_list_free(list);
  ob_session_close(s);
  return 0;
}
