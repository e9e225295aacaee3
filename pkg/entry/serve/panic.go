// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError turns the value that recover returned into an error, which is only for the log. For a
// runtime error it contains the message, which quotes no data. For any other value it contains only
// the type, because the message could quote users' text.
func PanicError(value any) error {
	what := fmt.Sprintf("%T", value)
	if e, ok := value.(runtime.Error); ok {
		what = e.Error()
	}
	return fmt.Errorf("panic: %s\n%s", what, debug.Stack())
}
