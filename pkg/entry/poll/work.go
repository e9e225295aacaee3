// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
)

// maxErrors is how many errors of one tick are returned; the others are only counted.
const maxErrors = 10

// work runs steps, a few at a time. A step that fails does not stop the others.
type work struct {
	group errgroup.Group

	mu       sync.Mutex
	faults   []error
	unlisted int
}

func newWork(atATime int) *work {
	w := &work{}
	w.group.SetLimit(atATime)
	return w
}

// do runs the step as soon as there is room for it.
func (w *work) do(step func() error) {
	w.group.Go(func() error {
		if err := step(); err != nil {
			w.failed(err)
		}
		return nil
	})
}

// failed records the error of a step.
func (w *work) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.faults) == maxErrors {
		w.unlisted++
		return
	}
	w.faults = append(w.faults, err)
}

// wait returns after all steps have ended, with their errors.
func (w *work) wait() error {
	_ = w.group.Wait() // the steps return no errors: failed records them
	if w.unlisted > 0 {
		w.faults = append(w.faults, fmt.Errorf("and %d more errors", w.unlisted))
	}
	return errors.Join(w.faults...)
}
