// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/vertextune/vertextune/pkg/store"
	"slices"
	"testing"
)

// told takes what was published, by job in the order in which it came: the ID and the type of each event.
func (w *world) told(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for {
		got, err := w.topics.SubscriptionAdminClient.Pull(t.Context(), &pubsubpb.PullRequest{
			Subscription: subscription, MaxMessages: 1000,
			//lint:ignore SA1019 the only way to ask without waiting
			ReturnImmediately: true,
		})
		if err != nil {
			t.Fatalf("pull: %v", err)
		}
		if len(got.ReceivedMessages) == 0 {
			return all
		}
		var acks []string
		for _, m := range got.ReceivedMessages {
			key := m.Message.OrderingKey
			all[key] = append(all[key], m.Message.Attributes["ce-id"]+" "+m.Message.Attributes["ce-type"])
			acks = append(acks, m.AckId)
		}
		if err := w.topics.SubscriptionAdminClient.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{
			Subscription: subscription, AckIds: acks,
		}); err != nil {
			t.Fatalf("acknowledge: %v", err)
		}
	}
}

// history is what told is to hold of a job's events from the one of this number on.
func history(r store.Record, from int) (lines []string) {
	for _, e := range r.Events[from-1:] {
		lines = append(lines, r.EventID(e)+" vertextune.tuningJob.v1."+string(e.Type))
	}
	return lines
}

// unique leaves out what came before: two pollers may both tell of an event.
func unique(lines []string) (out []string) {
	for _, line := range lines {
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}
