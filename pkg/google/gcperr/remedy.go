// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcperr

import (
	"errors"
	"maps"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/remedy"
)

// Remedy returns how to fix err, a service's answer over gRPC or HTTP, and whether that is known.
// The service is one of remedy's names.
func Remedy(err error, service string, known remedy.Context) (remedy.Remedy, bool) {
	if err == nil {
		return remedy.Remedy{}, false
	}
	return remedy.For(answerOf(err, service), known)
}

// hosts maps the names of services in messages to remedy's names.
var hosts = map[string]string{
	"Vertex AI": remedy.Vertex, "Cloud Storage": remedy.Storage, "Firestore": remedy.Firestore, "Pub/Sub": remedy.PubSub,
}

// serviceKey is the metadata key of an error for the host of the service, as in Google's own
// errors.
const serviceKey = "service"

// BucketKey is the metadata key of a Cloud Storage error for the name of the bucket.
const BucketKey = "bucket"

// attachRemedyCode sets the reason of an error to the code of the remedy for its cause err, if one
// is known.
func attachRemedyCode(e *fault.Error, err error, service string) {
	if r, ok := Remedy(err, hosts[service], remedy.Context{}); ok {
		e.Reason, e.Metadata = r.Code, map[string]string{serviceKey: hosts[service]}
	}
}

// Explain returns an error with its remedy, a sentence and a command or setting, in its metadata,
// and the remedy itself for the log. The caller does not get a fix that only the operator can apply
// if Google's message is hidden as well, because the fix contains the same names.
func Explain(e *fault.Error, known remedy.Context) (*fault.Error, remedy.Remedy) {
	service := e.Metadata[serviceKey]
	if e.Err == nil || service == "" {
		return e, remedy.Remedy{}
	}
	known.Bucket = e.Metadata[BucketKey]
	r, ok := Remedy(e.Err, service, known)
	if !ok || r.Operator && !exposesUpstreamMessage(e.Kind) && e.Kind != fault.ResourceExhausted {
		return e, r
	}
	explained := *e
	explained.Metadata = maps.Clone(e.Metadata)
	explained.Metadata["remedy"], explained.Metadata["fix"] = r.Sentence, r.Fix
	return &explained, r
}

// answerOf returns the parts of an error by which remedies are found.
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

// errorInfo finds a google.rpc.ErrorInfo in the details of an answer over HTTP, which are decoded
// JSON.
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
