// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

const mib = 1 << 20

func TestGateSize(t *testing.T) {
	t.Parallel()
	const largest = 32 * mib * api.MemoryPerByte
	for memory, want := range map[int64]int64{0: largest, 100 * mib: largest, 1500 * mib: 1000 * mib, math.MaxInt64: 2 * largest} {
		if got := api.GateSize(memory); got != want {
			t.Errorf("with %d MiB of memory the gate has %d MiB, want %d", memory/mib, got/mib, want/mib)
		}
	}
}

// wide is a body with one example, padded with spaces to the size.
func wide(size int) string {
	body := `{"data":` + examples("one") + `}`
	return body + strings.Repeat(" ", size-len(body))
}

// unfinished begins a request with a body of 31 MiB. The returned function sends the rest of the
// body and returns the response.
func (s *system) unfinished(t *testing.T) (finish func() reply) {
	t.Helper()
	body := wide(31 * mib)
	read, write := io.Pipe()
	answered := make(chan reply, 1)
	go func() {
		answered <- s.send(t, http.MethodPost, base+"/validate-data", "", func(r *http.Request) {
			r.Body, r.ContentLength = read, int64(len(body))
		})
	}()
	if _, err := io.WriteString(write, body[:mib]); err != nil { // at most the end of this part is still in the sockets' buffers
		t.Fatal(err)
	}
	return func() reply {
		_, err := io.WriteString(write, body[mib:])
		if err = errors.Join(err, write.Close()); err != nil {
			t.Fatal(err)
		}
		return <-answered
	}
}

// TestGate: a large body makes other large bodies wait, but nothing else.
func TestGate(t *testing.T) {
	t.Parallel()
	const short, long = 200 * time.Millisecond, time.Minute
	gate := api.NewGate(0) // there is memory for one body of the maximum size
	gate.Wait = short
	var log journal
	s := newSystem(t, func(set *setup) { set.gate, set.log = gate, serve.Logger(&log, slog.LevelInfo) })
	s.message("1", turn("a", "user", "one"))
	chunked := func(r *http.Request) { r.ContentLength, r.Body = -1, io.NopCloser(io.MultiReader(r.Body)) }
	finish := s.unfinished(t)
	// When another large body is refused, the unfinished request holds the memory.
	for end := time.Now().Add(time.Minute); s.post(t, base+"/validate-data", wide(2*mib)).code != http.StatusServiceUnavailable; {
		if time.Now().After(end) {
			t.Fatal("a second large body does not wait")
		}
	}

	gate.Wait = long
	began := time.Now()
	if got := s.get(t, base+"/jobs").code; got != http.StatusOK {
		t.Errorf("jobs: got %d", got)
	}
	if got := s.post(t, base+"/validate-data", wide(api.FreeBody)).code; got != http.StatusOK {
		t.Errorf("a small body: got %d", got)
	}
	if got := s.send(t, http.MethodPost, base+"/validate-data", wide(api.FreeBody), chunked).code; got != http.StatusOK {
		t.Errorf("a small body in chunks: got %d", got)
	}
	job := s.start(t, `{"session_id":"a"}`)
	if got := s.post(t, base+"/cancel/"+job.Job.Name, "").code; got != http.StatusOK {
		t.Errorf("cancel: got %d", got)
	}
	if took := time.Since(began); took >= long {
		t.Errorf("small requests took %v", took)
	}

	gate.Wait = short
	var refused sync.WaitGroup
	for name, edit := range map[string]func(*http.Request){"with a length": func(*http.Request) {}, "in chunks": chunked} {
		for path, body := range map[string]string{
			"/validate-data": wide(2 * mib), "/convert-json": wide(2 * mib), "/start": `{"session_id":"a"}` + strings.Repeat(" ", 2*mib),
		} {
			refused.Go(func() {
				answer := s.send(t, http.MethodPost, base+path, body, edit)
				var got struct{ Error failure }
				if err := json.Unmarshal(answer.body, &got); err != nil {
					t.Error(err)
				}
				if f := got.Error; answer.code != http.StatusServiceUnavailable || answer.header.Get("Retry-After") != "10" ||
					f.Status != "UNAVAILABLE" || f.Details[0].Reason != "BODIES_IN_WORK" {
					t.Errorf("%s %s: got %d and Retry-After %q: %s", path, name, answer.code, answer.header.Get("Retry-After"), answer.body)
				}
			})
		}
	}
	refused.Wait()
	if levels := log.levels(t, http.StatusServiceUnavailable); levels["WARNING"] < 6 || len(levels) != 1 {
		t.Errorf("the refused requests are logged with the levels %v, want at least 6 warnings and no other level", levels)
	}

	gate.Wait = long
	waiting := make(chan reply, 2)
	go func() { waiting <- s.post(t, base+"/validate-data", wide(2*mib)) }()
	go func() { waiting <- s.send(t, http.MethodPost, base+"/validate-data", wide(2*mib), chunked) }()
	time.Sleep(100 * time.Millisecond)
	if got := finish().code; got != http.StatusOK {
		t.Errorf("the large body: got %d", got)
	}
	for range 2 {
		if got := (<-waiting).code; got != http.StatusOK {
			t.Errorf("a body that waited for it: got %d", got)
		}
	}
	// All requests have released their memory, also the refused ones.
	for _, body := range []string{wide(33 * mib), "{" + strings.Repeat(" ", 31*mib), wide(32 * mib)} {
		for name, edit := range map[string]func(*http.Request){"with a length": func(*http.Request) {}, "in chunks": chunked} {
			want := http.StatusOK
			switch {
			case len(body) > 32*mib:
				want = http.StatusRequestEntityTooLarge
			case len(body) < 32*mib:
				want = http.StatusBadRequest
			}
			if got := s.send(t, http.MethodPost, base+"/validate-data", body, edit).code; got != want {
				t.Errorf("%d bytes %s: got %d, want %d", len(body), name, got, want)
			}
		}
	}
}

