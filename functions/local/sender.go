// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"time"
)

// eventSender is the only account that may deliver events to the functions; EVENT_ACCOUNT names it.
// In production Cloud Run checks the signature of tokens, but nothing checks it on this machine. So
// the account has a random name, which is a secret of this run. Otherwise a page in a browser could
// forge an event.
type eventSender struct{ account string }

func newEventSender() eventSender {
	return eventSender{"eventarc-" + newToken() + "@" + project + ".iam.gserviceaccount.com"}
}

// token returns the account's ID token in the form in which Cloud Run forwards it.
func (s eventSender) token() string {
	claims, err := json.Marshal(map[string]any{
		"iss": "https://accounts.google.com", "aud": project, "sub": "eventarc", "email": s.account, "email_verified": true,
		"exp": time.Now().AddDate(10, 0, 0).Unix(),
	})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims) + ".SIGNATURE_REMOVED_BY_GOOGLE"
}
