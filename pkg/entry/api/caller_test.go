// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// bearing replaces the valid token in a request.
func bearing(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func TestCaller_without_the_right_token(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct {
		name    string
		header  []string
		invalid bool // the request has a token
	}{
		{"none", nil, false},
		{"empty", []string{""}, false},
		{"wrong", []string{"Bearer nonsense"}, true},
		{"longer", []string{"Bearer " + secret + "x"}, true},
		{"shorter", []string{"Bearer " + secret[1:]}, true},
		{"hash_for_token", []string{"Bearer " + auth.Hash(secret)}, true},
		{"huge", []string{"Bearer " + strings.Repeat("x", 500<<10)}, true},
		{"scheme_alone", []string{"Bearer"}, false},
		{"scheme_and_space", []string{"Bearer "}, false},
		{"other_scheme", []string{"Basic " + secret}, false},
		{"no_scheme", []string{secret}, false},
		{"two_spaces", []string{"Bearer  " + secret}, true},
		{"two_tokens", []string{"Bearer " + secret + ", Bearer " + secret}, true},
		{"twice", []string{"Bearer " + secret, "Bearer " + secret}, false},
		{"wrong_then_right", []string{"Bearer nonsense", "Bearer " + secret}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for path, method := range protected {
				answer := s.send(t, method, base+path, "{}", func(r *http.Request) {
					r.Header.Del("Authorization")
					for _, value := range test.header {
						r.Header.Add("Authorization", value)
					}
				})
				answer.failed(http.StatusUnauthorized)
				want := `Bearer realm="vertextune"`
				if test.invalid {
					want += `, error="invalid_token"`
				}
				if got := answer.header.Get("WWW-Authenticate"); got != want {
					t.Errorf("%s: WWW-Authenticate is %q, want %q", path, got, want)
				}
			}
		})
	}
}

func TestCaller_the_scheme_has_no_case(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for _, token := range []string{"bearer " + secret, "BEARER " + secret, "Bearer another"} {
		if code := s.send(t, http.MethodGet, base+"/jobs", "", func(r *http.Request) { r.Header.Set("Authorization", token) }).code; code != http.StatusOK {
			t.Errorf("%s: got %d", token, code)
		}
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) {
		var tokens auth.Tokens
		text := "r:reader:" + auth.Hash("reader") + ",o:operator:" + auth.Hash("operator") + ",s:starter:" + auth.Hash("starter")
		if err := tokens.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		set.auth = &tokens
	})
	needed := map[string]auth.Role{
		"/start": auth.Starter, "/convert-json": auth.Operator, "/validate-data": auth.Operator, "/job-status/1": auth.Reader, "/jobs": auth.Reader,
		"/jobs/1": auth.Reader, "/jobs/1/events": auth.Reader, "/jobs/1/metrics": auth.Reader, "/cancel/1": auth.Starter, "/models": auth.Reader, "/lineage/1": auth.Reader,
		"/retune": auth.Starter, "/evaluations": auth.Starter, "/evaluations/ev-1": auth.Reader,
		"/models/m": auth.Reader, "/models/m/promote": auth.Starter, "/models/m/rollback": auth.Starter,
	}
	for path, method := range protected {
		for role := auth.Reader; role <= auth.Starter; role++ {
			answer := s.send(t, method, base+path, "{}", bearing(role.String()))
			if role >= needed[path] {
				if answer.code == http.StatusForbidden || answer.code == http.StatusUnauthorized {
					t.Errorf("%s as %s: got %d", path, role, answer.code)
				}
				continue
			}
			f := answer.failed(http.StatusForbidden)
			if f.Status != "PERMISSION_DENIED" || len(f.Details) != 2 || f.Details[0].Reason != "ROLE_REQUIRED" ||
				f.Details[0].Metadata["role"] != needed[path].String() || !strings.Contains(f.Message, "role "+needed[path].String()) {
				t.Errorf("%s as %s: %+v", path, role, f)
			}
		}
	}
	if n := len(s.Run.Vertex.Jobs()); n != 0 {
		t.Errorf("%d jobs were started", n)
	}
}

