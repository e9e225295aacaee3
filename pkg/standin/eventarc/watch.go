// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cloud.google.com/go/storage"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"google.golang.org/api/iterator"
	raw "google.golang.org/api/storage/v1"
)

// Watch delivers a finalized event for every object generation that appears in a bucket, for
// storage emulators that do not notify. It lists the bucket at once and then every interval, until
// ctx is done, and then returns nil when open deliveries have ended. It misses a generation that
// appears and disappears between two listings.
//
// What exists at the start counts as new. Functions must accept an event twice anyway. It is no
// method, so that only those who call it compile the type of the client: see gcs.Store.
func Watch(ctx context.Context, t *Trigger, bucket *storage.BucketHandle, interval time.Duration) error {
	w := &watcher{trigger: t, bucket: bucket}
	defer w.deliveries.Wait()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := w.list(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "listing failed and will be tried again",
				"bucket", bucket.BucketName(),
				"error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

type watcher struct {
	trigger    *Trigger
	bucket     *storage.BucketHandle
	listed     map[version]bool
	deliveries sync.WaitGroup
}

// version distinguishes what was listed before from what is new. Some emulators have no
// generations; then content and time replace them.
type version struct {
	name       string
	generation int64
	updated    time.Time
	size       int64
	crc32c     uint32
}

func versionOf(o *storage.ObjectAttrs) version {
	if o.Generation != 0 {
		return version{name: o.Name, generation: o.Generation}
	}
	return version{name: o.Name, updated: o.Updated.UTC(), size: o.Size, crc32c: o.CRC32C}
}

// list lists the bucket and starts a delivery for every new version. Only what is listed stays
// known, so that memory is bounded by the bucket's size.
func (w *watcher) list(ctx context.Context) error {
	listed := map[version]bool{}
	objects := w.bucket.Objects(ctx, nil)
	for {
		o, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			w.listed = listed
			return nil
		}
		if err != nil {
			// The rest of the list is unknown: what was known stays so.
			for v := range w.listed {
				listed[v] = true
			}
			w.listed = listed
			return fmt.Errorf("list objects: %w", err)
		}
		v := versionOf(o)
		listed[v] = true
		if !w.listed[v] {
			w.deliveries.Go(func() { w.deliver(ctx, o) })
		}
	}
}

func (w *watcher) deliver(ctx context.Context, o *storage.ObjectAttrs) {
	resource, err := objectResource(o)
	var e cloudevents.Event
	if err == nil {
		e, err = FinalizedEvent(resource)
	}
	if err == nil {
		err = w.trigger.Retry(ctx, e)
	}
	if err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "event given up",
			"object", o.Name,
			"event_id", e.ID(),
			"error", err)
	}
}

// objectResource is the object as the JSON API has it.
func objectResource(o *storage.ObjectAttrs) ([]byte, error) {
	crc := binary.BigEndian.AppendUint32(nil, o.CRC32C)
	resource, err := json.Marshal(raw.Object{
		Kind:            "storage#object",
		Id:              fmt.Sprintf("%s/%s/%d", o.Bucket, o.Name, o.Generation),
		Bucket:          o.Bucket,
		Name:            o.Name,
		Generation:      o.Generation,
		Metageneration:  o.Metageneration,
		Size:            uint64(max(o.Size, 0)),
		ContentType:     o.ContentType,
		ContentEncoding: o.ContentEncoding,
		Metadata:        o.Metadata,
		StorageClass:    o.StorageClass,
		Crc32c:          base64.StdEncoding.EncodeToString(crc),
		Md5Hash:         base64.StdEncoding.EncodeToString(o.MD5),
		Etag:            o.Etag,
		MediaLink:       o.MediaLink,
		TimeCreated:     o.Created.UTC().Format(time.RFC3339Nano),
		Updated:         o.Updated.UTC().Format(time.RFC3339Nano),
		ForceSendFields: []string{"Generation", "Size"},
	})
	if err != nil {
		return nil, fmt.Errorf("encode object resource: %w", err)
	}
	return resource, nil
}
