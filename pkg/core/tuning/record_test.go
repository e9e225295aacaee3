// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// anyRequest returns a random request in a valid form.
func anyRequest(random *rand.Rand) tuning.Request {
	text := func() string {
		runes := []rune("ab/<>&\"\\ü\u2028\U0001f600 \n")
		var b strings.Builder
		for range random.IntN(5) {
			b.WriteRune(runes[random.IntN(len(runes))])
		}
		return b.String()
	}
	r := tuning.Request{
		SessionID: text(), AllMessages: random.IntN(2) == 0, TrainingData: text(), ModelID: text(), BaseModel: text(),
		Priority: random.Int64N(2001) - 1000, Timeout: time.Duration(random.Int64()), CancelWhenStalled: random.IntN(2) == 0, Evaluate: random.IntN(2) == 0, RetunedFrom: text(),
		DisplayName: text(), SystemInstruction: text(), ValidationData: text(), ValidationSplit: random.Float64(),
		TuningMode: text(), OutputURI: text(), PreTunedModel: text(), ContinueModel: random.IntN(2) == 0,
		ServiceAccount: text(), KMSKeyName: text(), MaxCost: usd.Amount(random.Int64N(1 << 40)), Force: random.IntN(2) == 0,
	}
	for range random.IntN(3) {
		if r.Labels == nil {
			r.Labels = map[string]string{}
		}
		r.Labels[text()] = text()
	}
	if random.IntN(2) == 0 {
		last := random.IntN(2) == 0
		r.ExportLastCheckpointOnly = &last
	}
	for range random.IntN(4) {
		r.MessageIDs = append(r.MessageIDs, text())
	}
	if random.IntN(2) == 0 {
		n := random.Int64()
		r.Hyperparameters.EpochCount = &n
	}
	if random.IntN(2) == 0 {
		n := random.Int64N(9)
		r.Hyperparameters.BatchSize = &n
	}
	if random.IntN(2) == 0 {
		rate := math.Exp(random.NormFloat64() * 20)
		r.Hyperparameters.LearningRate = &rate
	}
	return r
}

// TestRequest_is_kept_whole: a process that resumes a start reads the request that was recorded,
// and the hash distinguishes a repeated start from another one.
func TestRequest_is_kept_whole(t *testing.T) {
	t.Parallel()
	hashes := map[string]string{} // from a hash to its request
	for seed := range seeds(3000) {
		want := anyRequest(rand.New(rand.NewPCG(seed, 3)))
		got, err := tuning.DecodeRequest(want.Encode())
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
		if got.Hash() != want.Hash() {
			t.Fatalf("seed %d: equal requests have different hashes", seed)
		}
		text := string(want.Encode())
		if of, ok := hashes[want.Hash()]; ok && of != text {
			t.Fatalf("seed %d: one hash for two requests:\n%s\n%s", seed, of, text)
		}
		hashes[want.Hash()] = text
	}
}

// TestHash_covers_every_field: every field is part of the hash; otherwise another request would
// count as a repetition.
func TestHash_covers_every_field(t *testing.T) {
	t.Parallel()
	seen := map[string]string{tuning.Request{}.Hash(): "the empty request"}
	try := func(what string, r tuning.Request) {
		if other, ok := seen[r.Hash()]; ok {
			t.Errorf("%s has the hash of %s", what, other)
		}
		seen[r.Hash()] = what
	}
	var r tuning.Request
	setAll(reflect.ValueOf(&r).Elem(), "", func(field string) { try(field, r) })
	if len(seen) != 42 {
		t.Errorf("%d requests were compared, want one a field and the empty one", len(seen))
	}
	try("two messages", tuning.Request{MessageIDs: []string{"a", "b"}})
	try("two messages in another order", tuning.Request{MessageIDs: []string{"b", "a"}})
	try("one message of both names", tuning.Request{MessageIDs: []string{"a,b"}})
	if got := (tuning.Request{MessageIDs: []string{}}).Hash(); got != (tuning.Request{}).Hash() {
		t.Error("an empty list has another hash than no list")
	}
}

// setAll sets one field of a struct, or of a struct in it, at a time, and calls try.
func setAll(v reflect.Value, path string, try func(field string)) {
	for i := range v.NumField() {
		f, name := v.Field(i), path+v.Type().Field(i).Name
		if f.Kind() == reflect.Struct {
			setAll(f, name+".", try)
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int64:
			f.SetInt(1)
		case reflect.Float64:
			f.SetFloat(0.5)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
			f.SetMapIndex(reflect.Zero(f.Type().Key()), reflect.Zero(f.Type().Elem()))
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			if f.Elem().Kind() == reflect.Struct {
				setAll(f.Elem(), name+".", try)
			}
		default:
			panic(fmt.Sprintf("%s is a %s: say how it is set", name, f.Kind()))
		}
		try(name)
		f.SetZero()
	}
}

func TestDecodeRequest(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "[]", `{"priority":"high"}`} {
		if got, err := tuning.DecodeRequest([]byte(text)); err == nil || !strings.Contains(err.Error(), "recorded request") {
			t.Errorf("DecodeRequest(%q) = %+v, %v, want an error", text, got, err)
		}
	}
	// A request that an older version of the program has recorded.
	got, err := tuning.DecodeRequest([]byte(`{"session_id":"s","hyperparameters":{},"gone":1}`))
	if diff := cmp.Diff(tuning.Request{SessionID: "s"}, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("DecodeRequest: %v (-want +got):\n%s", err, diff)
	}
}
