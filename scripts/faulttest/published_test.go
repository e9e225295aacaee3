// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
)

// checkEvents checks the events of all jobs. Their numbers have no gap, and the last event has the
// job's state. All of them were published to the topic in order, with the same content each time,
// and the API returns the same events.
func (r *run) checkEvents(records map[string]record) {
	came := r.published(records)
	for id, rec := range records {
		n := len(rec.Events)
		if !rec.Finished || rec.Watched || rec.Step != "ENDED" || rec.Published != int64(n) || n == 0 || rec.Events[n-1].To != rec.State {
			r.t.Errorf("the record is not in its final state: %+v", rec)
		}
		var want []string
		for i, e := range rec.Events {
			if e.Seq != int64(i)+1 {
				r.t.Errorf("event %d of job %s has the number %d", i+1, id, e.Seq)
			}
			want = append(want, fmt.Sprintf("%s-%06d", id, i+1))
		}
		var got []string
		for _, m := range came[id] {
			if name := m.Attributes["ce-id"]; !slices.Contains(got, name) {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.t.Errorf("the published events of job %s (-want +got):\n%s", id, diff)
		}
		r.checkAPI(rec, came[id])
	}
}

// published reads the topic's subscription until all events have arrived, or no more arrive. An
// event that arrives twice must be the same both times.
func (r *run) published(records map[string]record) map[string][]*pubsubpb.PubsubMessage {
	missing := map[string]bool{}
	for id, rec := range records {
		for i := range rec.Events {
			missing[fmt.Sprintf("%s-%06d", id, i+1)] = true
		}
	}
	p, err := r.pointer(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range p.History {
		missing[m.ID] = true
	}
	came, first := map[string][]*pubsubpb.PubsubMessage{}, map[string]*pubsubpb.PubsubMessage{}
	for end := time.Now().Add(time.Minute); len(missing) > 0 && time.Now().Before(end); {
		pulled, err := r.pubsub.SubscriptionAdminClient.Pull(r.t.Context(), &pubsubpb.PullRequest{Subscription: subscription, MaxMessages: 1000})
		if err != nil {
			r.t.Fatalf("read the published events: %v", err)
		}
		var handles []string
		for _, m := range pulled.ReceivedMessages {
			handles = append(handles, m.AckId)
			message, name := m.Message, m.Message.Attributes["ce-id"]
			job := message.OrderingKey
			if _, ok := records[job]; !ok && job != "models/"+modelID {
				continue // this is a repeated event of an earlier run
			}
			if f := first[name]; f == nil {
				first[name] = message
			} else if !bytes.Equal(f.Data, message.Data) || cmp.Diff(f.Attributes, message.Attributes) != "" {
				r.t.Errorf("event %s was published as %s and as %s", name, f.Data, message.Data)
			}
			delete(missing, name)
			came[job] = append(came[job], message)
		}
		if len(handles) > 0 {
			if err := r.pubsub.SubscriptionAdminClient.Acknowledge(r.t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: subscription, AckIds: handles}); err != nil {
				r.t.Fatalf("acknowledge: %v", err)
			}
		}
	}
	for name := range missing {
		if strings.HasPrefix(name, "mv-") {
			r.t.Errorf("the event %s of the model was not published", name)
		}
	}
	return came
}

// checkAPI checks that the API returns the published events.
func (r *run) checkAPI(rec record, came []*pubsubpb.PubsubMessage) {
	a := r.call("GET", "/jobs/"+rec.ID+"/events", "", "")
	var list struct {
		Events []struct {
			ID   string          `json:"id"`
			Data json.RawMessage `json:"data"`
		} `json:"events"`
	}
	if err := json.Unmarshal([]byte(a.text), &list); err != nil || a.status != 200 || len(list.Events) != len(rec.Events) {
		r.t.Errorf("the API's events of job %s: %d %s (%v), want %d", rec.ID, a.status, a.text, err, len(rec.Events))
		return
	}
	for _, m := range came {
		n, err := strconv.Atoi(strings.TrimPrefix(m.Attributes["ce-id"], rec.ID+"-"))
		if err != nil || n < 1 || n > len(list.Events) {
			r.t.Errorf("event %q was published, but the API does not return it", m.Attributes["ce-id"])
			continue
		}
		if e := list.Events[n-1]; e.ID != m.Attributes["ce-id"] || !bytes.Equal(e.Data, m.Data) {
			r.t.Errorf("event %s was published as %s, but the API returns %s as %s", m.Attributes["ce-id"], m.Data, e.ID, e.Data)
		}
	}
}

// checkDrop checks the outputs: the reports on the newest generation of the file, its dataset if
// the file is valid, and nothing else.
func (r *run) checkDrop() {
	newest := r.newest(dropName)
	want := []string{data + "/drops/a.jsonl/report.json", data + "/drops/a.jsonl/report.md"}
	outcome := "REFUSED"
	if newest.content != useless {
		want = append([]string{data + "/drops/a.jsonl/dataset.jsonl"}, want...)
		outcome = "CONVERTED"
	}
	got := slices.DeleteFunc(r.names(r.t, data), func(name string) bool { return !strings.Contains(name, "/drops/") })
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("objects (-want +got):\n%s", diff)
		return
	}
	generation := strconv.FormatInt(newest.generation, 10)
	meta, text := r.get("drops/a.jsonl/report.json")
	var report struct {
		Outcome string `json:"outcome"`
		Source  struct {
			Generation string `json:"generation"`
		} `json:"source"`
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil || report.Outcome != outcome || report.Source.Generation != generation || meta["source-generation"] != generation {
		r.t.Errorf("the report is %q with %v (%v), want %s of generation %s", text, meta, err, outcome, generation)
	}
	if meta, text := r.get("drops/a.jsonl/report.md"); text == "" || meta["source-generation"] != generation {
		r.t.Errorf("the Markdown report is %q with %v, want one of generation %s", text, meta, generation)
	}
	if outcome == "CONVERTED" {
		if meta, text := r.get("drops/a.jsonl/dataset.jsonl"); text != newest.content || meta["source-generation"] != generation {
			r.t.Errorf("the dataset is %q with %v, want %q of generation %s", text, meta, newest.content, generation)
		}
	}
}
