// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

// These are the operations of the journal. Each comment says what the fields of the record mean.
const (
	opBucket       = "bucket"        // Bucket was created
	opObject       = "object"        // Object is live now
	opObjectDelete = "object_delete" // the object Name in the bucket BucketName was deleted
	opEvent        = "event"         // Object was finalized, and its event must still be delivered
	opDelivered    = "delivered"     // the event of Generation in Name's queue was delivered
	opUpload       = "upload"        // Upload was started
	opUploadEnd    = "upload_end"    // the upload with the ID Session failed
	opClock        = "clock"         // Generation is the highest one that was ever assigned
)

// record is one entry of the journal in JSON. It holds one complete change of the store's state.
type record struct {
	Op         string          `json:"op"`
	Bucket     *bucketResource `json:"bucket,omitempty"`
	Object     *Object         `json:"object,omitempty"`
	Upload     *upload         `json:"upload,omitempty"`
	Session    string          `json:"session,omitempty"` // with opObject: the upload it finishes
	Event      bool            `json:"event,omitempty"`   // with opObject: its event is due
	BucketName string          `json:"bucket_name,omitempty"`
	Name       string          `json:"name,omitempty"`
	Generation int64           `json:"generation,omitempty"`
}
