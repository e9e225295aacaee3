// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"time"
)

// eventSender is the account that alone may deliver events to the functions, as EVENT_ACCOUNT says. Its name is
// a secret of the run, as there is no Cloud Run here that checks a token's signature: no page in a browser can
// make up an event.
type eventSender struct{ account string }

func newEventSender() eventSender {
	return eventSender{"eventarc-" + newToken() + "@" + project + ".iam.gserviceaccount.com"}
}

// token is the account's ID token as Cloud Run passes it on.
func (s eventSender) token() string {
	claims, err := json.Marshal(map[string]any{
		"iss": "https://accounts.google.com", "aud": project, "sub": "eventarc", "email": s.account, "email_verified": true,
		"exp": time.Now().AddDate(10, 0, 0).Unix(),
	})
	if err != nil {
		panic(err) // strings and numbers can always be encoded
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims) + ".SIGNATURE_REMOVED_BY_GOOGLE"
}
