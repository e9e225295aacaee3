// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
)

// The journal's operations.
const (
	opBucket       = "bucket"        // Bucket was created or changed
	opBucketDelete = "bucket_delete" // Name is the bucket
	opObject       = "object"        // Object is live now
	opObjectDelete = "object_delete" // Bucket and Name are the object's
	opEvent        = "event"         // Object was finalized, and is still to be delivered
	opDelivered    = "delivered"     // the event of Generation in Name's queue is done with
	opUpload       = "upload"        // Upload was started, or is finished with Object
	opUploadEnd    = "upload_end"    // Session was cancelled or failed
	opClock        = "clock"         // Generation is the newest ever given
)

// record is one entry of the journal: one change of the store's state, whole.
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

// journal is an append-only file of records, each a line of checksum and JSON.
type journal struct {
	f    *os.File
	size int64
}

var errClosed = errors.New("storage is closed")

// replayJournal feeds every record of the file to apply. A missing file is an
// empty one. A last line that was torn by the end of the process was never
// acknowledged and is passed over; damage before that is an error.
func replayJournal(path string, apply func(*record) error) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	for offset := 0; ; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what is left has no line end: torn
		}
		if err != nil {
			return fmt.Errorf("read journal %s: %w", path, err)
		}
		rec, err := decodeRecord(line)
		if err != nil {
			if _, more := r.Peek(1); errors.Is(more, io.EOF) {
				return nil
			}
			return fmt.Errorf("journal %s is damaged at byte %d: %w", path, offset, err)
		}
		if err := apply(rec); err != nil {
			return fmt.Errorf("journal %s at byte %d: %w", path, offset, err)
		}
		offset += len(line)
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeRecord(rec *record) ([]byte, error) {
	body, err := json.Marshal(rec)
	if err != nil {
		return nil, fmt.Errorf("encode journal record: %w", err)
	}
	line := fmt.Appendf(make([]byte, 0, len(body)+10), "%08x ", crc32.Checksum(body, castagnoli))
	return append(append(line, body...), '\n'), nil
}

func decodeRecord(line []byte) (*record, error) {
	sum, body, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if err != nil {
		return nil, fmt.Errorf("checksum: %w", err)
	}
	if got := uint64(crc32.Checksum(body, castagnoli)); got != want {
		return nil, fmt.Errorf("checksum %08x does not match %08x", got, want)
	}
	var rec record
	if err := json.Unmarshal(body, &rec); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return &rec, nil
}

// createJournal writes a new journal that begins with snapshot and puts it in
// the place of the old one in one step.
func createJournal(path string, snapshot func(emit func(*record) error) error) (_ *journal, err error) {
	next := path + ".new"
	f, err := os.Create(next)
	if err != nil {
		return nil, fmt.Errorf("create journal: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // err says what went wrong
		}
	}()
	j := &journal{f: f}
	w := bufio.NewWriterSize(f, 64<<10)
	err = snapshot(func(rec *record) error {
		line, err := encodeRecord(rec)
		if err != nil {
			return err
		}
		n, err := w.Write(line)
		j.size += int64(n)
		return err
	})
	if err = errors.Join(err, w.Flush()); err != nil {
		return nil, fmt.Errorf("write journal %s: %w", next, err)
	}
	if err := os.Rename(next, path); err != nil {
		return nil, fmt.Errorf("replace journal: %w", err)
	}
	return j, nil
}

// append adds a record. When it fails, the journal is as it was before.
func (j *journal) append(rec *record) error {
	if j.f == nil {
		return errClosed
	}
	line, err := encodeRecord(rec)
	if err != nil {
		return err
	}
	if _, err := j.f.WriteAt(line, j.size); err != nil {
		// Part of the line may be there. It must not stay in front of the next.
		return errors.Join(fmt.Errorf("append to journal: %w", err), j.f.Truncate(j.size))
	}
	j.size += int64(len(line))
	return nil
}

func (j *journal) shut() error {
	if j.f == nil {
		return nil
	}
	err := j.f.Close()
	j.f = nil
	return err
}
