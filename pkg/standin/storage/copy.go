// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"io"
	"net/http"
	"os"
	"strconv"
)

const maxComposeSources = 32

// copyObject copies an object and answers with the copy.
func (a *api) copyObject(w http.ResponseWriter, c *call) error {
	o, err := a.copy(c)
	if err != nil {
		return err
	}
	writeObject(w, c, o)
	return nil
}

// rewriteObject copies an object, always in one call.
func (a *api) rewriteObject(w http.ResponseWriter, c *call) error {
	o, err := a.copy(c)
	if err != nil {
		return err
	}
	size := strconv.FormatInt(o.Size, 10)
	writeJSON(w, http.StatusOK, map[string]any{
		"kind":                "storage#rewriteResponse",
		"totalBytesRewritten": size,
		"objectSize":          size,
		"done":                true,
		"resource":            o.resource(baseURL(c.Request)),
	})
	return nil
}

// copy does what copyTo and rewriteTo share. The copy has the metadata in the
// request if there is any, all of it, and else that of the source.
func (a *api) copy(c *call) (*Object, error) {
	in, err := readObjectInput(c.Body)
	if err != nil {
		return nil, err
	}
	src := source{bucket: c.bucket, name: c.object}
	if src.generation, err = parseInt("sourceGeneration", c.query["sourceGeneration"]); err != nil {
		return nil, err
	}
	if src.conditions, err = parseConditions(c.query, "ifSource"); err != nil {
		return nil, err
	}
	t := &target{Bucket: c.destBucket, Name: c.destObject}
	if t.Conditions, err = parseConditions(c.query, "if"); err != nil {
		return nil, err
	}
	if err := in.target(t); err != nil {
		return nil, err
	}
	if err := a.store.admit(t); err != nil {
		return nil, err
	}
	from, f, err := a.store.open(src)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !in.chooses() {
		t.Settable, t.StorageClass = from.Settable, from.StorageClass
	}
	t.Components = from.ComponentCount
	return a.store.ingest(t, f)
}

// composeRequest is the body of a compose call.
type composeRequest struct {
	Destination   objectInput `json:"destination"`
	SourceObjects []struct {
		Name                string `json:"name"`
		Generation          *int64 `json:"generation,string"`
		ObjectPreconditions struct {
			IfGenerationMatch *int64 `json:"ifGenerationMatch,string"`
		} `json:"objectPreconditions"`
	} `json:"sourceObjects"`
	DeleteSourceObjects bool `json:"deleteSourceObjects"`
}

// compose makes an object of the contents of others, one after the other.
func (a *api) compose(w http.ResponseWriter, c *call) error {
	var req composeRequest
	if err := readJSON(c.Body, &req); err != nil {
		return err
	}
	if err := req.Destination.check(); err != nil {
		return err
	}
	switch n := len(req.SourceObjects); {
	case n == 0:
		return errRequired("sourceObjects")
	case n > maxComposeSources:
		return errInvalid("The number of source components provided (%d) exceeds the maximum (%d)", n, maxComposeSources)
	case req.DeleteSourceObjects:
		return errUnimplemented("The compose field deleteSourceObjects")
	}
	t := &target{Bucket: c.bucket, Name: c.object}
	var err error
	if t.Conditions, err = parseConditions(c.query, "if"); err != nil {
		return err
	}
	if err := req.Destination.target(t); err != nil {
		return err
	}
	if err := a.store.admit(t); err != nil {
		return err
	}
	content, files, err := a.openSources(c.bucket, &req, t)
	defer closeAll(files)
	if err != nil {
		return err
	}
	o, err := a.store.ingest(t, content)
	if err != nil {
		return err
	}
	writeObject(w, c, o)
	return nil
}

// openSources opens all sources before the first is read, so that what is
// composed are the generations that met the conditions.
func (a *api) openSources(bucket string, req *composeRequest, t *target) (io.Reader, []*os.File, error) {
	var files []*os.File
	var content []io.Reader
	for _, s := range req.SourceObjects {
		src := source{bucket: bucket, name: s.Name, generation: s.Generation}
		src.conditions.Generation = s.ObjectPreconditions.IfGenerationMatch
		o, f, err := a.store.open(src)
		if err != nil {
			return nil, files, err
		}
		files = append(files, f)
		content = append(content, f)
		t.Components += o.components()
	}
	return io.MultiReader(content...), files, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // only read from
	}
}
