/* The main of a target without libFuzzer: runs it over files, and over those of folders.
 *
 *   fuzz-NAME FILE|FOLDER…     prints how many; nothing at all is a failure */
#include "fuzz.h"

#include "base/str.h"
#include <dirent.h>
#include <sys/stat.h>

enum { FILE_MAX = 4 * 1024 * 1024 };

static size_t run_file(const char *path) {
  OB_AUTO(ob_buf) bytes = OB_BUF_INIT(FILE_MAX);
  ob_err err;
  if (ob_read_file(path, &bytes, &err) < 0) {
    fprintf(stderr, "%s\n", err.msg);
    exit(1);
  }
  /* Its own allocation of the very size: what reads behind the end is seen. */
  uint8_t *copy = ob_alloc(bytes.len ? bytes.len : 1);
  memcpy(copy, ob_buf_str(&bytes), bytes.len);
  fprintf(stderr, "%s\n", path);
  LLVMFuzzerTestOneInput(copy, bytes.len);
  free(copy);
  return 1;
}

static size_t run(const char *path) {
  struct stat st;
  if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) return run_file(path);
  size_t n = 0;
  DIR *dir = opendir(path);
  for (const struct dirent *e; dir && (e = readdir(dir));) {
    if (e->d_name[0] == '.') continue;
    OB_AUTOFREE char *file = ob_asprintf("%s/%s", path, e->d_name);
    n += run_file(file);
  }
  if (dir) closedir(dir);
  return n;
}

int main(int argc, char *argv[]) {
  LLVMFuzzerInitialize(&argc, &argv);
  size_t n = 0;
  for (int i = 1; i < argc; i++) n += run(argv[i]);
  printf("%zu inputs\n", n);
  return n == 0;
}
