// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

// content is what a message says: a text, or a list of parts.
func (w *writer) content() any {
	image := object{"type": "image_url", "image_url": object{"url": w.one("https://h/i.png", "data:image/jpg;base64,aGk=", "data:image/gif;base64,aGk=", "data:image/png;base64,a-/=", "gs://b/i.jpg", "/tmp/i")}}
	text := object{"type": "text", "text": w.text()}
	return w.one(w.text(), []any{text}, []any{text, image}, []any{object{"type": "thinking", "thinking": "hm"}, text}, []any{},
		[]any{object{"type": "image", "source": object{"type": "base64", "media_type": w.one("image/png", "image/jpg", "image/bmp"), "data": w.one("aGk=", "", "!")}}})
}

// turns calls visit for each of some turns.
func (w *writer) turns(visit func(role string, i int) any) (all []any) {
	for i := range 1 + w.IntN(3) {
		all = append(all, visit("user", i))
		if w.IntN(2) == 0 {
			all = append(all, visit("call", i))
			for range w.IntN(3) {
				all = append(all, visit("result", i))
			}
		}
		if w.IntN(8) > 0 {
			all = append(all, visit("model", i))
		}
	}
	return all
}

func (w *writer) chat() map[string]any {
	return w.beside(object{"messages": w.turns(func(role string, _ int) any {
		m := object{"role": "user", "content": w.content()}
		switch role {
		case "call":
			m = object{"role": "assistant", "content": w.one(nil, "", "I look."), w.one("tool_calls", "function_call").(string): w.one([]any{w.call()}, []any{w.call(), w.call()}, w.call(), w.asText([]any{w.call()}), nil)}
		case "result":
			m = object{"role": w.one("tool", "function"), "content": w.one("1", w.value(), `{"x": 1e999}`, []any{object{"type": "text", "text": "one"}}, nil)}
			w.maybe(m, "tool_call_id", w.one("k1", "k2", nil))
			w.maybe(m, "name", w.name())
		case "model":
			m["role"] = w.one("assistant", "model", "system", "developer", "narrator")
			w.maybe(m, "reasoning_content", "hm")
			w.maybe(m, "weight", w.one(1, 0))
			w.maybe(m, "refusal", w.one(nil, "No."))
		}
		return m
	})})
}

func (w *writer) shareGPT() map[string]any {
	return w.beside(object{"conversations": w.turns(func(role string, _ int) any {
		switch role {
		case "call":
			return object{"from": w.one("function_call", "tool_call"), "value": w.one(w.asText(w.call()), w.asText([]any{w.call(), w.call()}), "calc(1)")}
		case "result":
			return object{"from": w.one("observation", "tool"), "value": w.one("1", w.asText(w.value()), "")}
		case "model":
			return object{"from": w.one("gpt", "Assistant", "system", "martian"), "value": w.text()}
		}
		return object{"from": w.one("human", "user", "Human"), "value": w.content()}
	})})
}

func (w *writer) anthropic() map[string]any {
	return w.beside(object{"messages": w.turns(func(role string, _ int) any {
		switch role {
		case "call":
			return object{"role": "assistant", "content": []any{object{"type": "text", "text": w.text()}, object{"type": "tool_use", "id": w.one("k1", "k2"), "name": w.name(), "input": w.args()}}}
		case "result":
			return object{"role": "user", "content": []any{object{"type": "tool_result", "tool_use_id": w.one("k1", "k2"), "content": w.one("1", w.content(), nil), "is_error": w.one(false, true)}}}
		case "model":
			return object{"role": "assistant", "content": w.content()}
		}
		return object{"role": "user", "content": w.content()}
	})})
}

func (w *writer) bedrock() map[string]any {
	f := object{"name": w.name(), "inputSchema": object{"json": w.parameters()}}
	record := object{"schemaVersion": "bedrock-conversation-2024", "messages": w.turns(func(role string, _ int) any {
		switch role {
		case "call":
			return object{"role": "assistant", "content": []any{object{"toolUse": object{"toolUseId": w.one("k1", nil), "name": w.name(), "input": w.args()}}}}
		case "result":
			return object{"role": "user", "content": []any{object{"toolResult": object{"toolUseId": w.one("k1", nil), "status": w.one("success", "error"), "content": []any{w.one(object{"text": "1"}, object{"json": w.value()}, object{"image": object{}})}}}}}
		case "model":
			return object{"role": "assistant", "content": []any{object{"text": w.text()}}}
		}
		return object{"role": "user", "content": []any{object{"text": w.text()}, w.one(object{"text": "x"}, object{"image": object{"format": w.one("png", "jpeg", "gif"), "source": object{"bytes": w.one("aGk=", "+-", "")}}})}}
	})}
	w.maybe(record, "system", []any{object{"text": w.text()}})
	w.maybe(record, "toolConfig", object{"tools": []any{object{"toolSpec": f}}})
	return record
}

func (w *writer) alpaca() map[string]any {
	return w.beside(object{"instruction": w.text(), "input": w.text(), "output": w.text()})
}

func (w *writer) prompt() map[string]any {
	return w.beside(object{"prompt": w.one(w.text(), []any{object{"role": "user", "content": w.content()}}), "completion": w.one(w.text(), []any{object{"role": "assistant", "content": w.content(), "tool_calls": []any{w.call()}}})})
}

func (w *writer) palm() map[string]any {
	return w.beside(object{"messages": w.turns(func(role string, _ int) any { return object{"author": w.one(role, "bot"), "content": w.text()} })})
}

