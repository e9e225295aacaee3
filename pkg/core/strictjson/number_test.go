// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

func TestFixedPoint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text   string
		places int
		want   int64
		err    error
	}{
		{"3", 0, 3, nil},
		{"3.0", 0, 3, nil},
		{"3e0", 0, 3, nil},
		{"3E+0", 0, 3, nil},
		{"30e-1", 0, 3, nil},
		{"0.3e1", 0, 3, nil},
		{"-0.003e3", 0, -3, nil},
		{"-0.0", 0, 0, nil},
		{"0e999999999999", 0, 0, nil},
		{"100", 0, 100, nil},
		{"1e18", 0, 1e18, nil},
		{"9223372036854775807", 0, 9223372036854775807, nil},
		{"-9223372036854775808", 0, -9223372036854775808, nil},
		{"9223372036854775808", 0, 0, strictjson.ErrTooLarge},
		{"1e19", 0, 0, strictjson.ErrTooLarge},
		{"1e99999999999999999999", 0, 0, strictjson.ErrTooLarge},
		{"1e-99999999999999999999", 0, 0, strictjson.ErrTooPrecise},
		{"0." + strings.Repeat("0", 50) + "1e51", 0, 1, nil},
		{"3.5", 0, 0, strictjson.ErrTooPrecise},
		{"1e-1", 0, 0, strictjson.ErrTooPrecise},
		{"12.5", 2, 1250, nil},
		{"12.50000", 2, 1250, nil},
		{"12.505", 2, 0, strictjson.ErrTooPrecise},
		{"1e3", 6, 1_000_000_000, nil},
		{"1e-5", 6, 10, nil},
		{"1e-7", 6, 0, strictjson.ErrTooPrecise},
		{"", 0, 0, strictjson.ErrNoNumber},
		{"-", 0, 0, strictjson.ErrNoNumber},
		{"+3", 0, 0, strictjson.ErrNoNumber},
		{"3.", 0, 0, strictjson.ErrNoNumber},
		{".3", 0, 0, strictjson.ErrNoNumber},
		{"3e", 0, 0, strictjson.ErrNoNumber},
		{"3e+-1", 0, 0, strictjson.ErrNoNumber},
		{"0x3", 0, 0, strictjson.ErrNoNumber},
		{"3e1.0", 0, 0, strictjson.ErrNoNumber},
		{"--3", 0, 0, strictjson.ErrNoNumber},
	} {
		got, err := strictjson.FixedPoint(tt.text, tt.places)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("FixedPoint(%q, %d) = %d, %v; want %d, %v", tt.text, tt.places, got, err, tt.want, tt.err)
		}
	}
}