// TestConvert_answer: the response is written in pieces, and it equals a response that is encoded
// as a whole.
func TestConvert_answer(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for name, text := range map[string]string{
		"plain":      "one",
		"escapes":    "\"\\\n\t\x01\x7f<&>\u2028\u2029\u0085",
		"long":       strings.Repeat("a", 200_000),
		"characters": strings.Repeat("a日😀é", 30_000),
		"shifted":    "a" + strings.Repeat("😀", 50_000) + strings.Repeat("日", 50_000),
	} {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		answer := s.post(t, base+"/convert-json", `{"data":[{"prompt":`+string(quoted)+`,"completion":"b"}]}`)
		var whole struct {
			Message  string          `json:"message"`
			JSONL    string          `json:"jsonl_content"`
			FilePath string          `json:"file_path"`
			Records  int             `json:"records_count"`
			LimitsOf string          `json:"limits_of,omitempty"`
			Warnings json.RawMessage `json:"warnings,omitempty"`
			LeftOut  map[string]int  `json:"left_out,omitempty"`
		}
		answer.into(&whole)
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(whole); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(answer.body, want.Bytes()) {
			t.Errorf("%s: got\n%.300q, want\n%.300q", name, answer.body, want.Bytes())
		}
		if whole.JSONL != s.object(t, whole.FilePath) || whole.Records != 1 {
			t.Errorf("%s: the answer differs from the object, or its number of records is %d, want 1", name, whole.Records)
		}
	}
}

// TestConvert_leaves_nothing: if the last record is faulty, no object is created, although the
// first parts of the data were already sent to Cloud Storage.
func TestConvert_leaves_nothing(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	var records strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&records, `{"prompt":"%d %s","completion":"b"},`, i, strings.Repeat("a", 1000))
	}
	body := `{"filename":"bad","data":[` + records.String() + `7]}`
	f := s.post(t, base+"/convert-json", body).failed(http.StatusBadRequest)
	if places := f.places(); len(places) != 1 || places[0] != "data[10000] NOT_AN_OBJECT" {
		t.Errorf("got %v: %s", places, f.Message)
	}
	if objects := s.List(t, data, "converted/"); len(objects) > 0 {
		t.Errorf("there is an object %s", objects[0].Name)
	}
}
