// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"net/http"
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
		defer f.Close()
		return serveContent(w, c.Request, o, f, o.etag())
	case "", "json":
		o, err := a.store.stat(src)
		if err != nil {
			return err
		}
		if err := metByHeaders(c.Header, o.etag()); err != nil {
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
	return a.changeObject(w, c, func(o *Object, in objectInput) (Settable, error) { return in.apply(o.Settable) })
}

// updateObject replaces all metadata by the fields in the request.
func (a *api) updateObject(w http.ResponseWriter, c *call) error {
	return a.changeObject(w, c, func(_ *Object, in objectInput) (Settable, error) { return in.apply(Settable{}) })
}

func (a *api) changeObject(
	w http.ResponseWriter, c *call, change func(*Object, objectInput) (Settable, error),
) error {
	src, err := c.source(false)
	if err != nil {
		return err
	}
	if h := c.Header.Get("If-Match") + c.Header.Get("If-None-Match"); h != "" {
		return errUnimplemented("An entity tag as the condition of a change")
	}
	in, err := readObjectInput(c.Body)
	if err != nil {
		return err
	}
	class, err := in.storageClass()
	if err != nil {
		return err
	}
	o, err := a.store.update(src, func(o *Object) error {
		if class != "" && class != o.StorageClass {
			return errInvalid("The storage class of an object changes by a rewrite only.")
		}
		settable, err := change(o, in)
		o.Settable = settable
		return err
	})
	if err != nil {
		return err
	}
	writeObject(w, c, o)
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

// serveXML answers a request of the XML API, of which there is only the
// reading of objects: it is what clients use for media.
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
	defer f.Close()
	return serveContent(w, c.Request, o, f, fmt.Sprintf("%q", o.xmlEtag()))
}
