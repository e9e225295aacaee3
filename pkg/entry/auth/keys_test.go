// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// clock is a clock that a test can set forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time               { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration)      { c.ahead.Add(int64(d)) }
func (c *clock) setFor(k auth.Checker) *clock { auth.At(k, c.now); return c }
func (i *issuer) long() map[string]any {
	return i.claims(map[string]any{"exp": time.Now().Add(100 * time.Hour).Unix()})
}
func kindOf(_ auth.Caller, err error) fault.Kind {
	if err == nil {
		return -1
	}
	return fault.KindOf(err)
}

// accepted stands for the absence of an error.
const accepted = fault.Kind(-1)

func TestKeys_are_rotated(t *testing.T) {
	t.Parallel()
	first, second := named("1", rsaKey()), named("2", ecKey(elliptic.P256()))
	i := newIssuer(t, first)
	checker := i.checker()
	clock := new(clock).setFor(checker)
	check := func(what string, algorithm jose.SignatureAlgorithm, key jose.JSONWebKey, want fault.Kind) {
		t.Helper()
		if got := kindOf(checker.Check(request(t, sign(t, algorithm, key, i.long())))); got != want {
			t.Errorf("%s: kind %d, want %d", what, got, want)
		}
	}
	check("a key", jose.RS256, first, accepted)
	check("a key again", jose.RS256, first, accepted)
	if n := i.asked.Load(); n != 1 {
		t.Errorf("the issuer was asked %d times, want once", n)
	}
	check("a key to come", jose.ES256, second, fault.Unauthenticated)
	i.publish(first, second)
	check("a new key", jose.ES256, second, accepted)
	check("the old key beside it", jose.RS256, first, accepted)
	i.publish(second)
	check("a key that was withdrawn a moment ago", jose.RS256, first, accepted)
	clock.forward(2 * time.Hour)
	check("a key that was withdrawn", jose.RS256, first, fault.Unauthenticated)
	check("the key that is left", jose.ES256, second, accepted)
	i.publish(named("2", otherRSAKey()))
	check("another key of an old name", jose.RS256, named("2", otherRSAKey()), accepted)
}

func TestKeys_are_asked_for_at_a_bounded_rate(t *testing.T) {
	t.Parallel()
	key := named("1", rsaKey())
	i := newIssuer(t, key)
	checker := i.checker()
	clock := new(clock).setFor(checker)
	flood := func(n int) {
		for kid := range n {
			token := compact(map[string]any{"alg": "RS256", "kid": fmt.Sprint("unknown-", kid)}, i.long(), "AAAA")
			if got := kindOf(checker.Check(request(t, token))); got != fault.Unauthenticated {
				t.Fatalf("kind %d, want Unauthenticated", got)
			}
		}
	}
	flood(500)
	if n := i.asked.Load(); n > 6 {
		t.Errorf("500 tokens had the issuer asked %d times", n)
	}
	before := i.asked.Load()
	clock.forward(30 * time.Second)
	flood(500)
	if n := i.asked.Load() - before; n < 1 || n > 4 {
		t.Errorf("30 s later 500 tokens had the issuer asked %d times", n)
	}
	if got := kindOf(checker.Check(request(t, sign(t, jose.RS256, key, i.long())))); got != accepted {
		t.Errorf("a good token after the flood: kind %d", got)
	}
}

func TestKeys_are_asked_for_once_by_all_who_wait(t *testing.T) {
	t.Parallel()
	key := named("1", rsaKey())
	i := newIssuer(t, key)
	checker := i.checker()
	token := sign(t, jose.RS256, key, i.long())
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			if got := kindOf(checker.Check(request(t, token))); got != accepted {
				t.Errorf("kind %d", got)
			}
		})
	}
	running.Wait()
	if n := i.asked.Load(); n > 2 { // a second request may begin before the first one's keys are stored
		t.Errorf("the issuer was asked %d times", n)
	}
}

