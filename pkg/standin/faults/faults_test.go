// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faults_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// watched is a cloud whose calls are counted, and clients of it.
type watched struct {
	*faults.Injector
	docs    *firestore.Client
	bucket  *storage.BucketHandle
	outside *storage.BucketHandle // a bystander's
}

func watch(t *testing.T) watched {
	t.Helper()
	c := cloudtest.Start(t)
	bystander, err := storage.NewClient(t.Context(), c.Run.StorageOptions(option.WithUserAgent(faults.Bystander))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bystander.Close() })
	cloudtest.StorageClient(c).SetRetry(storage.WithPolicy(storage.RetryNever))
	return watched{c.Injector, c.Firestore, cloudtest.StorageClient(c).Bucket(cloudtest.Data), bystander.Bucket(cloudtest.Data)}
}

func write(ctx context.Context, bucket *storage.BucketHandle, text string) error {
	up := bucket.Object("x").NewWriter(ctx)
	_, err := io.WriteString(up, text)
	return errors.Join(err, up.Close())
}

func read(ctx context.Context, bucket *storage.BucketHandle) (string, error) {
	in, err := bucket.Object("x").NewReader(ctx)
	if err != nil {
		return "", err
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	return string(text), err
}

func TestCalls(t *testing.T) {
	t.Parallel()
	w := watch(t)
	ctx := t.Context()
	for range 2 {
		if err := write(ctx, w.bucket, "text"); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(ctx, w.outside, "text"); err != nil {
		t.Fatal(err)
	}
	if got, err := read(ctx, w.bucket); err != nil || got != "text" {
		t.Fatalf("read %q, %v", got, err)
	}
	if _, err := w.docs.Doc("a/b").Set(ctx, map[string]int{"n": 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.docs.Collection("a").Documents(ctx).GetAll(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range w.Calls() {
		got = append(got, c.String())
	}
	want := []string{
		"CloudStorage.POST_upload.1", "CloudStorage.POST_upload.2", "CloudStorage.GET_media.1", "Firestore.Commit.1", "Firestore.RunQuery.1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	w.Begin(nil)
	if calls := w.Calls(); len(calls) != 0 {
		t.Errorf("calls after Begin: %v", calls)
	}
}

// TestErrors lets a write fail, once without any effect and once after it.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{
		codes.Aborted, codes.DeadlineExceeded, codes.Internal, codes.PermissionDenied, codes.ResourceExhausted, codes.Unavailable,
	} {
		for _, effect := range []bool{false, true} {
			name := map[bool]string{false: "before", true: "after"}[effect]
			t.Run(code.String()+"_"+name, func(t *testing.T) {
				t.Parallel()
				w := watch(t)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second) // Firestore's client tries some of them again
				defer cancel()
				w.Begin(func(ctx context.Context, c faults.Call, do func(context.Context) error) error {
					isRead := c.Method == "BatchGetDocuments"
					if effect || isRead {
						if err := do(ctx); err != nil || isRead {
							return err
						}
					}
					return status.Error(code, "injected")
				})
				err := write(ctx, w.bucket, "text")
				if e, ok := errors.AsType[*googleapi.Error](err); !ok || e.Code != answers[code] || !strings.Contains(e.Message, "injected") {
					t.Errorf("write an object: %v, want %d", err, answers[code])
				}
				if _, err := read(t.Context(), w.outside); (err == nil) != effect {
					t.Errorf("then read it: %v", err)
				}
				_, err = w.docs.Doc("a/b").Create(ctx, map[string]int{"n": 1})
				if err == nil {
					t.Error("a document was written")
				}
				// Writes still fail: one that the client has given up can arrive now.
				if doc, err := w.docs.Doc("a/b").Get(t.Context()); (err == nil) != effect {
					t.Errorf("then read it: %v, %v", doc, err)
				}
			})
		}
	}
}

var answers = map[codes.Code]int{
	codes.Aborted: 412, codes.DeadlineExceeded: 504, codes.Internal: 500, codes.PermissionDenied: 403,
	codes.ResourceExhausted: 429, codes.Unavailable: 503,
}

// TestCut breaks connections: HTTP has no answer, or half of one; gRPC an error that stands for
// that.
func TestCut(t *testing.T) {
	t.Parallel()
	w := watch(t)
	text := strings.Repeat("text ", 10_000)
	if err := write(t.Context(), w.outside, text); err != nil {
		t.Fatal(err)
	}
	cut := func(err error) {
		w.Begin(func(ctx context.Context, c faults.Call, do func(context.Context) error) error {
			if answered := do(ctx); answered != nil || c.N > 1 {
				return answered
			}
			return err
		})
	}
	cut(faults.ErrCut)
	if _, err := read(t.Context(), w.bucket); err == nil {
		t.Error("an object was read without an answer")
	}
	if _, err := w.docs.Doc("a/b").Set(t.Context(), map[string]int{"n": 1}); err != nil {
		t.Errorf("write a document: %v", err)
	}
	if n := len(w.Calls()); n != 3 {
		t.Errorf("%d calls, want one of Cloud Storage and two of Firestore, whose client tries again", n)
	}
	cut(faults.ErrCutWithin)
	if got, err := read(t.Context(), w.bucket); err != nil || got != text {
		t.Errorf("read %d of %d bytes: %v", len(got), len(text), err)
	}
	if n := len(w.Calls()); n != 2 {
		t.Errorf("%d calls, want another one for the half that was cut off", n)
	}
}

// TestLate lets a write take effect when its client has gone away.
func TestLate(t *testing.T) {
	t.Parallel()
	w := watch(t)
	arrived := make(chan bool, 2)
	w.Begin(func(ctx context.Context, _ faults.Call, do func(context.Context) error) error {
		arrived <- true
		<-ctx.Done()
		return do(context.WithoutCancel(ctx))
	})
	ctx, cancel := context.WithCancel(t.Context())
	var writes sync.WaitGroup
	writes.Go(func() {
		if err := write(ctx, w.bucket, "text"); err == nil {
			t.Error("the object was written without waiting")
		}
	})
	writes.Go(func() {
		if _, err := w.docs.Doc("a/b").Set(ctx, map[string]int{"n": 1}); err == nil {
			t.Error("the document was written without waiting")
		}
	})
	for range 2 {
		<-arrived
	}
	cancel()
	writes.Wait()
	w.Wait()
	w.Begin(nil)
	if got, err := read(t.Context(), w.outside); err != nil || got != "text" {
		t.Errorf("read %q, %v", got, err)
	}
	if len(w.Calls()) != 0 {
		t.Errorf("a bystander's call was counted: %v", w.Calls())
	}
}

// TestHooks: a hook of one method comes before the hook of all, and can change requests' answers.
func TestHooks(t *testing.T) {
	t.Parallel()
	w := watch(t)
	set := func() error {
		_, err := w.docs.Doc("a/b").Set(t.Context(), map[string]int{"n": 1})
		return err
	}
	w.OnAny(faults.Fail(codes.PermissionDenied))
	w.On("Commit", faults.After(1, faults.First(1, faults.Lose(codes.InvalidArgument))))
	for i, want := range []codes.Code{codes.OK, codes.InvalidArgument, codes.OK} {
		if err := set(); status.Code(err) != want {
			t.Errorf("write %d: %v, want %v", i+1, err, want)
		}
	}
	if n := w.Count("Commit"); n != 3 {
		t.Errorf("%d commits, want 3", n)
	}
	w.On("Commit", nil)
	if err := set(); status.Code(err) != codes.PermissionDenied {
		t.Errorf("without a hook of its own: %v", err)
	}
	w.On("Commit", func(_ context.Context, c faults.Call, _ faults.Do) error {
		if n := len(c.Request.(*firestorepb.CommitRequest).GetWrites()); n != 1 {
			t.Errorf("%d writes in the request", n)
		}
		*c.Reply = &firestorepb.CommitResponse{WriteResults: []*firestorepb.WriteResult{{UpdateTime: timestamppb.New(time.Unix(7, 0))}}}
		return nil
	})
	if got, err := w.docs.Doc("a/b").Set(t.Context(), map[string]int{"n": 1}); err != nil || got.UpdateTime.Unix() != 7 {
		t.Errorf("an answer of the hook: %v, %v", got, err)
	}
	if diff := cmp.Diff(map[string]int{"Commit": 5}, w.Taken(faults.Firestore)); diff != "" || w.Count("Commit") != 0 {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
}
