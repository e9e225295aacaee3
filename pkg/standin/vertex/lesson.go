// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/encoding/protojson"
)

// A tuned model knows at most so many questions, of at most so many bytes each, so that the journal
// stays small.
const (
	lessonsMax     = 300
	lessonBytesMax = 2 << 10
)

// lesson is a question of the training data with its answer. No model is trained: a tuned model
// answers with the answer to the most similar question that it knows.
type lesson struct {
	Question string          `json:"question"`
	Answer   json.RawMessage `json:"answer"` // a v1.Content
	rank     uint64
}

// newLesson returns the lesson of an example, or nil if it is too large.
func newLesson(contents []*v1.Content) *lesson {
	last := len(contents) - 1
	answer, err := protojson.Marshal(contents[last])
	question := lastQuestion(contents[:last])
	if err != nil || question == "" || len(question)+len(answer) > lessonBytesMax {
		return nil
	}
	return &lesson{Question: question, Answer: answer, rank: hash(question, textOf(contents[last]))}
}

// lastQuestion returns the last text before the answer.
func lastQuestion(contents []*v1.Content) string {
	for _, turn := range slices.Backward(contents) {
		if text := textOf(turn); text != "" {
			return text
		}
	}
	return ""
}

func textOf(turn *v1.Content) string {
	var all strings.Builder
	for _, part := range turn.GetParts() {
		all.WriteString(part.GetText())
	}
	return all.String()
}

// lessons are those of one file with the smallest hashes, in the order of these: the same ones in
// whichever order the file has them.
type lessons []lesson

func (l *lessons) add(e *lesson) {
	if e == nil {
		return
	}
	at, known := slices.BinarySearchFunc(*l, e.rank, func(a lesson, rank uint64) int {
		switch {
		case a.rank < rank:
			return -1
		case a.rank > rank:
			return 1
		}
		return 0
	})
	if known || at == lessonsMax {
		return
	}
	if len(*l) == lessonsMax {
		*l = (*l)[:lessonsMax-1]
	}
	*l = slices.Insert(*l, at, *e)
}

// recall returns the answer to the most similar question, or nil if no question has a word of it.
func (l lessons) recall(question string) *v1.Content {
	asked := words(question)
	best, found := 0.0, -1
	for i, known := range l {
		if s := overlap(asked, words(known.Question)); s > best {
			best, found = s, i
		}
	}
	if found < 0 {
		return nil
	}
	answer := &v1.Content{}
	if protojson.Unmarshal(l[found].Answer, answer) != nil {
		return nil
	}
	return answer
}

func words(text string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		all[word] = true
	}
	return all
}

// overlap is the share of common words in all words of two texts.
func overlap(a, b map[string]bool) float64 {
	common := 0
	for word := range a {
		if b[word] {
			common++
		}
	}
	return float64(common) / float64(max(len(a)+len(b)-common, 1))
}
