// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

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
	journalName = "firestore.journal"
	headerBytes = 8 // length and checksum of what follows, four bytes each

	// compactAbove is how many documents the journal may hold for each one that
	// is still alive before it is written anew.
	compactAbove = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// journal is a file of framed records, each one commit. A commit is handed to
// the operating system before it is answered: it survives the death of this
// process, not that of the machine.
type journal struct {
	file   *os.File
	size   int64 // end of the last whole record
	broken error // why nothing more can be appended, if so
}

// openJournal opens the journal in dir, hands every whole record to replay in
// order, and cuts off what a crash has left behind the last one.
func openJournal(dir string, replay func(record)) (*journal, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the journal's folder: %w", err)
	}
	path := filepath.Join(dir, journalName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &journal{file: file}
	if err := j.load(replay); err != nil {
		return nil, errors.Join(fmt.Errorf("load journal %s: %w", path, err), file.Close())
	}
	return j, nil
}

// load replays the file and leaves it ready to append to.
func (j *journal) load(replay func(record)) error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(j.file, 1<<20)
	for {
		payload, err := readFrame(in, info.Size()-j.size)
		if errors.Is(err, errTorn) || errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		r, err := parseRecord(payload)
		if err != nil {
			return fmt.Errorf("record at byte %d: %w", j.size, err)
		}
		replay(r)
		j.size += int64(headerBytes + len(payload))
	}
	if info.Size() > j.size {
		slog.Warn("firestore stand-in cuts what a crash left at the end of its journal",
			"file", j.file.Name(), "kept_bytes", j.size, "cut_bytes", info.Size()-j.size)
	}
	return j.cut()
}

// cut makes the file end after its last whole record.
func (j *journal) cut() error {
	if err := j.file.Truncate(j.size); err != nil {
		return fmt.Errorf("cut to %d bytes: %w", j.size, err)
	}
	if _, err := j.file.Seek(j.size, io.SeekStart); err != nil {
		return fmt.Errorf("seek to byte %d: %w", j.size, err)
	}
	return nil
}

// errTorn says that the file ends within a record or that its checksum is wrong.
var errTorn = errors.New("torn record")

// readFrame reads the next record, of a file of which some bytes are left.
func readFrame(in io.Reader, left int64) ([]byte, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(in, header[:]); errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errTorn
	} else if err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(header[:4]))
	if length < timeBytes || length > left-headerBytes {
		return nil, errTorn
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(in, payload); err != nil {
		return nil, err
	}
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(header[4:]) {
		return nil, errTorn
	}
	return payload, nil
}

func appendFrame(dst, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(payload, castagnoli))
	return append(dst, payload...)
}

// append writes one record. When that fails the file is cut back, so that the
// refused commit does not come back at the next start.
func (j *journal) append(r record) error {
	if j.broken != nil {
		return j.broken
	}
	payload, err := r.encode()
	if err != nil {
		return err
	}
	if len(payload) > math.MaxUint32 {
		return fmt.Errorf("a record of %d bytes is too large for the journal", len(payload))
	}
	frame := appendFrame(make([]byte, 0, headerBytes+len(payload)), payload)
	if _, err := j.file.Write(frame); err != nil {
		err = fmt.Errorf("append to journal: %w", err)
		if cutErr := j.cut(); cutErr != nil {
			j.broken = errors.Join(err, cutErr)
		}
		return err
	}
	j.size += int64(len(frame))
	return nil
}

// compact replaces the file by one that holds only the given records. A crash
// on the way leaves the old file as it was.
func (j *journal) compact(records iter.Seq[record]) error {
	path := j.file.Name()
	file, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("create compacted journal: %w", err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	size := int64(0)
	for r := range records {
		payload, err := r.encode()
		if err != nil {
			return errors.Join(err, file.Close())
		}
		n, err := out.Write(appendFrame(nil, payload))
		if err != nil {
			return errors.Join(fmt.Errorf("write compacted journal: %w", err), file.Close())
		}
		size += int64(n)
	}
	err = replace(out, file, path)
	if err != nil {
		return errors.Join(fmt.Errorf("put compacted journal in place: %w", err), file.Close())
	}
	err = j.file.Close()
	j.file, j.size = file, size
	return err
}

func replace(out *bufio.Writer, file *os.File, path string) error {
	if err := out.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (j *journal) close() error {
	if err := errors.Join(j.file.Sync(), j.file.Close()); err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}
