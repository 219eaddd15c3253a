/* What the model costs, without a server: decode, apply, lists, filters, memory.
 *
 *   bench-model [SERVICES]
 *
 * Goals for 10,000 services, 10,000 slices, 5,000 ingresses: apply under 100 ms, a filter under
 * 30 ms, decode over 60 MB/s, 1.5 KiB kept for each service with its slice and rules. */
#include "base/clock.h"
#include "base/str.h"
#include "model/cluster.h"
#include "outboard/view.h"

#include <malloc.h>
#include <stdio.h>
#include <time.h>

typedef struct texts {
  ob_kind kind;
  OB_VEC(char *) at;
  size_t bytes;
  OB_VEC(ob_object *) objects;
} texts;

static double ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t heap(void) {
  struct mallinfo2 m = mallinfo2();
  return m.uordblks + m.hblkhd;
}

/* As an API server sends it: nearly half of an object is managedFields. */
static const char managed[] =
    "\"managedFields\":[{\"manager\":\"kubectl-client-side-apply\",\"operation\":\"Update\","
    "\"apiVersion\":\"v1\","
    "\"time\":\"2026-11-01T10:00:00Z\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:metadata\":{"
    "\"f:annotations\":"
    "{\".\":{},\"f:kubectl.kubernetes.io/"
    "last-applied-configuration\":{}},\"f:labels\":{\".\":{},\"f:app\":{},"
    "\"f:tier\":{}}},\"f:spec\":{\"f:internalTrafficPolicy\":{},\"f:ports\":{\".\":{},\"k:{"
    "\\\"port\\\":80,"
    "\\\"protocol\\\":\\\"TCP\\\"}\":{\".\":{},\"f:name\":{},\"f:port\":{},\"f:protocol\":{},\"f:"
    "targetPort\":{}}},"
    "\"f:selector\":{},\"f:sessionAffinity\":{},\"f:type\":{}}}}]";

static void add_meta(ob_buf *b, const char *kind, size_t i, const char *labels) {
  ob_buf_addf(b,
              "{\"metadata\":{\"name\":\"%s-%zu\",\"namespace\":\"team-%zu\",\"uid\":\"%08zx-0000-"
              "4000-8000-%c%011zx\","
              "\"resourceVersion\":\"%zu\",\"creationTimestamp\":\"2026-11-01T10:00:00Z\","
              "\"labels\":{%s},%s},",
              kind, i, i % 50, i, kind[0], i, 1000 + i, labels, managed);
}

static void make(texts *t, size_t n) {
  static const char *const types[] = {"ClusterIP", "ClusterIP", "NodePort", "LoadBalancer"};
  for (size_t i = 0; i < n; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
    char label[200];
    if (t->kind == OB_KIND_SERVICE) {
      add_meta(&b, "svc", i, "\"app\":\"shop\",\"tier\":\"web\"");
      const char *type = types[i % 4];
      ob_buf_addf(&b,
                  "\"spec\":{\"type\":\"%s\",\"clusterIP\":\"10.%zu.%zu.1\",\"clusterIPs\":[\"10.%"
                  "zu.%zu.1\"],"
                  "\"ipFamilies\":[\"IPv4\"],\"ipFamilyPolicy\":\"SingleStack\","
                  "\"sessionAffinity\":\"None\","
                  "\"internalTrafficPolicy\":\"Cluster\",\"selector\":{\"app\":\"svc-%zu\"},"
                  "\"ports\":[{\"name\":\"http\","
                  "\"port\":80,\"protocol\":\"TCP\",\"targetPort\":8080%s}]},\"status\":{"
                  "\"loadBalancer\":{%s}}}",
                  type, i / 250, i % 250, i / 250, i % 250, i,
                  i % 4 > 1 ? ",\"nodePort\":30080" : "",
                  i % 8 == 3 ? "\"ingress\":[{\"ip\":\"203.0.113.7\"}]" : "");
    } else if (t->kind == OB_KIND_SLICE) {
      snprintf(
          label, sizeof label,
          "\"kubernetes.io/service-name\":\"svc-%zu\",\"endpointslice.kubernetes.io/managed-by\":"
          "\"endpointslice-controller.k8s.io\"",
          i);
      add_meta(&b, "eps", i, label);
      ob_buf_adds(&b, "\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"http\",\"port\":8080,"
                      "\"protocol\":\"TCP\"}],\"endpoints\":[");
      for (size_t e = 0; e < 2; e++)
        ob_buf_addf(&b,
                    "%s{\"addresses\":[\"10.200.%zu.%zu\"],\"conditions\":{\"ready\":%s,"
                    "\"serving\":true,\"terminating\":"
                    "false},\"nodeName\":\"node-%zu\",\"zone\":\"z%zu\",\"targetRef\":{\"kind\":"
                    "\"Pod\",\"namespace\":"
                    "\"team-%zu\",\"name\":\"svc-%zu-abc%zu\",\"uid\":\"%08zx-aaaa-4000-8000-"
                    "00000000000%zu\"}}",
                    e ? "," : "", i / 250, i % 250, i % 20 ? "true " : "false", e, e, i % 50, i, e,
                    i, e);
      ob_buf_adds(&b, "]}");
    } else {
      add_meta(&b, "ing", i, "\"app\":\"shop\"");
      ob_buf_addf(&b,
                  "\"spec\":{\"ingressClassName\":\"nginx\",\"tls\":[{\"hosts\":[\"h%zu.example."
                  "com\"],\"secretName\":"
                  "\"cert\"}],\"rules\":[{\"host\":\"h%zu.example.com\",\"http\":{\"paths\":[{"
                  "\"path\":\"/\",\"pathType\":"
                  "\"Prefix\",\"backend\":{\"service\":{\"name\":\"svc-%zu\",\"port\":{\"number\":"
                  "80}}}},{\"path\":\"/api\","
                  "\"pathType\":\"Prefix\",\"backend\":{\"service\":{\"name\":\"svc-%zu\",\"port\":"
                  "{\"name\":\"http\"}}}}]}}]},"
                  "\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"203.0.113.9\"}]}}}",
                  i, i, i, i + 5000);
    }
    t->bytes += b.len;
    ob_vec_push(&t->at, ob_buf_take(&b, NULL));
  }
}

