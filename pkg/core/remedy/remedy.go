// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package remedy maps the errors of Google Cloud's services to a stable code, a sentence, and the
// command or setting that fixes the problem. All its knowledge is in the table in table.go.
package remedy

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

// Answer is an error of a service or of a tuning job.
type Answer struct {
	Service string // host of the API, such as storage.googleapis.com; "" means unknown
	Code    int32  // a code of google.rpc.Code
	Message string
	Fields  []Field           // of google.rpc.BadRequest
	Reason  string            // of google.rpc.ErrorInfo, or of an error of this service
	Details map[string]string // the metadata of the reason
}

// Field is a field of a request that was refused, with the reason.
type Field struct{ Name, Description string }

// Context holds facts that the caller knows and the error may not contain. An empty field stays a
// placeholder in the commands.
type Context struct {
	Project   string
	Location  string
	Account   string // the service account of this service
	BaseModel string
	Database  string // of Firestore
	Bucket    string // the bucket that was read or written
}

// Remedy explains an error and says how to fix it.
type Remedy struct {
	Code     string // stable, for programs
	Sentence string
	// Fix is a command to run or a setting to change.
	Fix string
	// Operator means that the fix is for the operator of this service. It may name accounts,
	// projects and buckets that a caller of the API does not need to know.
	Operator bool
	// Passes means that the same call may succeed later.
	Passes bool
}

// The hosts of the services.
const (
	Vertex    = "aiplatform.googleapis.com"
	Storage   = "storage.googleapis.com"
	Firestore = "firestore.googleapis.com"
	PubSub    = "pubsub.googleapis.com"
)

// The codes of google.rpc.Code that the table uses.
const (
	cancelled          = 1
	invalidArgument    = 3
	deadlineExceeded   = 4
	notFound           = 5
	permissionDenied   = 7
	resourceExhausted  = 8
	failedPrecondition = 9
	aborted            = 10
	internal           = 13
	unavailable        = 14
	unauthenticated    = 16
)

// row is one row of the table. A row matches if everything that it names matches.
type row struct {
	code    string
	service string
	codes   []int32
	reason  string             // of Answer
	field   *lazyregexp.Regexp // the name of a field; message then matches its description
	message *lazyregexp.Regexp // its named groups fill the placeholders of sentence and fix

	sentence, fix string // ${word} is replaced
	operator      bool
	transient     bool
}

// For returns the remedy of the first row of the table that matches an error, and reports whether
// there is one.
func For(a Answer, c Context) (Remedy, bool) {
	if len(a.Fields) == 0 {
		a.Fields = fieldsIn(a.Message)
	}
	if i, words := match(a); i >= 0 {
		return table[i].remedy(words, a, c), true
	}
	return Remedy{}, false
}

// match returns the number of the first row that matches, or -1, and the words that its pattern
// found.
func match(a Answer) (int, map[string]string) {
	for i := range table {
		if words, ok := table[i].matches(a); ok {
			return i, words
		}
	}
	return -1, nil
}

// matches reports whether the row matches an error, and returns the words that its pattern found.
func (r *row) matches(a Answer) (words map[string]string, ok bool) {
	switch {
	case r.service != "" && a.Service != "" && r.service != a.Service,
		len(r.codes) > 0 && !slices.Contains(r.codes, a.Code),
		r.reason != "" && r.reason != a.Reason:
		return nil, false
	case r.field != nil:
		for _, f := range a.Fields {
			if words, ok = find(r.message, f.Description); ok && r.field.MatchString(f.Name) {
				words["field"] = f.Name
				return words, true
			}
		}
		return nil, false
	default:
		return find(r.message, a.Message)
	}
}

// find returns the words that the groups of a pattern match in a text. A nil pattern matches every
// text.
func find(pattern *lazyregexp.Regexp, text string) (map[string]string, bool) {
	words := map[string]string{}
	if pattern == nil {
		return words, true
	}
	m := pattern.FindStringSubmatch(text)
	for i, name := range pattern.SubexpNames() {
		if name != "" && i < len(m) && m[i] != "" {
			words[name] = m[i]
		}
	}
	return words, m != nil
}

// placeholders are the words for unknown values.
var placeholders = map[string]string{
	"project": "PROJECT", "location": "LOCATION", "account": "SERVICE_ACCOUNT", "model": "the base model", "database": "(default)",
	"bucket": "BUCKET", "object": "the object", "permission": "the permission", "api": "API", "key": "KEY", "field": "the field",
	"agent": "SERVICE_AGENT", "topic": "TOPIC", "url": "the page that the message names", "what": "what it says",
}

func (r *row) remedy(words map[string]string, a Answer, c Context) Remedy {
	known := maps.Clone(placeholders)
	for name, value := range map[string]string{
		"project": c.Project, "location": c.Location, "account": c.Account, "model": c.BaseModel, "database": c.Database,
		"api": a.Details["service"], "bucket": c.Bucket,
	} {
		if value != "" {
			known[name] = value
		}
	}
	maps.Copy(known, words)
	fill := func(text string) string { return os.Expand(text, func(word string) string { return known[word] }) }
	return Remedy{Code: r.code, Sentence: fill(r.sentence), Fix: fill(r.fix), Operator: r.operator, Passes: r.transient}
}

var fieldPattern = lazyregexp.New(`\d+\.\s*Field: (\S+); Message: ([^\t]*)`)

// fieldsIn parses the text in which Vertex AI lists fields: "List of found errors: 1.Field: f;
// Message: m".
func fieldsIn(message string) (fields []Field) {
	for _, m := range fieldPattern.FindAllStringSubmatch(message, -1) {
		fields = append(fields, Field{Name: m[1], Description: strings.TrimSpace(m[2])})
	}
	return fields
}
