// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"crypto/md5" //nolint:gosec // the hash Cloud Storage reports
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// disk is the folder that holds the blobs: one file for each live object, named by its generation,
// and the data of open uploads.
type disk struct{ dir string }

const (
	blobDir   = "blobs"   // live objects' content
	uploadDir = "uploads" // resumable uploads' data, named by session
	tempDir   = "tmp"     // other uploads' data, worthless after a restart
)

func openDisk(dir string) (disk, error) {
	d := disk{dir}
	if err := os.RemoveAll(filepath.Join(dir, tempDir)); err != nil {
		return d, fmt.Errorf("clear temporary files: %w", err)
	}
	for _, sub := range []string{blobDir, uploadDir, tempDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return d, fmt.Errorf("create folder: %w", err)
		}
	}
	return d, nil
}

func (d disk) blobPath(generation int64) string {
	return filepath.Join(d.dir, blobDir, strconv.FormatInt(generation, 10))
}

func (d disk) uploadPath(session string) string {
	return filepath.Join(d.dir, uploadDir, session)
}

// removeOrphans deletes the files for which keep says no: those a killed
// process left between writing a file and recording it, or the reverse.
func (d disk) removeOrphans(sub string, keep func(name string) bool) error {
	entries, err := os.ReadDir(filepath.Join(d.dir, sub))
	if err != nil {
		return fmt.Errorf("look for orphans: %w", err)
	}
	for _, e := range entries {
		if keep(e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(d.dir, sub, e.Name())); err != nil {
			return fmt.Errorf("remove orphan: %w", err)
		}
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// blobWriter writes one object's content to disk and hashes it.
type blobWriter struct {
	f    *os.File
	size int64
	md5  hash.Hash
	crc  hash.Hash32
}

func newBlobWriter(f *os.File) *blobWriter {
	return &blobWriter{f: f, md5: md5.New(), crc: crc32.New(castagnoli)} //nolint:gosec // see import
}

// create begins a blob that does not outlive the process.
func (d disk) create() (*blobWriter, error) {
	f, err := os.Create(filepath.Join(d.dir, tempDir, rand.Text()))
	if err != nil {
		return nil, fmt.Errorf("create blob: %w", err)
	}
	return newBlobWriter(f), nil
}

// openUpload opens the data of a resumable upload, which may have begun in an
// earlier process. What a killed process wrote of an unfinished quantum is cut.
func (d disk) openUpload(session string) (_ *blobWriter, err error) {
	f, err := os.OpenFile(d.uploadPath(session), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open upload: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open upload: %w", err), f.Close())
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	whole := info.Size() / quantum * quantum
	if err := f.Truncate(whole); err != nil {
		return nil, err
	}
	w := newBlobWriter(f)
	w.size, err = copyBuffered(io.MultiWriter(w.md5, w.crc), f)
	return w, err
}

// Write appends content.
func (w *blobWriter) Write(p []byte) (int, error) {
	n, err := w.f.WriteAt(p, w.size)
	w.size += int64(n)
	w.md5.Write(p[:n])
	w.crc.Write(p[:n])
	return n, err
}

func (w *blobWriter) md5Hash() string { return base64.StdEncoding.EncodeToString(w.md5.Sum(nil)) }

func (w *blobWriter) crc32c() string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, w.crc.Sum32()))
}

// verify compares the content with the hashes the client named, where it did.
func (w *blobWriter) verify(md5Hash, crc32c string) error {
	if got := w.md5Hash(); md5Hash != "" && md5Hash != got {
		return errInvalid("Provided MD5 hash %q doesn't match calculated MD5 hash %q.", md5Hash, got)
	}
	if got := w.crc32c(); crc32c != "" && crc32c != got {
		return errInvalid("Provided CRC32C %q doesn't match calculated CRC32C %q.", crc32c, got)
	}
	return nil
}

// publish moves the content to where the object of that generation has it.
func (w *blobWriter) publish(d disk, generation int64) error {
	if err := os.Rename(w.f.Name(), d.blobPath(generation)); err != nil {
		return fmt.Errorf("publish blob: %w", err)
	}
	return nil
}

// discard closes the writer and removes its file, unless it was published.
func (w *blobWriter) discard() {
	// Nothing is lost when these fail: the next start clears what is left.
	_ = w.f.Close()
	_ = os.Remove(w.f.Name())
}

const copyBuffer = 128 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// copyBuffered is io.Copy with a large, shared buffer.
func copyBuffered(dst io.Writer, src io.Reader) (int64, error) {
	buf := copyBuffers.Get().(*[copyBuffer]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer copyBuffers.Put(buf)
	// The struct hides src's WriterTo, which would bring its own small buffer.
	return io.CopyBuffer(dst, struct{ io.Reader }{src}, buf[:])
}
