// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// declarations is the file in which Terraform declares indexes.
const declarations = "../../../terraform/firestore.tf"

// TestIndexes runs every query of the store, and compares the indexes that the queries need with
// those that Terraform declares: none may be missing, and none superfluous. For a new query, add a
// line here, and add to Terraform the block that the failing tests of this package print: every
// test fails that runs a query without an index.
func TestIndexes(t *testing.T) {
	t.Parallel()
	var needed sync.Map // set of indexes, as blocks of Terraform
	w := connect(t, startFirestore(t, func(q firestore.Shape) { needed.Store(block(q.Index()), true) }))
	ctx := t.Context()
	list := func(p store.Page) func() error {
		p.Size, p.Scan = 1, 1
		return func() error { _, _, err := w.ListJobs(ctx, p); return err }
	}
	from, after := store.Filter{CreatedFrom: noon, CreatedBefore: noon.Add(time.Hour)}, &store.Position{At: noon, ID: jobID(1)}
	for name, query := range map[string]func() error{
		"ActivePointers":     func() error { _, err := w.ActivePointers(ctx, 1); return err },
		"CountAhead":         func() error { _, err := w.CountAhead(ctx, waitingJob(1)); return err },
		"CountAtStep":        func() error { _, err := w.CountAtStep(ctx, tuning.Submitting, tuning.Accepted); return err },
		"CountSucceeded":     func() error { _, err := w.CountSucceeded(ctx, []string{"m", "n"}); return err },
		"EvaluationsBetween": func() error { _, err := w.EvaluationsBetween(ctx, noon, noon.Add(time.Hour), 1); return err },
		"EvaluationsOf":      func() error { _, err := w.EvaluationsOf(ctx, jobID(1)); return err },
		"WatchedPointers":    func() error { _, err := w.WatchedPointers(ctx, 1); return err },
		"FindJob":            func() error { _, err := w.FindJob(ctx, "42"); return err },
		"JobsOfEndpoint":     func() error { _, err := w.JobsOfEndpoint(ctx, "projects/p/locations/l/endpoints/1", "p"); return err },
		"JobsOfModel":        func() error { _, err := w.JobsOfModel(ctx, "projects/p/locations/l/models/1", "p"); return err },
		"JobsOnDataset":      func() error { _, err := w.JobsOnDataset(ctx, "gs://b/x.jsonl"); return err },
		"ListAll":            func() error { _, err := w.ListAll(ctx, keep(0)); return err },
		"ListSession":        func() error { _, err := w.ListSession(ctx, "s", keep(0)); return err },
		"ListJobs":           list(store.Page{Order: store.NewestFirst, Filter: from, After: after}),
		"ListJobs_state":     list(store.Page{Order: store.NewestFirst, Filter: store.Filter{State: tuning.Running}}),
		"ListJobs_caller":    list(store.Page{Order: store.NewestFirst, Filter: store.Filter{StartedBy: "ci"}}),
		"ListJobs_model":     list(store.Page{Order: store.NewestFirst, Filter: store.Filter{BaseModel: "m"}, After: after}),
		"ListJobs_oldest":    list(store.Page{Order: store.OldestFirst, Filter: from, After: after}),
		"ListJobs_changed":   list(store.Page{Order: store.ChangedFirst, Filter: from, After: after}),
		"ListJobs_whole":     list(store.Page{Order: store.NewestFirst, Whole: true, Match: func(tuning.Job) bool { return true }}),
		"ListFiles":          func() error { _, _, err := w.ListFiles(ctx, store.FilePage{Size: 1, After: after}); return err },
		"ListFiles_oldest":   func() error { _, _, err := w.ListFiles(ctx, store.FilePage{Size: 1, Oldest: true}); return err },
		"NewestEvaluation":   func() error { _, _, err := w.NewestEvaluation(ctx, jobID(1)); return err },
		"Queue":              func() error { _, err := w.Queue(ctx, 1); return err },
		"Succeeded":          func() error { _, err := w.Succeeded(ctx, "m", 1); return err },
		"Unfinished":         func() error { _, err := w.UnfinishedEvaluations(ctx, 1); return err },
		"Watched":            func() error { _, err := w.Watched(ctx, "", 1); return err },
		"Watched_more":       func() error { _, err := w.Watched(ctx, jobID(1), 1); return err },
	} {
		if err := query(); err != nil && fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	for block := range declared(t).indexes {
		if _, ok := needed.Load(block); !ok {
			t.Errorf("No query here needs this index of %s. Add the query to this test, or remove the index:\n%s", declarations, block)
		}
	}
}

// indexed returns a listener that fails the test if Firestore would refuse a query in production
// because its index is missing.
func indexed(t *testing.T) func(firestore.Shape) {
	t.Helper()
	terraform := declared(t)
	return func(q firestore.Shape) {
		if block := block(q.Index()); block != "" && !terraform.indexes[block] {
			t.Errorf("A query needs an index that %s lacks. Add it, and the query to TestIndexes:\n%s", declarations, block)
		}
		for _, field := range q.Fields() {
			if terraform.unindexed[q.Collection+"."+field] {
				t.Errorf("A query looks at %s.%s, which %s excludes from all indexes", q.Collection, field, declarations)
			}
		}
	}
}

// block returns an index as a block of Terraform.
func block(i firestore.Index) string {
	if len(i.Fields) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "resource \"google_firestore_index\" \"NAME\" {\n  database   = local.database\n  collection = %q\n", i.Collection)
	if i.Group {
		b.WriteString("  query_scope = \"COLLECTION_GROUP\"\n")
	}
	for _, f := range i.Fields {
		attribute := "order"
		if f.Mode == firestore.Contains {
			attribute = "array_config"
		}
		fmt.Fprintf(&b, "\n  fields {\n    field_path = %q\n    %s = %q\n  }", f.Path, attribute, f.Mode)
	}
	return b.String() + "\n}\n"
}

