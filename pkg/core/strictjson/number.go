// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"errors"
	"strconv"
	"strings"
)

// The errors of FixedPoint.
var (
	ErrNoNumber   = errors.New("is not a number")
	ErrTooPrecise = errors.New("has too many decimal places")
	ErrTooLarge   = errors.New("is too large a number")
)

// FixedPoint reads a decimal number exactly and returns it as a count of its last decimal place:
// with two places, 12.5 is 1250. All spellings of a number are equal: 3, 3.0 and 30e-1. The errors
// are ErrNoNumber, ErrTooPrecise and ErrTooLarge.
func FixedPoint(text string, places int) (int64, error) {
	digits, negative := strings.CutPrefix(text, "-")
	mantissa, power, scaled := digits, "", false
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		mantissa, power, scaled = digits[:i], digits[i+1:], true
	}
	whole, part, point := strings.Cut(mantissa, ".")
	unsigned := strings.TrimLeft(power, "+-")
	if whole == "" || point && part == "" || scaled && unsigned == "" || len(power) > len(unsigned)+1 ||
		strings.Trim(whole+part+unsigned, "0123456789") != "" {
		return 0, ErrNoNumber
	}
	significant := strings.TrimLeft(strings.TrimRight(whole+part, "0"), "0")
	if significant == "" {
		return 0, nil
	}
	exponent := 0
	if scaled {
		// An exponent with more digits is out of range in any case, so it is cut to maxDigits.
		const maxDigits = 9
		unsigned = strings.TrimLeft(unsigned, "0")
		n, err := strconv.Atoi("0" + unsigned[:min(maxDigits, len(unsigned))])
		if err != nil {
			return 0, ErrNoNumber
		}
		if len(unsigned) > maxDigits {
			n *= 10
		}
		if exponent = n; power[0] == '-' {
			exponent = -n
		}
	}
	zeros := len(whole+part) - len(strings.TrimRight(whole+part, "0"))
	shift := exponent - len(part) + zeros + places // zeros after the last significant digit
	const maxShift = 19                            // digits of the largest 64-bit number
	switch {
	case shift < 0:
		return 0, ErrTooPrecise
	case shift > maxShift:
		return 0, ErrTooLarge
	}
	if negative {
		significant = "-" + significant
	}
	n, err := strconv.ParseInt(significant+strings.Repeat("0", shift), 10, 64)
	if err != nil {
		return 0, ErrTooLarge
	}
	return n, nil
}
