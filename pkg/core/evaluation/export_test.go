// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

// SetMaxHeld sets how many bytes of lines the selector holds.
func (s *Selector) SetMaxHeld(n int) { s.maxBytes = n }
