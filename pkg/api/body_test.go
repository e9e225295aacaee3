// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestRefuse_a_body_that_is_too_large(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	const limit = 32 << 20
	body := `{"data":[],"filename":"` + strings.Repeat("a", limit)
	for _, path := range []string{"/start", "/convert-json", "/validate-data"} {
		if f := s.post(t, base+path, body[:limit+1]).failed(http.StatusRequestEntityTooLarge); !strings.Contains(f.Message, "gs://"+inbox) {
			t.Errorf("%s: the bucket is not named: %s", path, f.Message)
		}
	}
	s.post(t, base+"/validate-data", body[:limit-2]+`"}`).failed(http.StatusBadRequest)
}

func TestRefuse_a_body_that_is_cut_off(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for _, path := range []string{"/start", "/convert-json", "/validate-data"} {
		if code := s.cutOff(t, base+path, "{\"data\":"); code != 499 {
			t.Errorf("%s: got %d, want 499", path, code)
		}
	}
}

// cutOff announces a body that is longer than the one it sends, and returns the code of the answer.
func (s *system) cutOff(t *testing.T, path, body string) int {
	t.Helper()
	address := strings.TrimPrefix(s.url, "http://")
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, conn)
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, address, secret, len(body)+100, body); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}
