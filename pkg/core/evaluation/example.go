// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Example is a question with its right answer. It is made of one line of a converted dataset.
type Example struct {
	Key      string   `json:"key"`  // 32 hexadecimal digits, a hash of the line
	Line     int64    `json:"line"` // 1-based, in the dataset
	Question Question `json:"question"`
	Right    Content  `json:"right"`
}

// Question is what a model is asked: the example without its last turn. The members are JSON in the
// form of Vertex AI.
type Question struct {
	SystemInstruction json.RawMessage   `json:"systemInstruction,omitempty"`
	Contents          []json.RawMessage `json:"contents"`
	Tools             json.RawMessage   `json:"tools,omitempty"`
	ToolConfig        json.RawMessage   `json:"toolConfig,omitempty"`
	SafetySettings    json.RawMessage   `json:"safetySettings,omitempty"`
}

// The reasons why a line is skipped.
const (
	SkipNotJSON         = "NOT_JSON"                 // the line is no example in the form of Vertex AI
	SkipPreference      = "PREFERENCE"               // the example has two answers to compare
	SkipNoAnswer        = "LAST_TURN_NOT_MODEL"      // the last turn is not the model's
	SkipEmptyAnswer     = "EMPTY_ANSWER"             // the right answer has no text and no call
	SkipNoQuestion      = "NO_QUESTION"              // there is no turn before the answer
	SkipQuestionOfModel = "QUESTION_ENDS_WITH_MODEL" // Gemini 3.5 and later refuse such a request
	SkipTooLarge        = "TOO_LARGE"                // the line has more than a mebibyte
)

const (
	roleUser, roleModel = "user", "model"

	keyDomain = "evaluation\x00" // keeps the hashes apart from those of package split
	keyBytes  = 16

	functionCallMember = "functionCall"
	signatureMember    = "thoughtSignature"
	skipSignatureCheck = `"skip_thought_signature_validator"`
)

// line is one line of a converted dataset.
type line struct {
	Question
	Contents    []turn          `json:"contents"` // hides the contents of Question
	Completions json.RawMessage `json:"completions"`
}

type turn struct {
	Role  string            `json:"role"`
	Parts []json.RawMessage `json:"parts"`
}

// ReadExample reads one line of a converted dataset. If the line cannot be used, skip is the
// reason, one of the Skip constants. Otherwise skip is "". The caller sets the Line of the example.
func ReadExample(text []byte) (e Example, skip string) {
	text = bytes.TrimSpace(text)
	var l line
	if json.Unmarshal(text, &l) != nil {
		return Example{}, SkipNotJSON
	}
	turns := len(l.Contents)
	switch {
	case !isNull(l.Completions):
		return Example{}, SkipPreference
	case turns == 0 || l.Contents[turns-1].Role != roleModel:
		return Example{}, SkipNoAnswer
	case turns == 1:
		return Example{}, SkipNoQuestion
	case l.Contents[turns-2].Role == roleModel:
		return Example{}, SkipQuestionOfModel
	}
	if e.Right, skip = rightAnswer(l.Contents[turns-1]); skip != "" {
		return Example{}, skip
	}
	e.Question = Question{
		SystemInstruction: present(l.SystemInstruction), Tools: present(l.Tools), ToolConfig: present(l.ToolConfig),
		SafetySettings: present(l.SafetySettings),
	}
	for _, t := range l.Contents[:turns-1] {
		asked, err := t.forQuestion()
		if err != nil {
			return Example{}, SkipNotJSON
		}
		e.Question.Contents = append(e.Question.Contents, asked)
	}
	e.Key = hex.EncodeToString(hashLine(text)[:keyBytes])
	return e, ""
}

// hashLine returns the hash of a line without the white space around it.
func hashLine(text []byte) []byte {
	h := sha256.New()
	h.Write([]byte(keyDomain))
	h.Write(text)
	return h.Sum(nil)
}

// rightAnswer reads the last turn.
func rightAnswer(t turn) (c Content, skip string) {
	parts := make([]part, len(t.Parts))
	for i, raw := range t.Parts {
		if json.Unmarshal(raw, &parts[i]) != nil {
			return Content{}, SkipNotJSON
		}
	}
	if c = contentOf(parts); c.isEmpty() {
		return Content{}, SkipEmptyAnswer
	}
	return c, ""
}

// forQuestion returns a turn for a request. A turn without a role has results of functions, which
// come from the user's side.
//
// Gemini 3 refuses a turn of the model that calls a function without the signature of the thought
// behind the call. The calls in an example were not made by the asked model. So signatures of other
// models are removed, and the first call of a turn gets the value that Google documents for this
// (docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures).
func (t turn) forQuestion() (json.RawMessage, error) {
	if t.Role == "" {
		t.Role = roleUser
	}
	parts := make([]json.RawMessage, len(t.Parts))
	isSigned := false
	for i, raw := range t.Parts {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
		parts[i] = raw
		_, hasSignature := members[signatureMember]
		needsSignature := t.Role == roleModel && !isSigned && !isNull(members[functionCallMember])
		if !hasSignature && !needsSignature {
			continue
		}
		delete(members, signatureMember)
		if needsSignature {
			members[signatureMember] = json.RawMessage(skipSignatureCheck)
			isSigned = true
		}
		var err error
		if parts[i], err = json.Marshal(members); err != nil {
			return nil, err
		}
	}
	return json.Marshal(struct {
		Role  string            `json:"role"`
		Parts []json.RawMessage `json:"parts"`
	}{t.Role, parts})
}

// present returns the value, or nil if it is null.
func present(raw json.RawMessage) json.RawMessage {
	if isNull(raw) {
		return nil
	}
	return raw
}
