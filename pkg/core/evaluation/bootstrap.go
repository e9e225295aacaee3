// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
)

const (
	resamples = 10_000
	// outside is how many resampled means are beyond each end of the interval: 2.5 %.
	outside = resamples * 25 / 1000
)

// splitMix is the generator of random numbers SplitMix64. Its numbers are the same in every version
// of Go, and it is simple enough for a second implementation.
type splitMix uint64

// next returns the next random number.
func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// index returns the next random index of a list with n elements: the upper 32 bits of the next
// number, multiplied by n, divided by 2^32.
func (s *splitMix) index(n int) int { return int((s.next() >> 32) * uint64(n) >> 32) }

// bootstrap returns the 95 % interval of the mean of paired differences, by the percentile method:
// 10,000 times it draws as many differences as there are, with replacement, and takes their mean.
// The interval leaves out the 250 smallest and the 250 largest means.
func bootstrap(differences []float64, seed uint64) (low, high float64) {
	n := len(differences)
	if n == 0 {
		return 0, 0
	}
	random := splitMix(seed)
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range n {
			sum += differences[random.index(n)]
		}
		means[i] = sum / float64(n)
	}
	slices.Sort(means)
	return means[outside], means[resamples-1-outside]
}

// seedOf returns the seed for the bootstrap, which depends on the examples alone: the first 8 bytes
// of the SHA-256 of their sorted keys, each with a line feed, big-endian. So a report can be
// repeated, and all sides of it are resampled in the same way.
func seedOf(rows []Row) uint64 {
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = row.Key
	}
	slices.Sort(keys)
	h := sha256.New()
	for _, key := range keys {
		h.Write([]byte(key + "\n"))
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

// detectable returns about how large a mean difference must be for as many examples to show it:
// with a chance of 80 %, at the level of 5 %. That is 2.8 standard errors (1.96 + 0.84), but at
// least 3/n and at most 1. If no example in n differs, up to 3/n of all examples can still do (the
// rule of three).
func detectable(differences []float64) float64 {
	n := float64(len(differences))
	if n < 2 {
		return 1
	}
	center, squares := mean(differences), 0.0
	for _, d := range differences {
		squares += (d - center) * (d - center)
	}
	standardError := math.Sqrt(squares / (n - 1) / n)
	return min(max(2.8*standardError, 3/n), 1)
}
