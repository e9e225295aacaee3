// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Minify reads a file, standard input, as a whole and writes it without white
// space, with simdjson, to compare with.
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

int main() {
  struct stat info;
  if (fstat(0, &info) != 0) return 1;
  size_t size = info.st_size, used = 0;
  std::unique_ptr<char[]> in(new char[size + simdjson::SIMDJSON_PADDING]);
  std::unique_ptr<char[]> out(new char[size + simdjson::SIMDJSON_PADDING]);
  while (used < size) {
    ssize_t n = read(0, in.get() + used, size - used);
    if (n <= 0) return 1;
    used += n;
  }
  size_t length = 0;
  if (simdjson::minify(in.get(), used, out.get(), length)) {
    fputs("minify: the text is not valid\n", stderr);
    return 1;
  }
  return fwrite(out.get(), 1, length, stdout) == length ? 0 : 1;
}
