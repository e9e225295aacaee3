// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

// errorBody is an error in OpenAI's shape.
type errorBody struct {
	Error struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    string  `json:"code"`
	} `json:"error"`
}

// fieldNames translates the names of a start's fields to OpenAI's.
var fieldNames = strings.NewReplacer(
	"training_data", "training_file", "validation_data", "validation_file", "base_model", "model", "display_name", "suffix",
	"epoch_count", "n_epochs",
)

// errorTypes are OpenAI's types of errors by HTTP status. Every other status below 500 has the type
// of a bad request.
var errorTypes = map[int]string{
	http.StatusBadRequest: "invalid_request_error", http.StatusUnauthorized: "authentication_error",
	http.StatusForbidden: "permission_error", http.StatusTooManyRequests: "rate_limit_error",
}

// WriteError writes an error in OpenAI's shape. After some errors OpenAI's clients repeat a request
// by themselves, after the time in the header Retry-After. The header X-Should-Retry prevents that
// if a repetition cannot help, or if the queue is full, which lasts minutes.
func WriteError(w http.ResponseWriter, e *fault.Error, _ string) error {
	status := e.Kind.HTTP().Code
	var body errorBody
	body.Error.Message = fieldNames.Replace(e.Message)
	body.Error.Type = cmp.Or(errorTypes[status], errorTypes[http.StatusBadRequest])
	if status >= http.StatusInternalServerError {
		body.Error.Type = "server_error"
	}
	code := cmp.Or(e.Reason, e.Kind.String())
	if len(e.Violations) > 0 {
		first := e.Violations[0]
		code = cmp.Or(first.Reason, code)
		if first.Field != "" {
			body.Error.Param = new(fieldNames.Replace(first.Field))
		}
	}
	body.Error.Code = strings.ToLower(code)
	isTransient := status >= http.StatusInternalServerError || e.Kind == fault.Canceled || e.Kind == fault.ResourceExhausted
	if !isTransient || e.Reason == "QUEUE_FULL" {
		w.Header().Set("X-Should-Retry", "false")
	}
	return serve.WriteErrorBody(w, e, body)
}

// refuse returns an InvalidArgument for one field.
func refuse(field, reason, description string) error {
	return fault.Invalid(fault.Violation{Field: field, Reason: reason, Description: description})
}
