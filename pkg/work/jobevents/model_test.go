// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobevents_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
)

// moves are a promotion with everything and a rollback without a checkpoint.
func moves() []promotion.Move {
	v := promotion.Version{
		JobID: "vt-20261124-093000-abcdefghij", JobName: jobName, BaseModel: "gemini-3.1-flash-lite",
		TunedModel: "projects/1/locations/us-central1/models/2@1", Checkpoint: "2", Endpoint: "projects/1/locations/us/endpoints/3",
	}
	back := v
	back.Checkpoint = ""
	return []promotion.Move{
		{
			ID: "mv-abcdefghijklmnopqrst", Number: 4, Action: promotion.Promoted, Version: v, By: "ann", Automatic: true, At: at(1),
			Gain: &promotion.Gain{Evaluation: "ev-1", Metric: "chrf", Gain: 5, Low: 1, High: 9, Examples: 40, Verdict: "better", Against: "base"},
		},
		{ID: "mv-bbcdefghijklmnopqrst", Number: 5, Action: promotion.RolledBack, Version: back, By: "ann", At: at(2)},
	}
}

// TestModelEvents_are_as_their_schemas_say: and a schema rejects wrong data.
func TestModelEvents_are_as_their_schemas_say(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"promoted", "rolledBack"} {
		text, err := os.ReadFile(filepath.Join("schema", "model", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(name, document); err != nil {
			t.Fatal(err)
		}
		schema, err := compiler.Compile(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := jobevents.ModelEvent(project, "a b/c", moves()[i])
		if err != nil || e.Validate() != nil {
			t.Fatalf("%v, %v", err, e.Validate())
		}
		if e.Type() != schema.Title || e.Type() != jobevents.ModelTypePrefix+name || e.ID() != moves()[i].ID || e.Subject() != "models/a%20b%2Fc" {
			t.Errorf("%s of %s: %s", e.Type(), e.Subject(), e.ID())
		}
		if err := schema.Validate(data(t, e)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, e.Data())
		}
		for _, field := range append(schema.Required, "more") {
			d := data(t, e).(map[string]any)
			if _, has := d[field]; has {
				delete(d, field)
			} else {
				d[field] = true
			}
			if len(schema.Required) < 8 || schema.Validate(d) == nil {
				t.Errorf("%s: wrong %s is accepted", name, field)
			}
		}
	}
}

// TestPublishMoves: the events arrive in order under the key of the model, also after a failure.
func TestPublishMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.On("Publish", faults.Fail(codes.PermissionDenied))
	if err := w.PublishMoves(t.Context(), "m", moves()); err == nil {
		t.Error("a failure is not reported")
	}
	w.On("Publish", nil)
	if err := w.PublishMoves(t.Context(), "m", moves()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range w.Received(t) {
		got = append(got, strings.Join([]string{m.OrderingKey, m.Attributes["ce-type"], m.Attributes["ce-id"]}, " "))
	}
	want := []string{"models/m vertextune.model.v1.promoted mv-abcdefghijklmnopqrst", "models/m vertextune.model.v1.rolledBack mv-bbcdefghijklmnopqrst"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
