// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"net/http"
	"testing"
	"time"
)

// BenchmarkPages measures pages while there are 10,000 jobs.
func BenchmarkPages(b *testing.B) {
	s := newSystem(b)
	s.many(b, 10_000)
	for name, path := range map[string]string{
		"jobs": "/console", "filtered": "/console?started_by=ann&status=PIPELINE_STATE_SUCCEEDED", "job": "/console/jobs/" + jobID(5000), "models": "/console/models",
		"money": "/console/money?month=2026-11",
	} {
		s.get(b, reader, path).has(b, http.StatusOK)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s.get(b, reader, path)
			}
		})
	}
	// The numbers of tuned models are counted anew every minute.
	b.Run("models-counted", func(b *testing.B) {
		for b.Loop() {
			s.Advance(time.Hour)
			s.get(b, reader, "/console/models")
		}
	})
}
