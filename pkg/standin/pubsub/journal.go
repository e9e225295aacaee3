// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

const (
	journalName = "pubsub.journal"
	// rewriteSlack is how much a journal may grow beyond twice its size at the
	// last rewrite. It bounds the file and keeps rewrites rare.
	rewriteSlack = 4 << 20
)

// journal is an append-only file of records, each an Any with its length in
// front. A write is with the kernel when append returns, so it survives the
// death of the process (kill -9). It is not synced: losing the machine's last
// seconds is no concern of a stand-in.
type journal struct {
	path      string
	file      *os.File
	size      int64
	rewritten int64 // size after the last rewrite
	broken    error // set once the file's end is unknown
}

// openJournal applies every record of the directory's journal.
func openJournal(dir string, apply func(proto.Message) error) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create journal directory: %w", err)
	}
	j := &journal{path: filepath.Join(dir, journalName)}
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.file = f
	if err := j.replay(apply); err != nil {
		return nil, errors.Join(fmt.Errorf("replay journal %s: %w", j.path, err), f.Close())
	}
	return j, nil
}

// replay reads up to the end or to a record that is cut short, which is a
// write that the process did not live to finish and never answered.
func (j *journal) replay(apply func(proto.Message) error) error {
	r := bufio.NewReader(j.file)
	for {
		var record anypb.Any
		err := protodelim.UnmarshalOptions{MaxSize: -1}.UnmarshalFrom(r, &record)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read record: %w", err)
		}
		m, err := record.UnmarshalNew()
		if err != nil {
			return fmt.Errorf("decode record: %w", err)
		}
		if err := apply(m); err != nil {
			return fmt.Errorf("apply record: %w", err)
		}
	}
}

// append writes records in one piece. On an error none of them is kept.
func (j *journal) append(records ...proto.Message) error {
	if j.broken != nil {
		return j.broken
	}
	var buf bytes.Buffer
	for _, r := range records {
		if err := encode(&buf, r); err != nil {
			return err
		}
	}
	if _, err := j.file.Write(buf.Bytes()); err != nil {
		err = fmt.Errorf("append to journal %s: %w", j.path, err)
		if _, undo := j.file.Seek(j.size, io.SeekStart); undo != nil {
			j.broken = errors.Join(err, undo)
		} else if undo := j.file.Truncate(j.size); undo != nil {
			j.broken = errors.Join(err, undo)
		}
		return err
	}
	j.size += int64(buf.Len())
	return nil
}

func (j *journal) overgrown() bool { return j.size > 2*j.rewritten+rewriteSlack }

// rewrite replaces the journal by the given records, all or nothing.
func (j *journal) rewrite(records iter.Seq[proto.Message]) error {
	f, err := os.OpenFile(j.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("rewrite journal: %w", err)
	}
	size, err := writeAll(f, records)
	if err == nil {
		err = os.Rename(f.Name(), j.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("rewrite journal %s: %w", j.path, err), f.Close(), os.Remove(f.Name()))
	}
	old := j.file
	j.file, j.size, j.rewritten, j.broken = f, size, size, nil
	if err := old.Close(); err != nil {
		return fmt.Errorf("close old journal: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("close journal %s: %w", j.path, err)
	}
	return nil
}

func writeAll(f *os.File, records iter.Seq[proto.Message]) (size int64, err error) {
	w := bufio.NewWriter(f)
	for r := range records {
		if err := encode(w, r); err != nil {
			return 0, err
		}
	}
	if err := w.Flush(); err != nil {
		return 0, fmt.Errorf("write records: %w", err)
	}
	return f.Seek(0, io.SeekCurrent)
}

func encode(w io.Writer, record proto.Message) error {
	packed, err := anypb.New(record)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	if _, err := protodelim.MarshalTo(w, packed); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}
