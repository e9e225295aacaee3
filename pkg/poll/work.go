// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// shown is how many errors of one tick are written out; the others are counted.
const shown = 10

// work runs steps, a few at a time. One that fails does not keep the others from being done.
type work struct {
	group errgroup.Group

	mu     sync.Mutex
	faults []error
	more   int
}

func newWork(atATime int) *work {
	w := &work{}
	w.group.SetLimit(atATime)
	return w
}

// do runs the step, when there is room for it.
func (w *work) do(step func() error) {
	w.group.Go(func() error {
		if err := step(); err != nil {
			w.failed(err)
		}
		return nil
	})
}

// failed keeps what went wrong.
func (w *work) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.faults) == shown {
		w.more++
		return
	}
	w.faults = append(w.faults, err)
}

// wait returns when all steps are done, with what went wrong in them.
func (w *work) wait() error {
	_ = w.group.Wait() // its steps return no errors: they are kept here
	if w.more > 0 {
		w.faults = append(w.faults, fmt.Errorf("and %d more of them", w.more))
	}
	return errors.Join(w.faults...)
}
