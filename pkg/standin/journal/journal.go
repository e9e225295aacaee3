// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package journal keeps the records of a stand-in in an append-only file, so that they outlive the
// process.
//
// The file begins with a mark of its format. Each record follows as its length, its checksum and
// its bytes. A record is with the operating system when Append returns: it survives the death of
// the process (kill -9), but not that of the machine, because nothing is synced.
package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"log/slog"
	"math"
	"os"
	"path/filepath"
)

const (
	fileName    = "journal"
	fileHeader  = "vertextune journal 2\n"
	headerBytes = 8 // length and checksum, four bytes each

	// rewriteSlack is how much a journal may grow beyond twice its size at the last rewrite.
	rewriteSlack = 4 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Journal is an open journal. A nil Journal keeps nothing.
type Journal struct {
	path      string
	file      *os.File
	size      int64 // where the last whole record ends
	rewritten int64 // size after the last rewrite
	broken    error // why nothing more can be appended, if that is so
}

// Open opens the journal in dir, which it makes if missing, and passes every record to replay in
// order. It cuts off a last record that is incomplete: the process died while it wrote the record
// and had not acknowledged it. Damage before the last record is an error, and so is a folder that
// an older version wrote. An empty dir gives a nil Journal.
func Open(dir string, replay func(record []byte) error) (*Journal, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("create the folder of the journal: %w", err)
	}
	if err := refuseOldFiles(dir); err != nil {
		return nil, err
	}
	j := &Journal{path: filepath.Join(dir, fileName)}
	var err error
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := j.load(replay); err != nil {
		return nil, errors.Join(fmt.Errorf("read journal %s: %w", j.path, err), j.file.Close())
	}
	return j, nil
}

var errOld = errors.New("an older version of this program wrote it, and this version cannot read it: " +
	"use another data folder, or delete this one")

// refuseOldFiles returns an error if dir holds a journal under the name that an older version gave
// it.
func refuseOldFiles(dir string) error {
	for _, name := range []string{"firestore.journal", "tuning-jobs.jsonl"} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("journal %s: %w", path, errOld)
		}
	}
	return nil
}

// load replays the file and leaves it ready to append to.
func (j *Journal) load(replay func([]byte) error) error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(j.file, 1<<20)
	begin, err := in.Peek(min(len(fileHeader), int(info.Size())))
	if err != nil {
		return err
	}
	if string(begin) != fileHeader[:len(begin)] {
		return errOld
	}
	if len(begin) < len(fileHeader) {
		return j.begin()
	}
	j.size = int64(len(fileHeader))
	_, _ = in.Discard(len(fileHeader)) // it was peeked
	for j.size < info.Size() {
		record, err := readFrame(in, info.Size()-j.size)
		if errors.Is(err, errTorn) {
			slog.Warn("cut an incomplete record off the end of a journal",
				"file", j.path, "kept_bytes", j.size, "cut_bytes", info.Size()-j.size)
			break
		}
		if err == nil {
			err = replay(record)
		}
		if err != nil {
			return fmt.Errorf("record at byte %d: %w", j.size, err)
		}
		j.size += int64(headerBytes + len(record))
	}
	j.rewritten = j.size
	return j.truncate()
}

// begin writes the header into an empty journal.
func (j *Journal) begin() error {
	if _, err := j.file.WriteAt([]byte(fileHeader), 0); err != nil {
		return err
	}
	j.size = int64(len(fileHeader))
	return j.truncate()
}

// truncate ends the file behind its last whole record.
func (j *Journal) truncate() error { return j.file.Truncate(j.size) }

// errTorn says that the file ends within a record.
var errTorn = errors.New("incomplete record")

// readFrame reads the next record of a file that has left bytes more.
func readFrame(in io.Reader, left int64) ([]byte, error) {
	if left < headerBytes {
		return nil, errTorn
	}
	var header [headerBytes]byte
	if _, err := io.ReadFull(in, header[:]); err != nil {
		return nil, err
	}
	// No record is empty: zeros are what a file system leaves of a write that it has not finished.
	length := int64(binary.LittleEndian.Uint32(header[:4]))
	if length == 0 || length > left-headerBytes {
		return nil, errTorn
	}
	record := make([]byte, length)
	if _, err := io.ReadFull(in, record); err != nil {
		return nil, err
	}
	if crc32.Checksum(record, castagnoli) == binary.LittleEndian.Uint32(header[4:]) {
		return record, nil
	}
	if length == left-headerBytes {
		return nil, errTorn
	}
	return nil, errors.New("its checksum is wrong")
}

func frame(record []byte) ([]byte, error) {
	if len(record) == 0 || len(record) > math.MaxUint32 {
		return nil, fmt.Errorf("the journal holds no record of %d bytes", len(record))
	}
	out := make([]byte, 0, headerBytes+len(record))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(record)))
	out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(record, castagnoli))
	return append(out, record...), nil
}

// Append adds a record. If it fails, the record is not there after a restart, and no other record
// is accepted until Rewrite.
func (j *Journal) Append(record []byte) error {
	if j == nil {
		return nil
	}
	if j.broken != nil {
		return j.broken
	}
	framed, err := frame(record)
	if err != nil {
		return err
	}
	if _, err := j.file.WriteAt(framed, j.size); err != nil {
		// A part of the record may be there, in front of the next one.
		j.broken = fmt.Errorf("append to journal %s: %w", j.path, err)
		return j.broken
	}
	j.size += int64(len(framed))
	return nil
}

// Overgrown reports whether the journal has grown so much that a rewrite is worth its cost.
func (j *Journal) Overgrown() bool { return j != nil && j.size > 2*j.rewritten+rewriteSlack }

// Rewrite replaces all records by the given ones. If it fails, or the process dies meanwhile, the
// journal is as it was before.
func (j *Journal) Rewrite(records iter.Seq2[[]byte, error]) error {
	if j == nil {
		return nil
	}
	file, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("rewrite journal: %w", err)
	}
	size, err := writeAll(file, records)
	if err == nil {
		err = os.Rename(file.Name(), j.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("rewrite journal %s: %w", j.path, err), file.Close())
	}
	old := j.file
	j.file, j.size, j.rewritten, j.broken = file, size, size, nil
	if err := old.Close(); err != nil {
		return fmt.Errorf("close the old journal: %w", err)
	}
	return nil
}

func writeAll(file *os.File, records iter.Seq2[[]byte, error]) (size int64, err error) {
	out := bufio.NewWriterSize(file, 1<<20)
	n, err := out.WriteString(fileHeader)
	if err != nil {
		return 0, err
	}
	size = int64(n)
	for record, err := range records {
		if err != nil {
			return 0, err
		}
		framed, err := frame(record)
		if err != nil {
			return 0, err
		}
		n, err := out.Write(framed)
		if err != nil {
			return 0, err
		}
		size += int64(n)
	}
	return size, out.Flush()
}

// Close closes the file. Append fails afterwards.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("close journal %s: %w", j.path, err)
	}
	return nil
}
