// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// shape describes a value in an example in the format of Vertex AI. The shapes follow the messages
// and enums of Google's client library that an example can contain outside its turns.
type shape struct {
	kind    strictjson.Kind
	bits    int // of a number: a float32 or float64, or an integer of that size if whole is set
	integer bool
	enum    []string
	pattern *regexp.Regexp
	items   *shape
	members map[string]*shape
	check   func(r *record, v int) // replaces all other fields
}

var (
	anyText   = &shape{kind: strictjson.String}
	anyBool   = &shape{kind: strictjson.Bool}
	anyFloat  = &shape{kind: strictjson.Number, bits: 32}
	anyDouble = &shape{kind: strictjson.Number, bits: 64}
	anyInt    = &shape{kind: strictjson.Number, bits: 32, integer: true}
	anyTexts  = &shape{kind: strictjson.Array, items: anyText}
	emptyTool = object(nil)
	duration  = &shape{kind: strictjson.String, pattern: regexp.MustCompile(`^-?\d{1,12}(\.\d{1,9})?s$`)}
)

func object(members map[string]*shape) *shape {
	return &shape{kind: strictjson.Object, members: members}
}

func oneOf(names ...string) *shape { return &shape{kind: strictjson.String, enum: names} }

var (
	videoMetadata = object(map[string]*shape{"startOffset": duration, "endOffset": duration, "fps": anyDouble})
	partMedia     = object(map[string]*shape{
		"level": oneOf("MEDIA_RESOLUTION_UNSPECIFIED", "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH", "MEDIA_RESOLUTION_ULTRA_HIGH"),
	})
	generationConfig = object(map[string]*shape{
		"temperature": anyFloat, "topP": anyFloat, "topK": anyFloat, "candidateCount": anyInt, "maxOutputTokens": anyInt, "stopSequences": anyTexts,
		"responseLogprobs": anyBool, "logprobs": anyInt, "presencePenalty": anyFloat, "frequencyPenalty": anyFloat, "seed": anyInt,
		"responseMimeType": anyText, "responseSchema": {check: (*record).responseSchema}, "responseJsonSchema": {check: (*record).numbers}, "audioTimestamp": anyBool,
		"responseModalities": {kind: strictjson.Array, items: oneOf("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO")},
		"mediaResolution":    oneOf("MEDIA_RESOLUTION_UNSPECIFIED", "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"),
		"thinkingConfig": object(map[string]*shape{
			"includeThoughts": anyBool, "thinkingBudget": anyInt, "thinkingLevel": oneOf("THINKING_LEVEL_UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "MINIMAL"),
		}),
	})
	toolConfig = object(map[string]*shape{
		"functionCallingConfig": object(map[string]*shape{
			"mode": oneOf("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"), "allowedFunctionNames": anyTexts, "streamFunctionCallArguments": anyBool,
		}),
		"retrievalConfig": object(map[string]*shape{
			"latLng": object(map[string]*shape{"latitude": anyDouble, "longitude": anyDouble}), "languageCode": anyText,
		}),
	})
	safetySettings = &shape{kind: strictjson.Array, items: object(map[string]*shape{
		"category": oneOf("HARM_CATEGORY_UNSPECIFIED", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_HARASSMENT",
			"HARM_CATEGORY_SEXUALLY_EXPLICIT", "HARM_CATEGORY_CIVIC_INTEGRITY", "HARM_CATEGORY_JAILBREAK"),
		"threshold": oneOf("HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"),
		"method":    oneOf("HARM_BLOCK_METHOD_UNSPECIFIED", "SEVERITY", "PROBABILITY"),
	})}
)

// checkShape reports everything in a value that Vertex AI does not accept.
func (r *record) checkShape(v int, s *shape) {
	if s.check != nil {
		s.check(r, v)
		return
	}
	if !r.is(v, s.kind) {
		return
	}
	switch {
	case s.enum != nil:
		if !slices.Contains(s.enum, r.text(v)) {
			r.fail(v, CodeUnsupported, "Vertex AI has no value "+quoted(r.text(v))+" here", "write a value such as "+strconv.Quote(s.enum[len(s.enum)-1]))
		}
	case s.pattern != nil:
		if !s.pattern.MatchString(r.text(v)) {
			r.fail(v, CodeUnsupported, "this is no value of the kind that Vertex AI takes here", "write a number of seconds, as in 1.5s")
		}
	case s.kind == strictjson.Number:
		r.fitsNumber(v, s)
	case s.kind == strictjson.Array:
		for e := v + 1; e < r.next(v); e = r.next(e) {
			r.checkShape(e, s.items)
		}
	case s.kind == strictjson.Object:
		var seen []string
		for i := v + 1; i < r.next(v); i = r.next(i + 1) {
			name := fromSnake(r.key(i))
			member := s.members[name]
			switch {
			case member == nil:
				r.fail(i, CodeUnknownField, "Vertex AI has no member "+quoted(r.text(i))+" here", "remove it")
			case slices.Contains(seen, name):
				r.fail(i, strictjson.CodeDuplicateName, "the member is present twice, under two names", "keep one of the two members")
			case r.kind(i+1) != strictjson.Null:
				r.checkShape(i+1, member)
			}
			seen = append(seen, name)
		}
	}
}

// fitsNumber reports a number that does not fit into the field of Vertex AI.
func (r *record) fitsNumber(v int, s *shape) {
	var err error
	if s.integer {
		_, err = strconv.ParseInt(string(r.raw(v)), 10, s.bits)
	} else {
		_, err = strconv.ParseFloat(string(r.raw(v)), s.bits)
	}
	if err != nil {
		r.fail(v, CodeNumberOutOfRange, "Vertex AI cannot hold this number here", "")
	}
}

// labels checks the labels of an example, which must be strings.
func (r *record) labels(v int) {
	if !r.is(v, strictjson.Object) {
		return
	}
	for i := v + 1; i < r.next(v); i = r.next(i + 1) {
		r.is(i+1, strictjson.String)
	}
}
