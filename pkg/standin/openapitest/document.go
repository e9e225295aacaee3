// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI document that requests and responses are compared with.
type Document struct {
	Spec     *openapi3.T
	mu       sync.Mutex           // protects compiler
	compiler *jsonschema.Compiler // compiles each schema once, while openapi3filter does at each body
}

// Load reads a document and checks it, with its examples.
func Load(ctx context.Context, text []byte) (*Document, error) {
	spec, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("load the OpenAPI document: %w", err)
	}
	if err := spec.Validate(ctx); err != nil {
		return nil, fmt.Errorf("validate the OpenAPI document: %w", err)
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(resourceName, resource); err != nil {
		return nil, fmt.Errorf("read the schemas of the OpenAPI document: %w", err)
	}
	return &Document{Spec: spec, compiler: compiler}, nil
}

// resourceName is the name of the document in the compiler of schemas.
const resourceName = "openapi.json"

// Operation is an operation of a document with the arguments in the path of a request.
type Operation struct {
	Path, Method string            // as the document writes them: "/jobs/{id}", "GET"
	Arguments    map[string]string // by their names in Path
}

// CheckRequest returns what in a request differs from the document, or nil.
func (d *Document) CheckRequest(r *http.Request, op Operation, body []byte) error {
	input, err := d.input(r, op)
	if err != nil {
		return err
	}
	input.Options.ExcludeRequestBody = true
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		return fmt.Errorf("the request is not as documented: %w", err)
	}
	documented := input.Route.Operation.RequestBody
	switch {
	case documented == nil && len(body) > 0:
		return fmt.Errorf("the request has a body of %d bytes, and the document has none", len(body))
	case documented == nil, len(body) == 0 && !documented.Value.Required:
		return nil
	}
	at := pointer(documented.Ref, "paths", op.Path, strings.ToLower(op.Method), "requestBody")
	return d.checkBody("request", at, documented.Value.Content, r.Header, body)
}

// CheckResponse returns what in a response differs from the document, or nil.
func (d *Document) CheckResponse(r *http.Request, op Operation, answer *http.Response, body []byte) error {
	input, err := d.input(r, op)
	if err != nil {
		return err
	}
	input.Options.ExcludeResponseBody, input.Options.IncludeResponseStatus = true, true
	if err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: answer.StatusCode, Header: answer.Header, Options: input.Options,
	}); err != nil {
		return fmt.Errorf("the response is not as documented: %w", err)
	}
	responses, code := input.Route.Operation.Responses, strconv.Itoa(answer.StatusCode)
	if responses.Value(code) == nil {
		code = "default"
	}
	documented := responses.Value(code)
	at := pointer(documented.Ref, "paths", op.Path, strings.ToLower(op.Method), "responses", code)
	return d.checkBody("response", at, documented.Value.Content, answer.Header, body)
}

// input describes a request in the terms of openapi3filter, which would not compare the response to
// a HEAD: it is documented as that to the operation's method.
func (d *Document) input(r *http.Request, op Operation) (*openapi3filter.RequestValidationInput, error) {
	item := d.Spec.Paths.Value(op.Path)
	if item == nil || item.GetOperation(op.Method) == nil {
		return nil, fmt.Errorf("the document has no operation %s %s", op.Method, op.Path)
	}
	request := r.Clone(r.Context())
	request.Method = op.Method
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: op.Arguments,
		Route:   &routers.Route{Spec: d.Spec, Path: op.Path, PathItem: item, Method: op.Method, Operation: item.GetOperation(op.Method)},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true},
	}, nil
}

// checkBody compares a body with the schema of its content type. Only JSON has a schema that is
// compared.
func (d *Document) checkBody(what, at string, content openapi3.Content, header http.Header, body []byte) error {
	if len(content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("the %s has a body of %d bytes, and the document has none", what, len(body))
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || content[media] == nil {
		return fmt.Errorf("the document has no %s with the content type %q", what, header.Get("Content-Type"))
	}
	if media != "application/json" || content[media].Schema == nil {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the %s is not JSON: %w", what, err)
	}
	schema, err := d.schema(at + pointer("", "content", media, "schema"))
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("the %s is not as documented: %w", what, err)
	}
	return nil
}

// schema returns the compiled schema at a JSON pointer. The compiler keeps what it has compiled.
func (d *Document) schema(at string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	schema, err := d.compiler.Compile(resourceName + "#" + at)
	if err != nil {
		return nil, fmt.Errorf("compile the schema at %s: %w", at, err)
	}
	return schema, nil
}

// pointer returns the JSON pointer of a place: that of ref, if there is one, or else the tokens.
func pointer(ref string, tokens ...string) string {
	if ref != "" {
		return strings.TrimPrefix(ref, "#")
	}
	var text strings.Builder
	for _, token := range tokens {
		text.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
	}
	return text.String()
}
