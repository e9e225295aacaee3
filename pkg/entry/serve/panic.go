// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError returns what recover has returned as an error, for the log alone. Of a panic of the runtime it has the
// words, which quote nothing; of another its type, as its words may be anybody's.
func PanicError(value any) error {
	what := fmt.Sprintf("%T", value)
	if e, ok := value.(runtime.Error); ok {
		what = e.Error()
	}
	return fmt.Errorf("panic: %s\n%s", what, debug.Stack())
}
