// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Minify reads standard input whole and writes it without white space, with
// simdjson, to compare with.
#include <simdjson.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

int main() {
  std::vector<char> in;
  in.resize(1 << 20);
  size_t used = 0;
  while (size_t n = fread(in.data() + used, 1, in.size() - used, stdin)) {
    used += n;
    if (used == in.size()) in.resize(in.size() * 2);
  }
  std::vector<char> out(used + simdjson::SIMDJSON_PADDING);
  size_t length = 0;
  if (simdjson::minify(in.data(), used, out.data(), length)) {
    std::cerr << "minify failed\n";
    return 1;
  }
  return fwrite(out.data(), 1, length, stdout) == length ? 0 : 1;
}
