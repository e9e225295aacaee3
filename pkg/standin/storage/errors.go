// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// apiError is a refusal as Cloud Storage words it: an HTTP status, the JSON
// API's reason and message, and the XML API's code.
type apiError struct {
	status    int
	reason    string
	message   string
	location  string // what the refusal is about, as "header: If-Match"
	xmlCode   string
	plainText bool // the answer is the message as text: clients go by that, too
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.reason, e.message) }

var (
	errNoBucket = &apiError{
		status: http.StatusNotFound, reason: "notFound", xmlCode: "NoSuchBucket",
		message: "The specified bucket does not exist.",
	}
	errConditionNotMet = &apiError{
		status: http.StatusPreconditionFailed, reason: "conditionNotMet", xmlCode: "PreconditionFailed",
		message: "At least one of the pre-conditions you specified did not hold.", location: "header: If-Match",
	}
	errRange = &apiError{
		status: http.StatusRequestedRangeNotSatisfiable, reason: "requestedRangeNotSatisfiable", xmlCode: "InvalidRange",
		message: "Request range not satisfiable", location: "header: Range",
	}
	errNoUpload = &apiError{
		status: http.StatusNotFound, reason: "notFound", message: "No such resumable upload: it is finished, cancelled or expired.",
	}
	errStopping = &apiError{
		status: http.StatusServiceUnavailable, reason: "backendError", xmlCode: "ServiceUnavailable",
		message: "The server is shutting down.",
	}
)

func errNoObject(bucket, name string) error {
	return &apiError{
		status: http.StatusNotFound, reason: "notFound", xmlCode: "NoSuchKey",
		message: fmt.Sprintf("No such object: %s/%s", bucket, name),
	}
}

func errInvalid(format string, args ...any) error {
	return &apiError{
		status: http.StatusBadRequest, reason: "invalid", xmlCode: "InvalidArgument",
		message: fmt.Sprintf(format, args...),
	}
}

func errRequired(param string) error {
	return &apiError{
		status: http.StatusBadRequest, reason: "required", location: "parameter: " + param,
		message: "Required parameter: " + param,
	}
}

const notImplemented = "notImplemented"

// errUnimplemented names what this server does not implement. It is a 400: after any 5xx, 501 too,
// the official clients retry for minutes or until their context ends, and may not show why.
func errUnimplemented(format string, args ...any) error {
	return &apiError{
		status: http.StatusBadRequest, reason: notImplemented,
		message: fmt.Sprintf(format, args...) + " is not implemented by this stand-in for Cloud Storage.",
	}
}

// errorItem is one entry of the "errors" list in a JSON error.
type errorItem struct {
	Message      string `json:"message"`
	Domain       string `json:"domain"`
	Reason       string `json:"reason"`
	LocationType string `json:"locationType,omitempty"`
	Location     string `json:"location,omitempty"`
}

type errorBody struct {
	Code    int         `json:"code"`
	Message string      `json:"message"`
	Errors  []errorItem `json:"errors"`
}

// writeError answers a JSON API request. Errors that are not refusals are the
// server's own (a full disk, say) and are reported as such.
func writeError(w http.ResponseWriter, _ *http.Request, err error) {
	e := asAPIError(err)
	if e.plainText {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(e.message)))
		w.WriteHeader(e.status)
		_, _ = w.Write([]byte(e.message)) // a client that left needs no answer
		return
	}
	item := errorItem{Message: e.message, Domain: "global", Reason: e.reason}
	if kind, where, ok := strings.Cut(e.location, ": "); ok {
		item.LocationType, item.Location = kind, where
	}
	writeJSON(w, e.status, map[string]errorBody{
		"error": {Code: e.status, Message: e.message, Errors: []errorItem{item}},
	})
}

// writeXMLError answers an XML API request.
func writeXMLError(w http.ResponseWriter, r *http.Request, err error) {
	e := asAPIError(err)
	if e.xmlCode == "" {
		writeError(w, r, e)
		return
	}
	body, err := xml.Marshal(struct {
		XMLName struct{} `xml:"Error"`
		Code    string
		Message string
	}{Code: e.xmlCode, Message: e.message})
	if err != nil {
		writeError(w, r, err)
		return
	}
	body = append([]byte("<?xml version='1.0' encoding='UTF-8'?>"), body...)
	w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(e.status)
	_, _ = w.Write(body) // a client that left needs no answer
}

func asAPIError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	return &apiError{
		status: http.StatusInternalServerError, reason: "backendError", xmlCode: "InternalError",
		message: err.Error(),
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body = append(body, '\n')
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that left needs no answer
}
