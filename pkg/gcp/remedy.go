// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcp

import (
	"errors"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"github.com/vertextune/vertextune/pkg/remedy"
)

// Remedy returns what is to be done about err, the answer of a service over gRPC or HTTP, if that is known. The
// service is one of remedy's names.
func Remedy(err error, service string, known remedy.Context) (remedy.Remedy, bool) {
	if err == nil {
		return remedy.Remedy{}, false
	}
	return remedy.For(answerOf(err, service), known)
}

// answerOf reads from an error what the table of remedies goes by.
func answerOf(err error, service string) remedy.Answer {
	code, message := decode(err)
	a := remedy.Answer{Service: service, Code: int32(code), Message: message}
	for _, d := range details(err) {
		switch d := d.(type) {
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				a.Fields = append(a.Fields, remedy.Field{Name: v.GetField(), Description: v.GetDescription()})
			}
		case *errdetails.ErrorInfo:
			a.Reason, a.Details = d.GetReason(), d.GetMetadata()
		}
	}
	if e, ok := errors.AsType[*googleapi.Error](err); ok {
		a.Reason, a.Details = errorInfo(e.Details)
	}
	return a
}

// errorInfo finds a google.rpc.ErrorInfo among the details of an answer over HTTP, which are decoded JSON.
func errorInfo(details []any) (reason string, metadata map[string]string) {
	for _, d := range details {
		object, _ := d.(map[string]any)
		if object["@type"] != "type.googleapis.com/google.rpc.ErrorInfo" {
			continue
		}
		reason, _ = object["reason"].(string)
		metadata = map[string]string{}
		all, _ := object["metadata"].(map[string]any)
		for name, value := range all {
			metadata[name], _ = value.(string)
		}
	}
	return reason, metadata
}
