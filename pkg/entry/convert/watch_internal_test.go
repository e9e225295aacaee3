// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := &Converter{Log: slog.New(slog.NewTextHandler(&log, nil))}
		watch := c.watch(t.Context(), Source{Bucket: "b", Name: "a.json", Generation: 7, Size: 100})
		for i := range int64(25) { // one call each second
			watch(dataset.Progress{Bytes: 4 * i, Records: i})
			time.Sleep(time.Second)
		}
		const object = " msg=\"the conversion is in progress\" object=gs://b/a.json generation=7 "
		for _, want := range []string{object + "bytes=40 size=100 records=10\n", object + "bytes=80 size=100 records=20\n"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, &log)
			}
		}
		if n := strings.Count(log.String(), "\n"); n != 2 {
			t.Errorf("%d lines in 25 seconds, want 2:\n%s", n, &log)
		}
	})
}
