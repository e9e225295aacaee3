// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package browsertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// keysHost serves the keys of Identity-Aware Proxy.
const keysHost = "www.gstatic.com"

// iapAudience is the audience of the assertions for the service.
const iapAudience = "/projects/123456789012/locations/us-central1/services/vertextune-api"

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// internet stands in for the server keysHost, with these keys. It returns the settings with which a
// command reaches it: a proxy for outgoing requests, and the certificate that the command trusts.
func internet(t *testing.T, keys jose.JSONWebKeySet) []string {
	t.Helper()
	private := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{keysHost}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	trusted := filepath.Join(t.TempDir(), "trusted.pem")
	write(t, trusted, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/iap/verify/public_key-jwk" {
			http.NotFound(w, r)
			return
		}
		if err := json.NewEncoder(w).Encode(keys); err != nil {
			t.Error(err)
		}
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	tunnels := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != keysHost+":443" {
			http.Error(w, "there is no such server", http.StatusBadGateway)
			return
		}
		tunnel(t, w, server.Listener.Addr().String())
	}))
	t.Cleanup(tunnels.Close)
	return []string{"HTTPS_PROXY=" + tunnels.URL, "SSL_CERT_FILE=" + trusted}
}

// tunnel connects the client of a request with a server until one of them closes the connection.
func tunnel(t *testing.T, w http.ResponseWriter, address string) {
	t.Helper()
	server, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = server.Close() }() // the connection has ended
	caller, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = caller.Close() }() // the connection has ended
	if _, err := io.WriteString(caller, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		t.Error(err)
		return
	}
	go func() {
		_, _ = io.Copy(server, caller) // ends with the connection
		_ = server.Close()
	}()
	_, _ = io.Copy(caller, server) // ends with the connection
}

// gateway stands in for Identity-Aware Proxy in front of a service. It passes each request on with
// an assertion that the account has sent it, and returns its address.
func gateway(t *testing.T, private *ecdsa.PrivateKey, service string, account *atomic.Value) string {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		now := time.Now()
		assertion, err := jwt.Signed(signer).Claims(map[string]any{
			"iss": "https://cloud.google.com/iap", "aud": iapAudience, "sub": "accounts.google.com:1", "email": account.Load(),
			"iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		}).Serialize()
		if err != nil {
			t.Error(err)
		}
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Goog-Iap-Jwt-Assertion", assertion)
	}})
	t.Cleanup(server.Close)
	return server.URL
}

// Behind Identity-Aware Proxy a browser is signed in, with the role of its account.
func TestSignIn_behind_a_proxy(t *testing.T) {
	t.Parallel()
	private := newKey(t)
	service, _ := launched(t, append(internet(t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "1"}}}),
		"AUTH_MODE=iam", "AUTH_IAM_PRIVATE=true", "AUTH_AUDIENCES=api", "AUTH_IAP_AUDIENCE="+iapAudience,
		"AUTH_READERS=email:ann@example.com", "AUTH_STARTERS=email:eve@example.com")...)
	var account atomic.Value
	account.Store("ann@example.com")
	at := gateway(t, private, service, &account)
	b := open(t, at)
	b.do(chromedp.Navigate(at+"/console"), chromedp.WaitReady(chromedp.CSS("footer")))
	b.see("ann@example.com")
	b.lacks("Start a job…")
	if text := eval[string](b, "document.querySelector('.top').innerText"); strings.Contains(text, "Sign out") {
		t.Errorf("the page has a way to sign out of the proxy: %s", text)
	}
	b.accessible("the jobs")
	account.Store("eve@example.com")
	b.click("Jobs")
	b.see("eve@example.com")
	b.click("Start a job…")
	b.do(chromedp.Click(chromedp.CSS("#source-all_messages")))
	b.click("See what it would do and cost")
	b.see("training tokens")
	b.click("Start the job")
	b.see("What happened")
	account.Store("mallory@example.com")
	b.click("Jobs")
	b.see("no role")
	b.accessible("the refusal")
}
