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

	"github.com/vertextune/vertextune/pkg/fault"
)

// How often the issuer is asked for its keys: again when they are old, so that one that was withdrawn does not
// count for ever, and sooner where the last time failed. A signature that no key explains may be of a new one,
// and asks at once, but whoever sends many of those makes us ask no more often than every askAgain.
const (
	keysAge    = time.Hour
	retryAfter = time.Minute
	askAgain   = 10 * time.Second
	askAtOnce  = 5
)

// keySet is the keys of an issuer, as it last told them. It is not go-oidc's, which asks the issuer for every
// token that it cannot explain, however many come, never forgets a key, and does not let its caller tell an
// issuer that is away from a signature that is wrong.
type keySet struct {
	fetch  func(context.Context) ([]jose.JSONWebKey, error)
	now    func() time.Time
	limit  *rate.Limiter
	asking singleflight.Group

	mu   sync.Mutex
	keys []jose.JSONWebKey
	next time.Time // when the keys are to be asked for again
	err  error     // of the last time they were
}

func newKeySet(fetch func(context.Context) ([]jose.JSONWebKey, error)) *keySet {
	return &keySet{fetch: fetch, now: time.Now, limit: rate.NewLimiter(rate.Every(askAgain), askAtOnce)}
}

// verify decodes what a token says if a key of the issuer explains its signature. While the issuer is away the
// keys that it told hold, however old; where they do not do, the error is Unavailable.
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

// find returns the keys of that name, or all for a token that names none, and whether they are fresh.
func (k *keySet) find(kid string) (keys []jose.JSONWebKey, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys = slices.DeleteFunc(slices.Clone(k.keys), func(key jose.JSONWebKey) bool { return kid != "" && key.KeyID != kid })
	return keys, k.now().Before(k.next)
}

func explains(keys []jose.JSONWebKey, token *jwt.JSONWebToken, claims []any) bool {
	return slices.ContainsFunc(keys, func(key jose.JSONWebKey) bool { return token.Claims(key.Key, claims...) == nil })
}

// refresh asks the issuer, once for all who wait at the same time. Its error is that of the last time where it
// is too early to ask again.
func (k *keySet) refresh(ctx context.Context) error {
	answer := k.asking.DoChan("", func() (any, error) {
		if !k.limit.AllowN(k.now(), 1) {
			return nil, k.last()
		}
		// The one who waits first may go away, the others still want the keys.
		keys, err := k.fetch(context.WithoutCancel(ctx))
		return nil, k.store(keys, err)
	})
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // fault.Of says what it means
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
		unavailable := fault.Wrap(fault.Unavailable, err, "The issuer of the tokens does not give out its keys. Try again later.")
		unavailable.RetryAfter = askAgain
		k.err, k.next = unavailable, k.now().Add(retryAfter)
		return k.err
	}
	k.keys, k.err, k.next = keys, nil, k.now().Add(keysAge)
	return nil
}