static void decode(texts *t) {
  for (size_t i = 0; i < t->at.len; i++) {
    ob_err err;
    OB_AUTOPTR(ob_json)
    j = ob_json_parse_without(t->at.at[i], strlen(t->at.at[i]), OB_JSON_LENIENT, "managedFields",
                              &err);
    ob_object *o = ob_decode(t->kind, j, &err);
    if (!o) {
      fprintf(stderr, "%s\n", err.msg);
      exit(1);
    }
    ob_vec_push(&t->objects, o);
  }
}

static void filters(ob_cluster *c, ob_view_id view, const char *const *all, size_t n, int64_t now) {
  ob_list *l = ob_list_new(c, view);
  for (size_t i = 0; i < n; i++) {
    ob_err err;
    double start = ms();
    ob_list_set(l, &(ob_list_opts){.sort = -1, .filter = all[i]}, now, &err);
    printf("filter %-12s %-22s %6zu of %zu rows  %6.1f ms\n", ob_views[view].name, all[i],
           ob_list_len(l), ob_list_total(l), ms() - start);
  }
  ob_list_free(l);
}

int main(int argc, char **argv) {
  int64_t n = 10000;
  if (argc > 1 && !ob_parse_int(argv[1], 1, 1000000, &n)) return 2;
  int64_t now = ob_wall_ms();
  texts all[] = {{.kind = OB_KIND_SERVICE}, {.kind = OB_KIND_SLICE}, {.kind = OB_KIND_INGRESS}};
  make(&all[0], (size_t)n);
  make(&all[1], (size_t)n);
  make(&all[2], (size_t)n / 2);
  size_t bytes = all[0].bytes + all[1].bytes + all[2].bytes;

  size_t before = heap();
  double start = ms();
  for (size_t i = 0; i < OB_LEN(all); i++) decode(&all[i]);
  double took = ms() - start;
  printf("decode (with JSON parse) %.1f MB in %.0f ms: %.0f MB/s\n", (double)bytes / 1e6, took,
         (double)bytes / 1e3 / took);

  for (size_t i = 0; i < OB_LEN(all); i++) {
    size_t sum = 0;
    for (size_t k = 0; k < all[i].objects.len; k++) sum += all[i].objects.at[k]->size;
    printf("one %-20s %.0f bytes of %.0f\n", ob_kinds[all[i].kind].kind,
           (double)sum / (double)all[i].objects.len,
           (double)all[i].bytes / (double)all[i].objects.len);
  }

  ob_cluster *c = ob_cluster_new();
  for (int k = 0; k < OB_KIND_COUNT; k++)
    ob_cluster_kind_set(c, (ob_kind)k, &(ob_kind_state){.phase = OB_LIVE, .remaining = -1});
  start = ms();
  for (size_t i = 0; i < OB_LEN(all); i++) {
    for (size_t k = 0; k < all[i].objects.len; k++) ob_cluster_put(c, all[i].objects.at[k]);
    ob_vec_done(&all[i].objects);
  }
  printf("apply                    %.1f ms\n", ms() - start);
  start = ms();
  ob_cluster_tick(c, now);
  printf("audit of everything      %.1f ms, %zu with problems\n", ms() - start,
         ob_cluster_problems(c));
  ob_cluster_settle(c);
  size_t kept = heap() - before;
  printf(
      "memory                   %.1f MiB, %.0f bytes for each service with its slice and rules\n",
      (double)kept / 1048576, (double)kept / (double)n);

  ob_list *lists[OB_VIEW_COUNT];
  for (int v = 0; v < OB_VIEW_COUNT; v++) {
    size_t heap_before = heap();
    start = ms();
    lists[v] = ob_list_new(c, (ob_view_id)v);
    ob_list_set(lists[v], &(ob_list_opts){.sort = -1}, now, NULL);
    printf("list %-16s    %.1f ms, %zu rows, %.1f MiB\n", ob_views[v].name, ms() - start,
           ob_list_len(lists[v]), (double)(heap() - heap_before) / 1048576);
  }

  /* One slice a time, as in a quiet cluster; then a burst. */
  static const size_t batches[] = {1, 100, 1000};
  for (size_t b = 0; b < OB_LEN(batches); b++) {
    size_t rounds = 1000 / batches[b];
    double apply_ms = 0, list_ms = 0, others_ms = 0;
    for (size_t r = 0; r < rounds; r++) {
      OB_VEC(ob_object *) changed = {0};
      for (size_t i = 0; i < batches[b]; i++) {
        char *text = all[1].at.at[(r * batches[b] + i) % (size_t)n];
        /* Another pod is ready, in another zone: no event is like the one before it. */
        char *ready = strstr(text, "\"ready\":") + strlen("\"ready\":");
        memcpy(ready, ready[0] == 't' ? "false" : "true ", 5);
        char *zone = strstr(text, "\"zone\":\"") + strlen("\"zone\":\"");
        *zone = (char)(*zone == 'z' ? 'a' : *zone + 1);
        OB_AUTOPTR(ob_json) j = ob_json_parse(text, strlen(text), OB_JSON_LENIENT, NULL);
        ob_vec_push(&changed, ob_decode(OB_KIND_SLICE, j, NULL));
      }
      start = ms();
      for (size_t i = 0; i < changed.len; i++) ob_cluster_put(c, changed.at[i]);
      ob_cluster_tick(c, now);
      apply_ms += ms() - start;
      start = ms();
      ob_list_refresh(lists[OB_VIEW_EXPOSURE], now);
      list_ms += ms() - start;
      start = ms();
      for (int v = 1; v < OB_VIEW_COUNT; v++) ob_list_refresh(lists[v], now);
      ob_cluster_settle(c);
      others_ms += ms() - start;
      ob_vec_done(&changed);
    }
    printf("%4zu slices at a time     apply %.4f ms, exposure follows %.4f ms, an event %.4f ms\n",
           batches[b], apply_ms / (double)rounds, list_ms / (double)rounds,
           (apply_ms + list_ms + others_ms) / (double)(rounds * batches[b]));
  }

  static const char *const words[] = {"svc-99",      "nothing-has-this", "ready:0",
                                      "type:lb",     "/svc-9+$/",        "port:80",
                                      "-l app=shop", "age:<1h",          "host:h1*.example.com"};
  static const char *const service_words[] = {"svc-99", "nothing-has-this", "ready:0", "type:lb",
                                              "/svc-9+$/"};
  filters(c, OB_VIEW_SERVICES, service_words, OB_LEN(service_words), now);
  filters(c, OB_VIEW_EXPOSURE, words, OB_LEN(words), now);

  for (int v = 0; v < OB_VIEW_COUNT; v++) ob_list_free(lists[v]);
  ob_cluster_free(c);
  for (size_t i = 0; i < OB_LEN(all); i++) {
    for (size_t k = 0; k < all[i].at.len; k++) free(all[i].at.at[k]);
    ob_vec_done(&all[i].at);
  }
  return 0;
}
