// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

// The operations of the journal.
const (
	opBucket       = "bucket"        // Bucket was created
	opObject       = "object"        // Object is live now
	opObjectDelete = "object_delete" // Bucket and Name are the object's
	opEvent        = "event"         // Object was finalized, and is still to be delivered
	opDelivered    = "delivered"     // the event of Generation in Name's queue was delivered
	opUpload       = "upload"        // Upload was started
	opUploadEnd    = "upload_end"    // Session failed
	opClock        = "clock"         // Generation is the newest ever given
)

// record is one entry of the journal, in JSON: one whole change of the store's state.
type record struct {
	Op         string          `json:"op"`
	Bucket     *bucketResource `json:"bucket,omitempty"`
	Object     *Object         `json:"object,omitempty"`
	Upload     *upload         `json:"upload,omitempty"`
	Session    string          `json:"session,omitempty"` // with opObject: the upload it finishes
	Event      bool            `json:"event,omitempty"`   // with opObject: it is to be delivered
	BucketName string          `json:"bucket_name,omitempty"`
	Name       string          `json:"name,omitempty"`
	Generation int64           `json:"generation,omitempty"`
}
