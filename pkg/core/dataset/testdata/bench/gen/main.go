// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Gen writes a file of made-up conversations, always the same for the same
// flags, to measure with.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

func main() {
	n := flag.Int("n", 100_000, "examples to write")
	format := flag.String("format", "gemini", "gemini, openai, sharegpt, alpaca or messages")
	layout := flag.String("layout", "lines", "lines, array or pretty")
	flag.Parse()
	if err := write(os.Stdout, *n, *format, *layout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// writers append one record each.
var writers = map[string]func(g *generator, dst []byte) []byte{
	"gemini": (*generator).gemini, "openai": (*generator).openAI, "sharegpt": (*generator).shareGPT,
	"alpaca": (*generator).alpaca, "messages": (*generator).message,
}

func write(w io.Writer, n int, format, layout string) error {
	record, ok := writers[format]
	if !ok {
		return fmt.Errorf("no format %q", format)
	}
	opening, between, closing := "", "\n", "\n"
	switch layout {
	case "lines":
	case "array", "pretty":
		opening, between, closing = "[", ",", "]\n"
	default:
		return fmt.Errorf("no layout %q", layout)
	}
	if layout == "pretty" {
		opening, between, closing = "[\n  ", ",\n  ", "\n]\n"
	}
	out := bufio.NewWriterSize(w, 1<<20)
	_, _ = out.WriteString(opening) // Flush returns the first error
	g := newGenerator()
	var line, spread []byte
	for i := range n {
		if i > 0 {
			_, _ = out.WriteString(between)
		}
		line = record(g, line[:0])
		if layout == "pretty" {
			spread = indent(spread[:0], line)
			line = append(line[:0], spread...)
		}
		_, _ = out.Write(line)
	}
	_, _ = out.WriteString(closing)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// indent spreads one record over lines, as JSON libraries do, two spaces deep.
func indent(dst, src []byte) []byte {
	depth := 1
	newline := func() { dst = append(dst, "\n                                "[:1+2*depth]...) }
	for i := 0; i < len(src); i++ {
		switch c := src[i]; c {
		case '"':
			from := i
			for i++; src[i] != '"'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
			dst = append(dst, src[from:i+1]...)
		case '{', '[':
			depth++
			dst = append(dst, c)
			newline()
		case '}', ']':
			depth--
			newline()
			dst = append(dst, c)
		case ',':
			dst = append(dst, c)
			newline()
		case ':':
			dst = append(dst, ':', ' ')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// generator creates texts. It picks them from a fixed set of sentences, so that
// creating them is faster than reading them.
type generator struct {
	random    *rand.Rand
	sentences []string // as written in JSON, without quotes
}

var languages = []string{
	"the model answers every question of a user with care and names what it does not know about that",
	"a service reads files from the bucket checks them and starts training when all of it is right",
	"please explain how this function works and why it returns an error for an empty list of values",
	"das Modell beantwortet jede Frage über Größe und Qualität der Übungen für die nächste Prüfung",
	"le modèle répond à chaque question où l'élève hésite à préciser ce qu'il a déjà compris très tôt",
	"модель отвечает на каждый вопрос пользователя и объясняет почему ответ именно такой",
	"モデルは質問に答えます 学習データを確認してください 次の例を参照",
	"模型会回答每个问题 并且说明原因 请检查训练数据 然后再开始",
}

func newGenerator() *generator {
	g := &generator{random: rand.New(rand.NewPCG(20, 26))}
	for range 4096 {
		language := languages[0]
		if g.random.IntN(100) < 65 {
			language = languages[g.random.IntN(3)]
		} else {
			language = languages[g.random.IntN(len(languages))]
		}
		words := strings.Fields(language)
		var s strings.Builder
		for i := range 5 + g.random.IntN(20) {
			if i > 0 {
				s.WriteByte(' ')
			}
			s.WriteString(words[g.random.IntN(len(words))])
		}
		quoted := string(strictjson.AppendQuote(nil, s.String()))
		text := quoted[1 : len(quoted)-1]
		switch g.random.IntN(12) {
		case 0:
			text = `\"` + text + `\"`
		case 1:
			text += ` \u00e9\ud83d\ude00`
		case 2:
			text += " 😀"
		case 3:
			text += `\t\\n`
		}
		g.sentences = append(g.sentences, text)
	}
	return g
}

// text appends a JSON string of some sentences and paragraphs.
func (g *generator) text(dst []byte, most int) []byte {
	dst = append(dst, '"')
	n := 1 + g.random.IntN(most)
	for i := range n {
		if i > 0 {
			dst = append(dst, []string{". ", ". ", "? ", `.\n`, `.\n\n`}[g.random.IntN(5)]...)
		}
		dst = append(dst, g.sentences[g.random.IntN(len(g.sentences))]...)
	}
	return append(dst, '"')
}