func (w *writer) preference() map[string]any {
	answer := func() any {
		return w.one(w.text(), []any{object{"role": "assistant", "content": w.content()}}, []any{object{"role": "assistant", "content": nil, "tool_calls": []any{w.call()}}})
	}
	return w.beside(object{"prompt": w.one("q", w.text(), []any{object{"role": "user", "content": w.content()}}), "chosen": answer(), "rejected": answer()})
}

func (w *writer) message() map[string]any {
	return object{"role": "user", "content": w.text(), "related_message": object{"role": w.one("assistant", "user"), "content": w.text()}}
}

// rare picks the first of several values almost always.
func (w *writer) rare(values ...any) any {
	if w.IntN(12) > 0 {
		return values[0]
	}
	return w.one(values...)
}

// gemini is an example in the form of Vertex AI.
func (w *writer) gemini() map[string]any {
	part := func() any {
		p := object{w.one("text", "functionCall", "function_call", "inlineData", "fileData", "functionResponse", "executableCode").(string): w.text()}
		switch {
		case p["functionCall"] != nil || p["function_call"] != nil:
			p = object{"functionCall": object{"name": w.name(), "args": w.rare(object{"x": w.value()}, nil, "{}")}}
			w.maybe(p["functionCall"].(object), "id", "k1")
		case p["functionResponse"] != nil:
			p = object{"function_response": object{"name": w.name(), "response": w.rare(object{"x": w.number()}, nil)}}
		case p["inlineData"] != nil:
			p = object{"inlineData": object{w.rare("mimeType", "mime_type").(string): w.rare("image/png", "image/jpg", "audio/ogg"), "data": w.rare("aGk=", "aGk", "+-", "")}}
		case p["fileData"] != nil:
			p = object{"fileData": object{"mimeType": w.rare("application/pdf", "image/heic"), "fileUri": w.rare("gs://b/o", "file:///x")}}
			w.maybe(p["fileData"].(object), "displayName", "x")
		}
		if w.IntN(10) == 0 {
			p[w.rare("thought", "thoughtSignature", "videoMetadata", "mediaResolution", "weight").(string)] = w.rare(true, "aGk=", object{"fps": 1}, object{"level": "MEDIA_RESOLUTION_LOW"}, object{"startOffset": "1s"}, object{"start_offset": 1})
		}
		return p
	}
	record := object{"contents": w.turns(func(role string, _ int) any {
		turn := object{"role": w.rare(map[bool]string{true: "model", false: "user"}[role == "call"], "model", "", nil), "parts": w.rare([]any{part()}, []any{part(), part()}, []any{})}
		if role == "model" {
			turn = object{"role": w.rare("model", "assistant"), "parts": []any{object{"text": w.text()}}}
		}
		return turn
	})}
	if w.IntN(2) == 0 {
		f := object{"name": w.name()}
		w.maybe(f, w.rare("parameters", "parametersJsonSchema", "parameters_json_schema", "response").(string), w.nativeSchema(0))
		w.maybe(f, "description", w.rare("d", nil, 1))
		w.maybe(f, "behavior", "BLOCKING")
		record["tools"] = []any{w.rare(object{"functionDeclarations": []any{f}}, object{"function_declarations": []any{f, f}}, object{"googleSearch": object{}}, object{"googleSearch": object{"a": 1}})}
	}
	w.maybe(record, "systemInstruction", w.rare(object{"parts": []any{object{"text": "s"}}}, object{"parts": []any{object{"text": "s"}}, "x": 1}, "s"))
	w.maybe(record, "generationConfig", w.rare(object{"temperature": 1}, object{"media_resolution": "MEDIA_RESOLUTION_LOW"}, object{"temperature": w.number()}, object{"topP": "x"}, object{"maxOutputTokens": 1.5}, object{"thinkingConfig": object{"thinkingBudget": 0}}, object{"x": 1}, object{"responseSchema": w.nativeSchema(1)}))
	w.maybe(record, "toolConfig", w.rare(object{"functionCallingConfig": object{"mode": w.rare("ANY", "any")}}, object{"x": 1}))
	w.maybe(record, "safetySettings", []any{object{"category": w.rare("HARM_CATEGORY_HARASSMENT", "X"), "threshold": w.rare("OFF", 1)}})
	w.maybe(record, "labels", object{"a": w.rare("b", 1, nil)})
	return record
}

// nativeSchema is a schema that is mostly one of Vertex AI.
func (w *writer) nativeSchema(depth int) any {
	if w.IntN(20) == 0 {
		return w.schema(1)
	}
	s := object{"type": w.one("STRING", "INTEGER", "ARRAY", "OBJECT", "NUMBER", "string")}
	if depth == 0 {
		s["type"] = "OBJECT"
	}
	w.maybe(s, w.one("minItems", "min_items", "nullable", "default", "enum", "title", "maximum", "ref", "defs").(string),
		w.rare(1, true, []any{"a"}, "t", nil, "#/defs/D", object{"D": object{"type": "STRING"}}))
	switch {
	case depth > 3:
	case s["type"] == "OBJECT":
		s["properties"] = object{"x": w.nativeSchema(depth + 1), w.rare("y", "a-b").(string): w.nativeSchema(depth + 1)}
		w.maybe(s, "required", w.rare([]any{"x"}, []any{"gone"}))
	case s["type"] == "ARRAY":
		s["items"] = w.nativeSchema(depth + 1)
	case w.IntN(8) == 0:
		s = object{w.one("anyOf", "any_of").(string): []any{w.nativeSchema(depth + 1), w.nativeSchema(depth + 1)}}
		w.maybe(s, "description", "d")
	}
	return s
}
