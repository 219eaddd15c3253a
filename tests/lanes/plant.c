/* Bugs on purpose, one a word: `plant WORD` runs it, and the lane that is meant for it must say so
 * (.ci/lanes --prove). None of this is part of the program.
 *
 *   overflow  AddressSanitizer     a byte behind an allocation
 *   leak      LeakSanitizer        memory that nobody knows any more
 *   integer   UBSan                a signed overflow
 *   race      ThreadSanitizer      two threads, one counter, no lock
 *   unset     valgrind             a decision by memory that was never written
 *   (static)  clang-tidy, gcc -fanalyzer: the same file, read */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int overflow(size_t n) {
  char *text = malloc(n);
  if (!text) return 0;
  memset(text, 'x', n);
  volatile char *at = text;
  int got = at[n];
  free(text);
  return got;
}

static int leak(size_t n) {
  char *volatile lost = malloc(n);
  lost = NULL;
  return lost != NULL;
}

static int integer(int n) {
  volatile int most = 0x7fffffff;
  return most + n;
}

static int counter;

static void *count(void *arg) {
  (void)arg;
  for (int i = 0; i < 1000; i++) counter++;
  return NULL;
}

static int race(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, count, NULL);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return counter == 0;
}

static int unset(size_t n) {
  int *numbers = malloc(n * sizeof *numbers);
  if (!numbers) return 0;
  volatile int *at = numbers;
  int said = at[n / 2] == 42 ? puts("42") : puts("not 42");
  free(numbers);
  return said < 0;
}

#ifdef OB_PLANT_STATIC
/* What readers of the source have to find: one of the ways decides by a number that was never set;
 * another frees twice. */
int unset_way(int n);
int unset_way(int n) {
  int found;
  if (n > 3) found = n;
  return found > 2 ? 1 : 0;
}

int twice(const char *name);
int twice(const char *name) {
  char *copy = malloc(strlen(name) + 1);
  if (!copy) return -1;
  strcpy(copy, name);
  if (*copy == 'x') free(copy);
  int first = *copy == 'y';
  free(copy);
  return first;
}
#endif

int main(int argc, char *argv[]) {
  const char *bug = argc > 1 ? argv[1] : "";
  size_t n = (size_t)argc;
  if (strcmp(bug, "overflow") == 0) return overflow(n) == 77;
  if (strcmp(bug, "leak") == 0) return leak(n * 100);
  if (strcmp(bug, "integer") == 0) return integer(argc) == 77;
  if (strcmp(bug, "race") == 0) return race();
  if (strcmp(bug, "unset") == 0) return unset(n * 8);
  fputs("plant: overflow, leak, integer, race or unset\n", stderr);
  return 0;
}
