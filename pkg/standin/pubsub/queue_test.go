// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"fmt"
	"testing"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// clock is where the tests of time begin.
var clock = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// testQueue has messages "1" to "n", all with the same ordering key.
func testQueue(config *pb.Subscription, n int) *queue {
	config.MessageRetentionDuration = durationpb.New(time.Hour)
	q := newQueue(config)
	for i := range n {
		q.add([]*pb.PubsubMessage{{
			MessageId: fmt.Sprint(i + 1), OrderingKey: "key", PublishTime: timestamppb.New(clock.Add(time.Duration(i) * time.Minute)),
		}})
	}
	return q
}

// take settles and leases, and returns the ack ids.
func take(q *queue, at time.Duration) []string {
	now := clock.Add(at)
	q.settle(now)
	var ids []string
	for _, m := range q.lease(now, 100, &window{deadline: 10 * time.Second}) {
		ids = append(ids, m.AckId)
	}
	return ids
}

func wantTaken(t *testing.T, q *queue, at time.Duration, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, take(q, at)); diff != "" {
		t.Errorf("taken after %v (-want +got)\n%s", at, diff)
	}
}

func TestLease_ends(t *testing.T) {
	t.Parallel()
	q := testQueue(&pb.Subscription{}, 2)
	wantTaken(t, q, 0, "1:1", "2:1")
	q.modify("1", 1, clock, 30*time.Second)
	wantTaken(t, q, 9*time.Second)
	wantTaken(t, q, 10*time.Second, "2:2")
	q.modify("2", 1, clock, 0) // of an attempt that is over
	wantTaken(t, q, 11*time.Second)
	q.modify("2", 2, clock.Add(12*time.Second), 0)
	wantTaken(t, q, 12*time.Second, "2:3")
	wantTaken(t, q, 30*time.Second, "1:2", "2:4")
}

func TestRetention_ends(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{false, true} {
		q := testQueue(&pb.Subscription{EnableMessageOrdering: ordered}, 3)
		wantTaken(t, q, time.Hour+90*time.Second, "3:1") // published at 0, 1 and 2 minutes
		wantTaken(t, q, 2*time.Hour)
		if len(q.entries)+q.all.Len()+q.ready.Len()+q.leased.Len()+len(q.keys) != 0 {
			t.Errorf("ordered %v: expired messages left traces: %+v", ordered, q)
		}
	}
}

func TestOrdered_queue_keeps_order(t *testing.T) {
	t.Parallel()
	q := testQueue(&pb.Subscription{EnableMessageOrdering: true}, 3)
	wantTaken(t, q, 0, "1:1")
	q.modify("1", 1, clock, 0)
	wantTaken(t, q, 0, "1:2") // nacked: still first
	q.remove("2")             // out of its turn
	wantTaken(t, q, 0)
	q.remove("1")
	wantTaken(t, q, 0, "3:1")
}

func TestWindow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		w    window
		want int
	}{
		"no_limit": {window{}, 5},
		"messages": {window{maxMessages: 3}, 3},
		"bytes":    {window{maxBytes: 1}, 1}, // the one that passes the limit still goes
	}
	for name, test := range tests {
		q := testQueue(&pb.Subscription{}, 5)
		w := test.w
		w.deadline = time.Minute
		if got := len(q.lease(clock, 100, &w)); got != test.want {
			t.Errorf("%s: leased %d, want %d", name, got, test.want)
		}
		q.remove("1")
		if got := len(q.lease(clock, 100, &w)); test.want < 5 && got != 1 {
			t.Errorf("%s: leased %d after an acknowledgement, want 1", name, got)
		}
	}
}
