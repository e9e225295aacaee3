// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"iter"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// separator parts the segments of a collection's key. It sorts below every
// other byte, so that keys sort as paths do, segment by segment.
const separator = "\x00"

// collection holds documents by id. They are immutable: a write puts another.
type collection = tree[*pb.Document]

// state is the content of one database at one moment. It is a value: a write
// makes another state, and this one stays readable for as long as it is needed.
type state struct {
	collections *tree[*collection]
}

func collectionKey(path string) string { return strings.ReplaceAll(path, "/", separator) }

func collectionPath(key string) string { return strings.ReplaceAll(key, separator, "/") }

// collection returns the documents directly below a collection's path.
func (s state) collection(path string) *collection {
	c, _ := s.collections.get(collectionKey(path))
	return c
}

// document returns the document with the name, nil when there is none.
func (s state) document(r resource) *pb.Document {
	path, id := r.split()
	doc, _ := s.collection(path).get(id)
	return doc
}

// withDocument returns the state in which the document is doc, or is gone when doc is
// nil. Collections without documents do not exist.
func (s state) withDocument(r resource, doc *pb.Document) state {
	path, id := r.split()
	key := collectionKey(path)
	c, _ := s.collections.get(key)
	if doc != nil {
		c = c.put(id, doc)
	} else if _, ok := c.get(id); ok {
		c = c.remove(id)
	} else {
		return s
	}
	if c == nil {
		return state{s.collections.remove(key)}
	}
	return state{s.collections.put(key, c)}
}

// children yields the ids of the collections below a document, or below the root, in order.
func (s state) children(path string) iter.Seq[string] {
	prefix := ""
	if path != "" {
		prefix = collectionKey(path) + separator
	}
	return func(yield func(string) bool) {
		for at := prefix; ; {
			id := ""
			for key := range s.collections.from(at) {
				if rest, ok := strings.CutPrefix(key, prefix); ok {
					id, _, _ = strings.Cut(rest, separator)
				}
				break
			}
			if id == "" || !yield(id) {
				return
			}
			// The next key that does not begin with this id and a separator.
			at = prefix + id + "\x01"
		}
	}
}
