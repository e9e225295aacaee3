// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcp

import (
	"errors"
	"maps"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"github.com/vertextune/vertextune/pkg/fault"
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

// hosts are remedy's names of the services, by those that people read.
var hosts = map[string]string{
	"Vertex AI": remedy.Vertex, "Cloud Storage": remedy.Storage, "Firestore": remedy.Firestore, "Pub/Sub": remedy.PubSub,
}

// serviceKey is what the metadata of an error has the host of the service under, as Google's own do.
const serviceKey = "service"

// BucketKey is what the metadata of an error of Cloud Storage has the name of the bucket under.
const BucketKey = "bucket"

// mark puts into an error the code of what is to be done about err, its cause, if that is known.
func mark(e *fault.Error, err error, service string) {
	if r, ok := Remedy(err, hosts[service], remedy.Context{}); ok {
		e.Reason, e.Metadata = r.Code, map[string]string{serviceKey: hosts[service]}
	}
}

// Explain returns an error with what is to be done about it, a sentence and a command or setting, and the same for
// the log. A fix that is for whoever runs the service is left out where Google's own words are, as it names the same.
func Explain(e *fault.Error, known remedy.Context) (*fault.Error, remedy.Remedy) {
	service := e.Metadata[serviceKey]
	if e.Err == nil || service == "" {
		return e, remedy.Remedy{}
	}
	known.Bucket = e.Metadata[BucketKey]
	r, ok := Remedy(e.Err, service, known)
	if !ok || r.Operator && !quoted(e.Kind) && e.Kind != fault.ResourceExhausted {
		return e, r
	}
	told := *e
	told.Metadata = maps.Clone(e.Metadata)
	told.Metadata["remedy"], told.Metadata["fix"] = r.Sentence, r.Fix
	return &told, r
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
