// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	maxIDBytes   = 1500
	maxNameBytes = 6 << 10
	maxPathDepth = 100 // collections that may lie on the way to a document
)

// resource is a parsed name below a database: a document when path has an even
// number of segments, a collection when odd, the database's root when empty.
type resource struct {
	database string // projects/P/databases/D
	path     string // c/d/c/d, without a slash at either end
}

func (r resource) name() string {
	if r.path == "" {
		return r.database + "/documents"
	}
	return r.database + "/documents/" + r.path
}

// split parts a document into its collection's path and its id.
func (r resource) split() (collection, id string) {
	i := strings.LastIndexByte(r.path, '/')
	return r.path[:i], r.path[i+1:]
}

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func unimplemented(what string) error {
	return status.Errorf(codes.Unimplemented, "the Firestore stand-in does not implement %s", what)
}

// parseDatabase checks projects/P/databases/D.
func parseDatabase(name string) (string, error) {
	database, rest, err := cutDatabase("Database", name)
	if err != nil {
		return "", err
	}
	if rest != "" {
		return "", invalid("Database name %q has extra parts after the database.", name)
	}
	return database, nil
}

// parseDocument checks the full name of a document. The kind opens the message
// when something is wrong with it: "Document", "Resource".
func parseDocument(kind, name string) (resource, error) {
	r, err := parseParent(kind, name)
	if err != nil {
		return resource{}, err
	}
	if r.path == "" {
		return resource{}, invalid("%s name %q is invalid: it names no document.", kind, name)
	}
	return r, nil
}

// parseParent checks a name under which collections can lie: the root of the
// documents or a document.
func parseParent(kind, name string) (resource, error) {
	database, rest, err := cutDatabase(kind, name)
	if err != nil {
		return resource{}, err
	}
	if rest != "/documents" && !strings.HasPrefix(rest, "/documents/") {
		return resource{}, lacks(kind, name, "/documents", len(database))
	}
	if len(name) > maxNameBytes {
		return resource{}, invalid("%s name is longer than %d bytes.", kind, maxNameBytes)
	}
	path := strings.TrimPrefix(strings.TrimPrefix(rest, "/documents"), "/")
	if path == "" {
		return resource{database: database}, nil
	}
	segments := strings.Split(path, "/")
	if len(segments)%2 != 0 {
		return resource{}, lacks(kind, name, "/", len(name))
	}
	if len(segments)/2 > maxPathDepth {
		return resource{}, invalid("%s name %q has more than %d levels.", kind, name, maxPathDepth)
	}
	for i := 0; i < len(segments); i += 2 {
		if err := checkID("Collection", segments[i]); err != nil {
			return resource{}, err
		}
		if err := checkID("Resource", segments[i+1]); err != nil {
			return resource{}, err
		}
	}
	return resource{database: database, path: path}, nil
}

// cutDatabase parts a name after projects/P/databases/D.
func cutDatabase(kind, name string) (database, rest string, err error) {
	at := 0
	for _, word := range []string{"projects", "databases"} {
		if !strings.HasPrefix(name[at:], word+"/") {
			return "", "", lacks(kind, name, word, at)
		}
		at += len(word) + 1
		end := strings.IndexByte(name[at:], '/')
		if end < 0 {
			end = len(name) - at
		}
		if end == 0 {
			return "", "", invalid("%s name %q lacks a %s id at index %d.", kind, name, strings.TrimSuffix(word, "s"), at)
		}
		at += end
		if word == "projects" {
			if at == len(name) {
				return "", "", lacks(kind, name, "/", at)
			}
			at++
		}
	}
	return name[:at], name[at:], nil
}

func lacks(kind, name, what string, at int) error {
	return invalid("%s name %q lacks %q at index %d.", kind, name, what, at)
}

// checkID holds the rules that collection ids and document ids share.
func checkID(kind, id string) error {
	switch {
	case id == "":
		return invalid("%s id is the empty string.", kind)
	case id == "." || id == "..":
		return invalid("%s id %q is invalid.", kind, id)
	case strings.Contains(id, "/"):
		return invalid("%s id %q is invalid because it contains \"/\".", kind, id)
	case len(id) > maxIDBytes:
		return invalid("%s id is longer than %d bytes.", kind, maxIDBytes)
	case isReserved(id):
		return invalid("%s id %q is invalid because it is reserved.", kind, id)
	}
	return nil
}

// isReserved reports whether the service keeps a name for itself: __.*__.
func isReserved(name string) bool {
	return len(name) >= 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}
