// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package gcperr translates the errors of Google Cloud's services, over gRPC or HTTP, into our own
// errors.
package gcperr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

// retryAfter is the delay before a retry if the service does not name one.
const retryAfter = 30 * time.Second

// kinds maps Google's gRPC codes to the kinds of our errors. PERMISSION_DENIED and UNAUTHENTICATED
// are about our own service account, not about the caller, so they are a failure behind us (502).
var kinds = map[codes.Code]fault.Kind{
	codes.InvalidArgument:    fault.InvalidArgument,
	codes.OutOfRange:         fault.InvalidArgument,
	codes.FailedPrecondition: fault.FailedPrecondition,
	codes.NotFound:           fault.NotFound,
	codes.AlreadyExists:      fault.AlreadyExists,
	codes.Aborted:            fault.Unavailable,
	codes.ResourceExhausted:  fault.ResourceExhausted,
	codes.Unavailable:        fault.Unavailable,
	codes.DeadlineExceeded:   fault.DeadlineExceeded,
	codes.Canceled:           fault.Canceled,
}

// Fault returns err, a Google service's answer to an operation such as doing = "read" and named =
// "gs://b/o", as one of our errors. If the error is about the caller's input, its message has the
// service's name and message; otherwise these are in the log only. The log does not have named,
// which users have chosen. If a remedy is known, its code is the error's reason.
func Fault(err error, service, doing string, named ...string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	code, message := decode(err)
	kind, ok := kinds[code]
	if !ok {
		kind = fault.UpstreamFailed
	}
	out := fault.Wrap(kind, err, "%s", sentence(kind, service, strings.Join(append([]string{doing}, named...), " "), message))
	out.Log = logged(err, kind, service, doing, code, message)
	if exposesUpstreamMessage(kind) {
		out.Violations = violations(err)
	}
	if kind == fault.ResourceExhausted || kind == fault.Unavailable {
		out.RetryAfter = retryDelay(err)
	}
	attachRemedyCode(out, err, service)
	return out
}

// Code returns the gRPC code of err, an answer over gRPC or HTTP.
func Code(err error) codes.Code {
	code, _ := decode(err)
	return code
}

// httpCodes maps the status of an HTTP answer to the gRPC code that Google's APIs pair with it.
var httpCodes = map[int]codes.Code{
	400: codes.InvalidArgument,
	401: codes.Unauthenticated,
	403: codes.PermissionDenied,
	404: codes.NotFound,
	409: codes.AlreadyExists,
	412: codes.FailedPrecondition,
	429: codes.ResourceExhausted,
	500: codes.Internal,
	502: codes.Unavailable,
	503: codes.Unavailable,
	504: codes.DeadlineExceeded,
}

func decode(err error) (codes.Code, string) {
	switch {
	case err == nil:
		return codes.OK, ""
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded, ""
	case errors.Is(err, context.Canceled):
		return codes.Canceled, ""
	}
	if e, ok := errors.AsType[*googleapi.Error](err); ok {
		code, known := httpCodes[e.Code]
		if !known {
			code = codes.Unknown
		}
		return code, e.Message
	}
	if s := answer(err); s != nil {
		return s.Code(), s.Message()
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return codes.Unavailable, "" // the connection broke
	}
	return codes.Unknown, ""
}

// exposesUpstreamMessage reports whether our message may quote the service's message, because
// errors of this kind are about the caller's input. Messages of other kinds name accounts and
// projects that the caller does not need to know.
func exposesUpstreamMessage(kind fault.Kind) bool {
	switch kind {
	case fault.InvalidArgument, fault.FailedPrecondition, fault.NotFound, fault.AlreadyExists:
		return true
	default:
		return false
	}
}

// sentence returns the message for the caller.
func sentence(kind fault.Kind, service, doing, message string) string {
	if exposesUpstreamMessage(kind) {
		return fmt.Sprintf("%s refused to %s: %s", service, doing, message)
	}
	switch kind {
	case fault.ResourceExhausted:
		return fmt.Sprintf("%s has no quota left to %s: %s", service, doing, message)
	case fault.Unavailable:
		return fmt.Sprintf("%s is not available to %s. Try again later.", service, doing)
	case fault.DeadlineExceeded:
		return fmt.Sprintf("%s took too long to %s. Try again later.", service, doing)
	case fault.Canceled:
		return fmt.Sprintf("The request was cancelled before it could %s.", doing)
	default:
		return fmt.Sprintf("%s failed to %s. The cause is in the service's log.", service, doing)
	}
}

// logged returns the message for the log, without any text of the caller: it leaves out the
// service's message if that is about the caller's input.
func logged(err error, kind fault.Kind, service, doing string, code codes.Code, message string) string {
	text := fmt.Sprintf("%s answered %s to %s", service, code, doing)
	switch {
	case exposesUpstreamMessage(kind):
		return text
	case message != "":
		return text + ": " + objectName.ReplaceAllString(message, "$1…")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return text + ": the call's deadline expired, or its caller disconnected"
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // the address names the object
	}
	return text + ": " + fault.Logged(err)
}

// objectName matches the name of an object after that of its bucket.
var objectName = lazyregexp.New(`(gs://[^/\s"']+/|/o/)[^\s"']+`)

// answer returns the status in err's chain, or nil. status.FromError would replace the service's
// message by the text of all errors around it.
func answer(err error) *status.Status {
	if e, ok := errors.AsType[*gaveUp](err); ok {
		return e.status
	}
	if s, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		return s.GRPCStatus()
	}
	return nil
}

func details(err error) []any { return answer(err).Details() }

func violations(err error) []fault.Violation {
	var out []fault.Violation
	for _, d := range details(err) {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				out = append(out, fault.Violation{Field: v.GetField(), Reason: "REFUSED_BY_GOOGLE_CLOUD", Description: v.GetDescription()})
			}
		}
	}
	return out
}

func retryDelay(err error) time.Duration {
	for _, d := range details(err) {
		if info, ok := d.(*errdetails.RetryInfo); ok && info.GetRetryDelay().AsDuration() > 0 {
			return info.GetRetryDelay().AsDuration()
		}
	}
	return retryAfter
}