func TestKeys_while_the_issuer_is_away(t *testing.T) {
	t.Parallel()
	key := named("1", rsaKey())
	i := newIssuer(t, key)
	i.fails(away)
	checker := i.checker()
	clock := new(clock).setFor(checker)
	good := sign(t, jose.RS256, key, i.long())
	_, err := checker.Check(request(t, good))
	if e := fault.From(err); e.Kind != fault.Unavailable || e.RetryAfter <= 0 || strings.Contains(e.Message, i.url) || !strings.Contains(e.Error(), "503") {
		t.Errorf("before there were keys: %v, want Unavailable with the cause for the log alone", err)
	}
	i.fails(nil)
	clock.forward(time.Minute)
	if got := kindOf(checker.Check(request(t, good))); got != accepted {
		t.Fatalf("when it is back: kind %d", got)
	}
	i.fails(away)
	clock.forward(50 * time.Hour) // the keys are stale by then
	for _, tt := range []struct {
		name  string
		token string
		want  fault.Kind
	}{
		{"known key", good, accepted},
		{"known key, forged", sign(t, jose.RS256, named("1", otherRSAKey()), i.long()), fault.Unauthenticated},
		{"unknown key", sign(t, jose.RS256, named("2", otherRSAKey()), i.long()), fault.Unavailable},
		{"unsigned", compact(map[string]any{"alg": "none"}, i.long(), ""), fault.Unauthenticated},
	} {
		for range 20 { // some of these calls come too early for a new request to the issuer
			if got := kindOf(checker.Check(request(t, tt.token))); got != tt.want {
				t.Errorf("%s: kind %d, want %d", tt.name, got, tt.want)
			}
		}
	}
}

func TestKeys_of_a_slow_issuer(t *testing.T) {
	t.Parallel()
	key := named("1", rsaKey())
	i := newIssuer(t, key)
	release := make(chan struct{})
	i.fails(func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	checker := i.checker()
	token := sign(t, jose.RS256, key, i.long())

	// A caller whose context ends does not wait any longer.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := checker.Check(request(t, token).WithContext(ctx))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller with a deadline: %v", err)
	}
	// Other callers wait, but only for a limited time.
	if got := kindOf(checker.Check(request(t, token))); got != fault.Unavailable {
		t.Errorf("kind %d, want Unavailable", got)
	}
}

func TestKeys_from_an_issuer_that_is_not_right(t *testing.T) {
	t.Parallel()
	key := named("1", rsaKey())
	document := func(v any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(v) }
	}
	set := func(i *issuer, keys ...any) http.HandlerFunc {
		return document(map[string]any{"issuer": i.url, "jwks_uri": i.url, "keys": keys})
	}
	encryption := key.Public()
	encryption.Use = "enc"
	tests := []struct {
		name    string
		instead func(*issuer) http.HandlerFunc
		want    string // part of the logged error
	}{
		{"html", func(*issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }
		}, "decode"},
		{"endless", func(*issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					if _, err := w.Write([]byte(strings.Repeat(" ", 1<<16))); err != nil {
						return
					}
				}
			}
		}, "decode"},
		{"other_name", func(i *issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": i.url + "/", "jwks_uri": i.url + "/keys"})
		}, "AUTH_ISSUER must be exactly this"},
		{"no_keys", func(i *issuer) http.HandlerFunc { return set(i) }, "no key"},
		{"keys_in_the_clear", func(i *issuer) http.HandlerFunc {
			return document(map[string]any{"issuer": i.url, "jwks_uri": "http://keys.example.com/"})
		}, "must begin with https://"},
		{"redirect_in_the_clear", func(*issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://example.com/", http.StatusFound)
			}
		}, "must begin with https://"},
		{"redirect_for_ever", func(*issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }
		}, "too many redirects"},
		{"keys_for_encryption", func(i *issuer) http.HandlerFunc { return set(i, encryption) }, "no key"},
		{"private_key", func(i *issuer) http.HandlerFunc { return set(i, key) }, "no key"},
		{"symmetric_key", func(i *issuer) http.HandlerFunc {
			return set(i, map[string]any{"kty": "oct", "k": "c2VjcmV0", "kid": "1"})
		}, "no key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, key)
			i.fails(tt.instead(i))
			_, err := i.checker().Check(request(t, sign(t, jose.RS256, key, i.claims(nil))))
			if e := fault.From(err); e.Kind != fault.Unavailable || !strings.Contains(e.Error(), tt.want) {
				t.Errorf("Check = %v, want Unavailable because of …%s…", err, tt.want)
			}
		})
	}
	t.Run("keys_of_a_kind_that_is_new", func(t *testing.T) {
		t.Parallel()
		i := newIssuer(t)
		i.fails(set(i, map[string]any{"kty": "XYZ", "kid": "0"}, 7, key.Public()))
		if got := kindOf(i.checker().Check(request(t, sign(t, jose.RS256, key, i.claims(nil))))); got != accepted {
			t.Errorf("kind %d", got)
		}
	})
}
