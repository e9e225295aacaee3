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
	src, err := c.source()
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

func (a *api) deleteObject(w http.ResponseWriter, c *call) error {
	src, err := c.source()
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
	if !ok || c.Method != http.MethodGet {
		return errUnimplemented("%s %s", c.Method, path)
	}
	c.bucket, c.object = bucket, object
	if err := c.checkSupported([]string{"generation"}); err != nil {
		return err
	}
	src := source{bucket: bucket, name: object}
	var err error
	if src.generation, err = parseInt("generation", c.query["generation"]); err != nil {
		return err
	}
	if src.condition, err = parseInt(headerCondition, c.Header.Values(headerCondition)); err != nil {
		return err
	}
	o, f, err := a.store.open(src)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	return serveContent(w, c.Request, o, f, fmt.Sprintf("%q", o.xmlEtag()))
}
