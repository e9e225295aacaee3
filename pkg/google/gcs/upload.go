// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs

import "cloud.google.com/go/storage"

// The client allocates one chunk for each upload, however small the object is, to send it again
// after an error. So an object that fits in smallChunk gets no more.
const (
	chunk      = 4 << 20
	smallChunk = 256 << 10 // the smallest size that Cloud Storage allows
)

// upload is a writer that collects blocks of the size of a small chunk, and passes them to another
// goroutine. The client accepts nothing while it sends a chunk. A quarter of a chunk is collected in
// the meantime.
type upload struct {
	to    *storage.Writer
	block []byte
	// These are nil until the first block is full.
	full   chan []byte
	empty  chan []byte
	failed chan struct{} // closed after an error
	ended  chan struct{} // closed after the last block
	err    error         // of the goroutine, to be read after failed or ended is closed
}

func (u *upload) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if len(u.block) == smallChunk {
			if err := u.pass(); err != nil {
				return written, err
			}
		}
		n := min(len(p)-written, smallChunk-len(u.block))
		u.block = append(u.block, p[written:written+n]...)
		written += n
	}
	return written, nil
}

// pass passes the block to the goroutine, and takes an empty one.
func (u *upload) pass() error {
	if u.full == nil {
		u.begin()
	}
	select {
	case <-u.failed:
		return u.err
	case u.full <- u.block:
		u.block = <-u.empty
		return nil
	}
}

func (u *upload) begin() {
	const blocks = chunk / smallChunk / 4
	u.to.ChunkSize = chunk
	u.full, u.empty = make(chan []byte, blocks), make(chan []byte, blocks)
	u.failed, u.ended = make(chan struct{}), make(chan struct{})
	for range blocks {
		u.empty <- nil
	}
	go u.send()
}

// send writes full blocks to the client. After an error, it only returns them.
func (u *upload) send() {
	defer close(u.ended)
	for block := range u.full {
		if u.err == nil {
			if _, u.err = u.to.Write(block); u.err != nil {
				close(u.failed)
			}
		}
		u.empty <- block[:0]
	}
}

// stop ends the goroutine. It may be called more than once.
func (u *upload) stop() {
	if u.full == nil {
		return
	}
	select {
	case <-u.ended:
	default:
		close(u.full)
		<-u.ended
	}
}

// Close uploads the rest and creates the object.
func (u *upload) Close() error {
	if u.full == nil {
		u.to.ChunkSize = smallChunk
	}
	if u.stop(); u.err != nil {
		return u.err
	}
	if _, err := u.to.Write(u.block); err != nil {
		return err //nolint:wrapcheck // Store.Write wraps it
	}
	return u.to.Close() //nolint:wrapcheck // Store.Write wraps it
}
