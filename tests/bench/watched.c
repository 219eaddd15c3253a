#include "watched.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The number behind `field` in a status file. */
static long field_of(const char *path, const char *field) {
  char line[256];
  long n = -1;
  FILE *f = fopen(path, "r");
  while (f && n < 0 && fgets(line, sizeof line, f))
    if (strncmp(line, field, strlen(field)) == 0) n = strtol(line + strlen(field), NULL, 10);
  if (f) fclose(f);
  return n;
}

static long entries(const char *path, long (*of)(const char *path)) {
  char each[512];
  long sum = 0;
  DIR *d = opendir(path);
  if (!d) return -1;
  for (const struct dirent *e; (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    snprintf(each, sizeof each, "%s/%.200s/status", path, e->d_name);
    sum += of ? of(each) : 1;
  }
  closedir(d);
  return sum;
}

static long wakeups_of(const char *path) {
  return field_of(path, "voluntary_ctxt_switches:");
}

static double cpu_of(const char *path) {
  char text[1024];
  unsigned long user = 0, sys = 0;
  FILE *f = fopen(path, "r");
  size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
  if (f) fclose(f);
  text[n] = '\0';
  const char *at = strrchr(text, ')');
  if (!at ||
      sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
    return -1;
  return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

watched watched_now(pid_t pid) {
  char stat[64], status[64], task[64], fd[64];
  snprintf(stat, sizeof stat, "/proc/%d/stat", (int)pid);
  snprintf(status, sizeof status, "/proc/%d/status", (int)pid);
  snprintf(task, sizeof task, "/proc/%d/task", (int)pid);
  snprintf(fd, sizeof fd, "/proc/%d/fd", (int)pid);
  return (watched){.cpu_s = cpu_of(stat),
                   .rss_kib = field_of(status, "VmRSS:"),
                   .threads = field_of(status, "Threads:"),
                   .fds = entries(fd, NULL),
                   .wakeups = entries(task, wakeups_of)};
}

double watched_clock_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