func TestDocument_names_the_roles(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string `json:"security"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			route := strings.ToUpper(method) + " " + path
			documented[route] = auth.None.String()
			for _, security := range operation.Security {
				documented[route] = strings.Join(security["bearer"], ",")
			}
		}
	}
	if diff := cmp.Diff(documented, api.Roles()); diff != "" {
		t.Errorf("(-document +routes):\n%s", diff)
	}
}

// issuer starts an OpenID issuer with one key. The returned function signs a token for our service
// with additional claims.
func issuer(t *testing.T) (url string, token func(claims map[string]any) string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{KeyID: "1", Key: key.Public()}}}
		if strings.HasPrefix(r.URL.Path, "/.well-known/") {
			answer = map[string]string{"issuer": "http://" + r.Host, "jwks_uri": "http://" + r.Host + "/keys"}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, func(claims map[string]any) string {
		all := map[string]any{"iss": server.URL, "aud": "vertextune", "sub": "1", "exp": time.Now().Add(time.Hour).Unix()}
		maps.Copy(all, claims)
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{KeyID: "1", Key: key}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(text)
		if err != nil {
			t.Fatal(err)
		}
		compact, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return compact
	}
}

// openID returns a checker that accepts the issuer's tokens. The callers' groups define their
// roles.
func openID(t *testing.T, url string) auth.Checker {
	t.Helper()
	checker, err := auth.New(auth.Config{
		Mode: "oidc", Issuer: url, Audiences: []string{"vertextune"}, Readers: []string{"group:readers"}, Starters: []string{"group:starters"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

func TestCaller_is_on_record(t *testing.T) {
	t.Parallel()
	url, token := issuer(t)
	s := newSystem(t, func(set *setup) { set.auth = openID(t, url) })
	s.message("1", turn("a", "user", "one"))
	tests := []struct {
		name   string
		claims map[string]any
		want   string
	}{
		{"address", map[string]any{"email": "Ann@Example.com", "email_verified": true, "groups": []string{"starters"}}, "ann@example.com"},
		{"subject", map[string]any{"email": "eve@example.com", "sub": "4711", "groups": "starters"}, "subject:4711"},
		{"subject_like_an_address", map[string]any{"sub": "ann@example.com", "groups": "starters"}, "subject:ann@example.com"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			as := bearing(token(test.claims))
			var job started
			s.send(t, http.MethodPost, base+"/start", `{"session_id":"a"}`, as).into(&job)
			var status struct {
				StartedBy string `json:"started_by"`
			}
			answer := s.send(t, http.MethodGet, base+"/job-status/"+job.Job.Name, "", as)
			if err := json.Unmarshal(answer.body, &status); err != nil || status.StartedBy != test.want {
				t.Errorf("started by %q, want %q (%v)", status.StartedBy, test.want, err)
			}
		})
	}
}

// TestCaller_is_not_taken_for_another: a caller can choose a subject that equals another caller's
// e-mail address. This caller does not get the other caller's jobs or idempotency keys.
func TestCaller_is_not_taken_for_another(t *testing.T) {
	t.Parallel()
	url, token := issuer(t)
	s := newSystem(t, func(set *setup) { set.auth = openID(t, url) })
	s.message("1", turn("a", "user", "one"))
	start := func(claims map[string]any) string {
		claims["groups"] = "starters"
		var job started
		s.send(t, http.MethodPost, base+"/start", `{"session_id":"a"}`, bearing(token(claims)), func(r *http.Request) {
			r.Header.Set("Idempotency-Key", "the-same")
		}).into(&job)
		return job.Job.Name
	}
	boss := start(map[string]any{"sub": "1", "email": "boss@example.com", "email_verified": true})
	if again := start(map[string]any{"sub": "2", "email": "Boss@example.com", "email_verified": true}); again != boss {
		t.Errorf("a caller with the same address gets job %s, want %s", again, boss)
	}
	if other := start(map[string]any{"sub": "boss@example.com"}); other == boss {
		t.Error("a caller whose subject equals the address gets the job of the address")
	}
}

// TestCaller_without_a_role: the error says that a caller with a valid token has no role.
func TestCaller_without_a_role(t *testing.T) {
	t.Parallel()
	url, token := issuer(t)
	s := newSystem(t, func(set *setup) { set.auth = openID(t, url) })
	for path, method := range protected {
		f := s.send(t, method, base+path, "{}", bearing(token(map[string]any{"sub": "stranger"}))).failed(http.StatusForbidden)
		if !strings.HasSuffix(f.Message, "subject:stranger has no role (its token has no e-mail address that is verified).") {
			t.Errorf("%s: %s", path, f.Message)
		}
	}
}

// TestCaller_while_the_issuer_is_away: while the issuer is unavailable, callers cannot be
// identified. This is not the callers' fault, so the response is 503.
func TestCaller_while_the_issuer_is_away(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, token := issuer(t)
	s := newSystem(t, func(set *setup) { set.auth = openID(t, gone.URL) })
	for path, method := range protected {
		answer := s.send(t, method, base+path, "{}", bearing(token(nil)))
		answer.failed(http.StatusServiceUnavailable)
		if got := answer.header.Get("Retry-After"); got != "10" {
			t.Errorf("%s: Retry-After is %q", path, got)
		}
		s.send(t, method, base+path, "{}").failed(http.StatusUnauthorized) // the default token is no ID token, so the issuer is not needed to refuse it
	}
}
