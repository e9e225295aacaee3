// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

// turns calls add for two to eight turns, the user's first.
func (g *generator) turns(add func(i int, user bool)) {
	for i := range 2 * (1 + g.random.IntN(4)) {
		add(i, i%2 == 0)
	}
}

// words returns how many sentences a turn has at most.
func words(user bool) int {
	if user {
		return 3
	}
	return 8
}

func (g *generator) gemini(dst []byte) []byte {
	dst = append(dst, '{')
	if g.random.IntN(3) == 0 {
		dst = append(g.text(append(dst, `"systemInstruction":{"parts":[{"text":`...), 3), "}]},"...)
	}
	dst = append(dst, `"contents":[`...)
	g.turns(func(i int, user bool) {
		if i > 0 {
			dst = append(dst, ',')
		}
		role := "model"
		if user {
			role = "user"
		}
		dst = append(append(append(dst, `{"role":"`...), role...), `","parts":[{"text":`...)
		dst = append(g.text(dst, words(user)), "}]}"...)
	})
	return append(dst, "]}"...)
}

func (g *generator) openAI(dst []byte) []byte {
	dst = g.text(append(dst, `{"messages":[{"role":"system","content":`...), 2)
	g.turns(func(_ int, user bool) {
		role := "assistant"
		if user {
			role = "user"
		}
		dst = append(append(append(dst, `},{"role":"`...), role...), `","content":`...)
		dst = g.text(dst, words(user))
	})
	return append(dst, "}]}"...)
}

func (g *generator) shareGPT(dst []byte) []byte {
	dst = append(dst, `{"conversations":[`...)
	g.turns(func(i int, user bool) {
		if i > 0 {
			dst = append(dst, ',')
		}
		from := "gpt"
		if user {
			from = "human"
		}
		dst = append(append(append(dst, `{"from":"`...), from...), `","value":`...)
		dst = append(g.text(dst, words(user)), '}')
	})
	return append(dst, "]}"...)
}

func (g *generator) alpaca(dst []byte) []byte {
	dst = g.text(append(dst, `{"instruction":`...), 3)
	dst = g.text(append(dst, `,"input":`...), 3)
	dst = g.text(append(dst, `,"output":`...), 8)
	return append(dst, '}')
}

func (g *generator) message(dst []byte) []byte {
	dst = g.text(append(dst, `{"content":`...), 3)
	dst = append(dst, `,"role":"user","session_id":"0f8fad5b-d9cb-469f-a165-70867728950e","related_message":{"content":`...)
	return append(g.text(dst, 8), `,"role":"assistant"}}`...)
}
