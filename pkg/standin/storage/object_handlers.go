// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"net/http"
	"strconv"
)

// writeObject answers with an object's metadata.
func writeObject(w http.ResponseWriter, c *call, o *Object) {
	w.Header().Set("ETag", o.etag())
	writeJSON(w, http.StatusOK, o.resource(baseURL(c.Request)))
}

// getObject answers with an object's metadata or, for alt=media, its content.
func (a *api) getObject(w http.ResponseWriter, c *call) error {
	src, err := c.source(true)
	if err != nil {
		return err
	}
	switch alt := c.query.Get("alt"); alt {
	case "media":
		o, f, err := a.store.open(src)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // only read from
		return serveContent(w, c.Request, o, f, o.etag())
	case "", "json":
		o, err := a.store.stat(src)
		if err != nil {
			return err
		}
		if err := refuseHeaders(c.Header); err != nil {
			return err
		}
		writeObject(w, c, o)
		return nil
	default:
		return errInvalid("Invalid value for: alt: %q is not json or media.", alt)
	}
}

// patchObject changes the metadata fields in the request.
func (a *api) patchObject(w http.ResponseWriter, c *call) error {
	src, err := c.source(false)
	if err != nil {
		return err
	}
	if err := refuseHeaders(c.Header); err != nil {
		return err
	}
	in, err := readObjectInput(c.Body)
	if err != nil {
		return err
	}
	o, err := a.store.update(src, func(o *Object) error {
		settable, err := in.apply(o.Settable)
		o.Settable = settable
		return err
	})
	if err != nil {
		return err
	}
	writeObject(w, c, o)
	return nil
}

// rewriteObject copies an object with its metadata, always in one call.
func (a *api) rewriteObject(w http.ResponseWriter, c *call) error {
	in, err := readObjectInput(c.Body)
	if err != nil {
		return err
	}
	if in.chooses() {
		return errUnimplemented("Metadata in a rewrite")
	}
	t := &target{Bucket: c.destBucket, Name: c.destObject}
	if t.Conditions, err = parseConditions(c.query); err != nil {
		return err
	}
	if err := a.store.admit(t); err != nil {
		return err
	}
	from, f, err := a.store.open(source{bucket: c.bucket, name: c.object})
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	t.Settable = from.Settable
	o, err := a.store.ingest(t, f)
	if err != nil {
		return err
	}
	size := strconv.FormatInt(o.Size, 10)
	writeJSON(w, http.StatusOK, map[string]any{
		"kind": "storage#rewriteResponse", "totalBytesRewritten": size, "objectSize": size, "done": true,
		"resource": o.resource(baseURL(c.Request)),
	})
	return nil
}

func (a *api) deleteObject(w http.ResponseWriter, c *call) error {
	src, err := c.source(false)
	if err != nil {
		return err
	}
	if err := a.store.remove(src); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serveXML answers a request of the XML API, of which only reads of objects are implemented:
// clients use them for media.
func (a *api) serveXML(w http.ResponseWriter, c *call, path string) {
	if err := a.getXML(w, c, path); err != nil {
		a.report(c, err)
		writeXMLError(w, c.Request, err)
	}
}

func (a *api) getXML(w http.ResponseWriter, c *call, path string) error {
	bucket, object, ok := splitXMLPath(path)
	if !ok || c.Method != http.MethodGet && c.Method != http.MethodHead {
		return errUnimplemented("%s %s", c.Method, path)
	}
	c.bucket, c.object = bucket, object
	if err := c.checkSupported([]string{"generation"}); err != nil {
		return err
	}
	src := source{bucket: bucket, name: object, read: true}
	var err error
	if src.generation, err = parseInt("generation", c.query["generation"]); err != nil {
		return err
	}
	if src.conditions, err = parseHeaderConditions(c.Header); err != nil {
		return err
	}
	o, f, err := a.store.open(src)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	return serveContent(w, c.Request, o, f, fmt.Sprintf("%q", o.xmlEtag()))
}
