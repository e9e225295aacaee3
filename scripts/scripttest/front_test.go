// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
)

// front answers curl's requests to the addresses of Cloud Storage and of the services.
func (s *stage) front(t *testing.T) http.Handler {
	t.Helper()
	var proxies [2]*httputil.ReverseProxy
	for i, address := range []string{s.storage, s.local} {
		target, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		proxies[i] = httputil.NewSingleHostReverseProxy(target)
	}
	var one sync.Mutex
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		check, proxy := (*world).callsService, proxies[1]
		if r.Host == "storage.googleapis.com" {
			check, proxy = (*world).callsStorage, proxies[0]
		}
		one.Lock()
		w, err := load(s.file)
		status := http.StatusInternalServerError
		if err == nil {
			status = check(w, r)
			err = w.save()
		}
		one.Unlock()
		if err != nil || status != 0 {
			http.Error(rw, http.StatusText(status), max(status, http.StatusOK))
			return
		}
		proxy.ServeHTTP(rw, r)
	})
}

// callsStorage lets a request reach the local command's bucket if its account has the permission
// for it. It returns the status.
func (w *world) callsStorage(r *http.Request) int {
	account, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer access/")
	permission := map[string]string{http.MethodPost: "storage.objects.create", http.MethodGet: "storage.objects.get"}[r.Method]
	_, rest, _ := strings.Cut(r.URL.Path, "/b/")
	bucket, _, _ := strings.Cut(rest, "/")
	if !ok || w.require(account, permission, "bucket "+bucket) != nil {
		return http.StatusForbidden
	}
	there := "local" + bucket[strings.LastIndexByte(bucket, '-'):]
	r.URL.Path, r.URL.RawPath = strings.Replace(r.URL.Path, bucket, there, 1), strings.Replace(r.URL.EscapedPath(), bucket, there, 1)
	r.Header.Del("Authorization")
	return 0
}

// callsService makes Cloud Run's own check, which exists in mode iam, and handles the calls that
// pass it.
func (w *world) callsService(r *http.Request) int {
	name, revision, status := w.answers(r.Host)
	if status != 0 {
		return status
	}
	if d := w.Deployments[name[:strings.LastIndexByte(name, '-')]]; d.Mode == "iam" {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer identity/")
		account, audience, _ := strings.Cut(token, "/")
		// A person's token is for gcloud. An account's token must be for the service's address, not
		// for a candidate's.
		if !ok || account != "" && audience != "https://"+name+"-123456789012.us-central1.run.app" || w.require(account, "run.routes.invoke", "service "+name) != nil {
			return http.StatusForbidden
		}
		r.Header.Set("Authorization", "Bearer secret")
	}
	if revision.Image == placeholder {
		return http.StatusOK
	}
	return 0
}

// metadata is the metadata server of the build's machine; a person's machine has none.
func (s *stage) metadata(rw http.ResponseWriter, r *http.Request) {
	w, err := load(s.file)
	if err != nil || w.Builder == "" || r.Header.Get("Metadata-Flavor") != "Google" {
		http.NotFound(rw, r)
		return
	}
	answer := w.Builder
	if path.Base(r.URL.Path) == "identity" {
		// The token contains the account's address, which the service needs, only in the full
		// format.
		if r.FormValue("format") != "full" || w.require(w.Builder, "iam.serviceAccounts.getOpenIdToken", "account "+w.Builder) != nil {
			http.Error(rw, "forbidden", http.StatusForbidden)
			return
		}
		answer = "identity/" + w.Builder + "/" + r.FormValue("audience")
	}
	if err := w.save(); err == nil {
		_, _ = rw.Write([]byte(answer))
	}
}
