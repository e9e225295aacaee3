// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

const (
	clientID = "console-1"
	redirect = "https://vertextune.example.com/console/sign-in/callback"
)

// desk is an issuer that exchanges codes, and the sign-in that uses it.
type desk struct {
	*issuer
	*auth.SignIn
	challenge, nonce string // of the last attempt
	form             url.Values
	user, password   string // with which the service names itself

	answer func(w http.ResponseWriter) // to an exchange
	change map[string]any              // of the claims
}

func newDesk(t *testing.T, edit ...func(*auth.Config)) *desk {
	t.Helper()
	key := named("good", rsaKey())
	d := &desk{issuer: newIssuer(t, key)}
	d.answer = func(w http.ResponseWriter) {
		changes := map[string]any{"aud": clientID, "nonce": d.nonce}
		maps.Copy(changes, d.change)
		w.Header().Set("Content-Type", "application/json")
		d.issuer.answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": sign(t, jose.RS256, key, d.claims(changes))})
	}
	d.about["authorization_endpoint"], d.about["token_endpoint"] = d.url+"/authorize?realm=1", d.url+"/token"
	d.about["scopes_supported"] = []string{"openid", "groups"}
	d.mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		d.form = r.PostForm
		d.user, d.password, _ = r.BasicAuth()
		d.answer(w)
	})
	config := auth.Config{
		Mode: "oidc", Issuer: d.url, Audiences: []string{audience}, ClientID: clientID, ClientSecret: "a secret", Starters: []string{"group:tuners", "email:ann@example.com"},
	}
	for _, f := range edit {
		f(&config)
	}
	checker, err := auth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	d.SignIn = auth.NewSignIn(config, checker)
	return d
}

// begin begins a sign-in as a browser does.
func (d *desk) begin() auth.Attempt {
	d.t.Helper()
	attempt, address, err := d.Begin(d.t.Context(), redirect)
	if err != nil {
		d.t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		d.t.Fatal(err)
	}
	q := u.Query()
	d.challenge, d.nonce = q.Get("code_challenge"), q.Get("nonce")
	if !strings.HasPrefix(address, d.url+"/authorize?") || q.Get("realm") != "1" || q.Get("response_type") != "code" || q.Get("client_id") != clientID ||
		q.Get("redirect_uri") != redirect || q.Get("state") != attempt.State || q.Get("code_challenge_method") != "S256" || d.nonce == "" ||
		q.Get("scope") != "openid email groups" || strings.Contains(address, attempt.Verifier) {
		d.t.Errorf("the address is %s", address)
	}
	return attempt
}

func (d *desk) complete(a auth.Attempt) (string, auth.Caller, time.Time, error) {
	d.t.Helper()
	return d.Complete(d.t.Context(), redirect, a.State, "code-1", a)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.begin()
	token, caller, expires, err := d.complete(a)
	if err != nil || caller != (auth.Caller{Name: "ann@example.com", Role: auth.Starter}) || strings.Count(token, ".") != 2 || time.Until(expires) < 50*time.Minute {
		t.Errorf("%+v until %s, %v", caller, expires, err)
	}
	sum := sha256.Sum256([]byte(d.form.Get("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != d.challenge || d.form.Get("code") != "code-1" || d.form.Get("redirect_uri") != redirect ||
		d.user != clientID || d.password != "a+secret" {
		t.Errorf("the exchange has %v by %s", d.form, d.user)
	}
	if b := d.begin(); b.State == a.State || b.Nonce == a.Nonce || b.Verifier == a.Verifier {
		t.Error("two sign-ins are the same")
	}
}

func TestSignIn_without_a_secret(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *auth.Config) { c.ClientSecret = "" })
	if _, _, _, err := d.complete(d.begin()); err != nil || d.form.Get("client_id") != clientID || d.user != "" || d.form.Has("client_secret") {
		t.Errorf("the exchange has %v by %q, %v", d.form, d.user, err)
	}
}

func TestSignIn_refuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]map[string]any{
		"no nonce": {"nonce": nil}, "another nonce": {"nonce": "n"}, "another client": {"aud": audience}, "another service": {"aud": "other"},
		"another issuer": {"iss": "https://accounts.google.com"}, "expired": {"exp": time.Now().Add(-time.Hour).Unix()}, "no expiry": {"exp": nil},
	} {
		d := newDesk(t)
		d.change = change
		if token, _, _, err := d.complete(d.begin()); fault.KindOf(err) != fault.Unauthenticated || name != "no expiry" && token == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := newDesk(t)
	a := d.begin()
	for name, state := range map[string]string{"no state": "", "another state": "x"} {
		if _, _, _, err := d.Complete(t.Context(), redirect, state, "code-1", a); fault.KindOf(err) != fault.Unauthenticated || d.form != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, _, err := d.Complete(t.Context(), redirect, "", "code-1", auth.Attempt{}); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("no attempt: %v", err)
	}
	if _, _, _, err := d.Complete(t.Context(), redirect, a.State, "", a); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("no code: %v", err)
	}
}

func TestSignIn_at_an_issuer_with_problems(t *testing.T) {
	t.Parallel()
	write := func(code int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		want   fault.Kind
	}{
		"used code":   {write(400, `{"error":"invalid_grant","error_description":"marked-word"}`), fault.Unauthenticated},
		"bad client":  {write(401, `{"error":"invalid_client","error_description":"marked-word"}`), fault.Unavailable},
		"down":        {write(503, "marked-word"), fault.Unavailable},
		"not JSON":    {write(200, "marked-word"), fault.Unavailable},
		"no ID token": {write(200, `{"access_token":"a","token_type":"Bearer"}`), fault.Unavailable},
	} {
		d := newDesk(t)
		a := d.begin()
		d.answer = test.answer
		_, _, _, err := d.complete(a)
		if fault.KindOf(err) != test.want || strings.Contains(fault.Logged(err), "marked-word") {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := newDesk(t)
	d.about["token_endpoint"] = "http://elsewhere.example.com/token"
	if _, _, err := d.Begin(t.Context(), redirect); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a token endpoint in the clear: %v", err)
	}
	d = newDesk(t)
	d.fails(away)
	if _, _, err := d.Begin(t.Context(), redirect); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("away: %v", err)
	}
	d.fails(nil)
	if _, _, err := d.Begin(t.Context(), redirect); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the issuer is asked again at once: %v", err)
	}
	now := time.Now().Add(time.Minute)
	auth.SignInAt(d.SignIn, func() time.Time { return now })
	d.begin()
	d.fails(away)
	now = now.Add(2 * time.Hour)
	d.begin() // with what was known
}

// Made-up codes do not make the service ask the issuer without end.
func TestSignIn_asks_rarely(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.begin()
	asked := 0
	d.answer = func(w http.ResponseWriter) { asked++; w.WriteHeader(http.StatusBadRequest) }
	for range 60 {
		_, _, _, _ = d.complete(a)
	}
	if asked < 20 || asked > 40 {
		t.Errorf("the issuer was asked %d times", asked)
	}
}

func TestNewSignIn_without_a_client(t *testing.T) {
	t.Parallel()
	if d := newDesk(t, func(c *auth.Config) { c.ClientID, c.ClientSecret = "", "" }); d.SignIn != nil {
		t.Error("there is a sign-in")
	}
}