// terraform holds Terraform's declarations for Firestore.
type terraform struct {
	indexes   map[string]bool // as blocks
	unindexed map[string]bool // collection.field
}

func declared(t *testing.T) terraform {
	t.Helper()
	out, err := readDeclarations()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var readDeclarations = sync.OnceValues(func() (terraform, error) {
	out := terraform{indexes: map[string]bool{}, unindexed: map[string]bool{}}
	file, diagnostics := hclparse.NewParser().ParseHCLFile(declarations)
	if diagnostics.HasErrors() {
		return out, diagnostics
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return out, fmt.Errorf("%s is no native HCL", declarations)
	}
	for _, resource := range body.Blocks {
		if resource.Type != "resource" {
			continue
		}
		switch resource.Labels[0] {
		case "google_firestore_index":
			out.indexes[block(declaredIndex(resource.Body))] = true
		case "google_firestore_field":
			if config := nested(resource.Body, "index_config"); len(config) == 1 && len(config[0].Blocks) == 0 {
				out.unindexed[literal(resource.Body, "collection")+"."+literal(resource.Body, "field")] = true
			}
		}
	}
	return out, nil
})

func declaredIndex(b *hclsyntax.Body) firestore.Index {
	index := firestore.Index{Collection: literal(b, "collection"), Group: literal(b, "query_scope") == "COLLECTION_GROUP"}
	for _, f := range nested(b, "fields") {
		index.Fields = append(index.Fields, firestore.IndexField{
			Path: literal(f, "field_path"), Mode: literal(f, "order") + literal(f, "array_config"), // one of the two
		})
	}
	return index
}

func nested(b *hclsyntax.Body, name string) (bodies []*hclsyntax.Body) {
	for _, inner := range b.Blocks {
		if inner.Type == name {
			bodies = append(bodies, inner.Body)
		}
	}
	return bodies
}

// literal returns the string value of an attribute, or "".
func literal(b *hclsyntax.Body, name string) string {
	attribute, ok := b.Attributes[name]
	if !ok {
		return ""
	}
	value, diagnostics := attribute.Expr.Value(nil)
	if diagnostics.HasErrors() || value.Type() != cty.String {
		return "" // no literal, so it equals no wanted value
	}
	return value.AsString()
}
