// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Nothing that people write gets into what is logged of a request.
func TestLog(t *testing.T) {
	t.Parallel()
	const marked = "marked-word"
	s := newSystem(t)
	s.get(t, reader, "/console?display_name="+marked)
	s.get(t, reader, "/console/"+marked)
	s.get(t, operator, "/console/data/report/"+marked)
	s.send(t, http.MethodPost, "", "/console/sign-in", url.Values{"token": {marked}})
	s.send(t, http.MethodPost, starter, "/console/start", url.Values{"source": {"session_id"}, "session_id": {marked}, "epoch_count": {marked}})
	s.send(t, http.MethodPost, operator, "/console/data", nil, file("validate", marked+".json", `[{"`+marked+`": 1}]`))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.served) != 6 {
		t.Errorf("%d requests were served", len(s.served))
	}
	for _, a := range s.served {
		if strings.Contains(a.Route+a.Caller, marked) || a.Err != nil && strings.Contains(fault.Logged(a.Err), marked) {
			t.Errorf("the log gets %+v", a)
		}
	}
	if strings.Contains(s.Log.String(), marked) {
		t.Error(s.Log.String())
	}
}
