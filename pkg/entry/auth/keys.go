// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// How often the keys are fetched from the issuer. They are fetched again after keysAge, so that a
// key that the issuer has withdrawn is not accepted indefinitely, and after retryAfter if the last
// request failed. A signature that no key verifies may be of a new key, so the keys are fetched at
// once; but many such signatures cause no more than one request every keysPause, after the
// first askAtOnce.
const (
	keysAge    = time.Hour
	retryAfter = time.Minute
	keysPause  = 10 * time.Second
	askAtOnce  = 5
)

// keySet is the keys of an issuer, as they were last fetched. go-jose reads the keys and verifies
// the signatures. The key set of github.com/coreos/go-oidc/v3 uses go-jose too, but it does not do
// what we need:
//   - It sends a request for every token that no key verifies, and never forgets a key.
//   - It does not say whether it has a key, so a forged token cannot be refused while the issuer
//     is unavailable.
//   - It verifies signatures with a key for encryption, and does not reject a set without a key
//     that can sign.
//   - It rejects a whole set for one entry that is not a key.
//
// Its verifier checks one audience, allows no difference of clocks for the expiry, and keeps only
// the text of a key set's error, so that an unavailable issuer looks like a wrong signature.
type keySet struct {
	fetch  func(context.Context) ([]jose.JSONWebKey, error)
	now    func() time.Time
	limit  *rate.Limiter
	asking singleflight.Group

	mu   sync.Mutex
	keys []jose.JSONWebKey
	next time.Time // when the keys are fetched again
	err  error     // of the last request for them
}

func newKeySet(fetch func(context.Context) ([]jose.JSONWebKey, error)) *keySet {
	return &keySet{fetch: fetch, now: time.Now, limit: rate.NewLimiter(rate.Every(keysPause), askAtOnce)}
}

// verify decodes the claims of a token if a key of the issuer verifies its signature. While the
// issuer is unavailable, the keys that were last fetched are used, however old. If there is no
// key with the name in the token, the error is Unavailable.
func (k *keySet) verify(ctx context.Context, token *jwt.JSONWebToken, claims ...any) error {
	kid := token.Headers[0].KeyID
	keys, fresh := k.find(kid)
	if fresh && explains(keys, token, claims) {
		return nil
	}
	err := k.refresh(ctx)
	if keys, _ = k.find(kid); explains(keys, token, claims) {
		return nil
	}
	if err != nil && len(keys) == 0 {
		return err
	}
	return errInvalid
}

// find returns the keys with a name, or all keys for a token that names none, and whether they are
// fresh.
func (k *keySet) find(kid string) (keys []jose.JSONWebKey, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys = slices.DeleteFunc(slices.Clone(k.keys), func(key jose.JSONWebKey) bool { return kid != "" && key.KeyID != kid })
	return keys, k.now().Before(k.next)
}

func explains(keys []jose.JSONWebKey, token *jwt.JSONWebToken, claims []any) bool {
	return slices.ContainsFunc(keys, func(key jose.JSONWebKey) bool { return token.Claims(key.Key, claims...) == nil })
}

// refresh fetches the keys, once for all callers that wait at the same time. If it is too early
// for a request, it returns the error of the last one.
func (k *keySet) refresh(ctx context.Context) error {
	answer := k.asking.DoChan("", func() (any, error) {
		if !k.limit.AllowN(k.now(), 1) {
			return nil, k.last()
		}
		// The first caller may cancel its request while others still wait for the keys.
		keys, err := k.fetch(context.WithoutCancel(ctx))
		return nil, k.store(keys, err)
	})
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // fault.From classifies it
	case a := <-answer:
		return a.Err
	}
}

func (k *keySet) last() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

func (k *keySet) store(keys []jose.JSONWebKey, err error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		unavailable := fault.Wrap(fault.Unavailable, err, "The keys of the token issuer cannot be read. Try again later.")
		unavailable.RetryAfter = keysPause
		k.err, k.next = unavailable, k.now().Add(retryAfter)
		return k.err
	}
	k.keys, k.err, k.next = keys, nil, k.now().Add(keysAge)
	return nil
}
