// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openapitest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/standin/openapitest"
)

const document = `{
	"openapi": "3.1.1", "info": {"title": "t", "version": "1"},
	"paths": {"/jobs/{id}": {
		"get": {
			"parameters": [
				{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 3}},
				{"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1}}
			],
			"responses": {
				"200": {
					"description": "d", "headers": {"Retry-After": {"required": true, "schema": {"type": "integer"}}},
					"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}, "example": {"at": "2026-12-01T14:30:22Z"}}}
				},
				"default": {"$ref": "#/components/responses/Error"}
			}
		},
		"post": {
			"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
			"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
			"responses": {"204": {"description": "d"}}
		}
	}},
	"components": {
		"schemas": {"Job": {"type": "object", "additionalProperties": false, "properties": {"at": {"type": "string", "format": "date-time"}}}},
		"responses": {"Error": {"description": "d", "content": {"application/json": {"schema": {"const": "no"}, "example": "no"}}}}
	}
}`

func TestLoad_checks_the_examples(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"of_a_response":        strings.Replace(document, `"example": {"at": "2026-12-01T14:30:22Z"}`, `"example": {"at": 1}`, 1),
		"of_a_shared_response": strings.Replace(document, `"example": "no"`, `"example": "yes"`, 1),
		"not_an_operation":     strings.Replace(document, `"description": "d"`, `"descriptiom": "d"`, 1),
	} {
		if _, err := openapitest.Load(t.Context(), []byte(text)); err == nil {
			t.Errorf("%s: the document was loaded", name)
		}
	}
}

func TestDocument_compares(t *testing.T) {
	t.Parallel()
	d, err := openapitest.Load(t.Context(), []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	const job = `{"at": "2026-12-01T14:30:22Z"}`
	tests := map[string]struct {
		method, id, query, request string
		code                       int
		retry, media, response     string
		want                       string // a part of the error, or "" for none
	}{
		"good":                      {method: "GET", code: 200, retry: "1", response: job},
		"good_post":                 {method: "POST", request: job, code: 204, media: "-"},
		"an_error":                  {method: "GET", code: 404, response: `"no"`},
		"head":                      {method: "HEAD", code: 200, response: job, want: "Retry-After"},
		"header_missing":            {method: "GET", code: 200, response: job, want: "Retry-After"},
		"header_of_another_type":    {method: "GET", code: 200, retry: "soon", response: job, want: "Retry-After"},
		"field_unknown":             {method: "GET", code: 200, retry: "1", response: `{"by": "x"}`, want: "additional properties 'by'"},
		"format":                    {method: "GET", code: 200, retry: "1", response: `{"at": "today"}`, want: "date-time"},
		"not_JSON":                  {method: "GET", code: 200, retry: "1", response: `{`, want: "not JSON"},
		"media_type":                {method: "GET", code: 200, retry: "1", media: "text/plain", response: job, want: "content type"},
		"error_of_another_form":     {method: "GET", code: 404, response: `"yes"`, want: "not as documented"},
		"code_unknown":              {method: "POST", request: job, code: 200, media: "-", want: "status"},
		"body_where_there_is_none":  {method: "POST", request: job, code: 204, response: `{}`, want: "has a body"},
		"argument":                  {method: "GET", id: "long", code: 200, retry: "1", response: job, want: `"id"`},
		"query":                     {method: "GET", query: "?size=0", code: 200, retry: "1", response: job, want: `"size"`},
		"request_body_undocumented": {method: "GET", request: job, code: 200, retry: "1", response: job, want: "has a body"},
		"request_body_missing":      {method: "POST", code: 204, media: "-", want: "not JSON"},
		"request_field_unknown":     {method: "POST", request: `{"by": 1}`, code: 204, media: "-", want: "additional properties 'by'"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := tt.id
			if id == "" {
				id = "1"
			}
			op := openapitest.Operation{Path: "/jobs/{id}", Method: tt.method, Arguments: map[string]string{"id": id}}
			if tt.method == http.MethodHead {
				op.Method = http.MethodGet
			}
			r := httptest.NewRequest(tt.method, "/jobs/"+id+tt.query, strings.NewReader(tt.request))
			r.Header.Set("Content-Type", "application/json")
			answer := &http.Response{StatusCode: tt.code, Header: http.Header{}}
			switch tt.media {
			case "":
				answer.Header.Set("Content-Type", "application/json")
			case "-":
			default:
				answer.Header.Set("Content-Type", tt.media)
			}
			if tt.retry != "" {
				answer.Header.Set("Retry-After", tt.retry)
			}
			got := ""
			for _, err := range []error{d.CheckRequest(r, op, []byte(tt.request)), d.CheckResponse(r, op, answer, []byte(tt.response))} {
				if err != nil {
					got += err.Error()
				}
			}
			if !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("the differences are %q, want %q", got, tt.want)
			}
		})
	}
}
