// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/standin/openapitest"
)

// open lists the schemas that stay open, by the ends of their paths in the document. Vertex AI or
// OpenAPI defines the fields of these objects.
var open = []string{"/vertex_request", "openapi.json/get/responses/200/content/application~1json/schema"}

// closed returns the document in which every schema of an object that lists its fields is closed,
// except those in open. A closed schema allows no other fields.
func closed(text []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	openapitest.CloseSchemas(document, open...)
	return json.Marshal(document)
}

// TestDocument_is_open_where_it_answers: the schemas of requests are closed. They have no defaults,
// because generated clients treat a field with a default as required. The schemas of responses are
// open, so that responses can get new fields.
func TestDocument_is_open_where_it_answers(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	w := schemaWalk{document: document, visited: map[string]bool{}}
	seen := map[bool]int{}
	for path, operations := range members(document["paths"]) {
		for method, operation := range members(operations) {
			for _, key := range []string{"requestBody", "responses"} {
				w.walk(members(operation)[key], func(schema map[string]any) {
					isRequest := key == "requestBody"
					seen[isRequest]++
					if _, has := schema["default"]; has && isRequest {
						t.Errorf("%s %s: a schema of the request has a default: %v", method, path, schema["description"])
					}
					if schema["additionalProperties"] == false && !isRequest {
						t.Errorf("%s %s: a schema of a response is closed: %v", method, path, schema)
					}
				})
			}
		}
	}
	for _, name := range []string{"StartRequest", "ConvertRequest", "ValidateRequest"} {
		if members(members(members(document["components"])["schemas"])[name])["additionalProperties"] != false {
			t.Errorf("the schema %s is open, want it closed", name)
		}
	}
	if seen[true] < 30 || seen[false] < 300 {
		t.Errorf("only %v schemas were visited", seen)
	}
}

// schemaWalk visits schemas and the schemas that they refer to.
type schemaWalk struct {
	document map[string]any
	visited  map[string]bool // the references on the current path
}

func (w *schemaWalk) walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			w.walk(element, visit)
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && !w.visited[ref] {
			w.visited[ref] = true
			var target any = w.document
			for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				target = members(target)[token]
			}
			w.walk(target, visit)
			delete(w.visited, ref)
		}
		if v["type"] != nil || v["properties"] != nil {
			visit(v)
		}
		for name, member := range v {
			if name == "properties" { // a field may have the same name as a keyword
				for _, field := range members(member) {
					w.walk(field, visit)
				}
			} else if name != "example" && name != "examples" {
				w.walk(member, visit)
			}
		}
	}
}
