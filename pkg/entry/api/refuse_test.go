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
	"time"

	"github.com/google/go-cmp/cmp"
)

// protected are the endpoints that need a token, with their methods by path.
var protected = map[string]string{
	"/start": http.MethodPost, "/convert-json": http.MethodPost, "/validate-data": http.MethodPost,
	"/job-status/1": http.MethodGet, "/jobs": http.MethodGet, "/jobs/1/events": http.MethodGet, "/jobs/1/metrics": http.MethodGet, "/jobs/1": http.MethodGet, "/cancel/1": http.MethodPost,
	"/models": http.MethodGet, "/lineage/1": http.MethodGet, "/retune": http.MethodPost, "/evaluations": http.MethodPost, "/evaluations/ev-1": http.MethodGet,
	"/models/m": http.MethodGet, "/models/m/promote": http.MethodPost, "/models/m/rollback": http.MethodPost,
}

func TestRefuse_unknown_paths(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for _, path := range []string{
		"/", "/healthz", "/health/", "/start", base, base + "/", base + "/start/", base + "/starts", base + "/job-status", base + "/job-status/", base + "/lineage/",
		base + "/jobs/", base + "/Jobs", "/api/v2/fine-tuning/jobs", "/api//v1/fine-tuning/jobs", "/api/v1/fine-tuning/%6aobs", "/openapi.yaml",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			s.send(t, method, path, "").failed(http.StatusNotFound)
		}
	}
}

func TestRefuse_media(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct {
		name, media, encoding string
		code                  int
	}{
		{"json", "application/json", "", 400}, // because the object is empty
		{"charset", "application/json; charset=UTF-8", "identity", 400},
		{"none", "", "", 415},
		{"form", "application/x-www-form-urlencoded", "", 415},
		{"text", "text/plain", "", 415},
		{"lines", "application/jsonl", "", 415},
		{"suffix", "application/problem+json", "", 415},
		{"other_charset", "application/json; charset=latin1", "", 415},
		{"broken", "application/json; charset", "", 415},
		{"gzip", "application/json", "gzip", 415},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/start", "/convert-json", "/validate-data", "/evaluations", "/retune", "/models/m/promote"} {
				s.send(t, http.MethodPost, base+path, "{}", func(r *http.Request) {
					r.Header.Set("Content-Type", test.media)
					r.Header.Set("Content-Encoding", test.encoding)
				}).failed(test.code)
			}
		})
	}
}

func TestRefuse_bodies(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct {
		name, body string
		want       []string
	}{
		{"empty", "", []string{" UNEXPECTED_END"}},
		{"no_json", "hello", []string{" SYNTAX"}},
		{"array", `[]`, nil},
		{"null", `null`, nil},
		{"cut_off", `{"data":[1,`, []string{"data[0] UNEXPECTED_END"}},
		{"trailing", `{} {}`, []string{" TRAILING_DATA"}},
		{"trailing_comma", `{"data":[1,]}`, []string{"data[0] TRAILING_COMMA"}},
		{"comment", "{} // yes", []string{" TRAILING_DATA"}},
		{"name_twice", `{"data":[],"data":[1]}`, []string{"data DUPLICATE_NAME"}},
		{"name_twice_inside", `{"data":[{"a":{"b":1,"b":2}}]}`, []string{"data[0].a.b DUPLICATE_NAME"}},
		{"name_twice_escaped", `{"a":1,"\u0061":2}`, []string{"a DUPLICATE_NAME"}},
		{"invalid_utf8", "{\"a\":\"\xff\"}", []string{"a INVALID_UTF8"}},
		{"half_a_surrogate", `{"a":"\ud800"}`, []string{"a LONE_SURROGATE"}},
		{"control_character", "{\"a\":\"\x01\"}", []string{"a CONTROL_CHARACTER"}},
		{"not_a_number", `{"a":NaN}`, []string{"a NOT_A_NUMBER"}},
		{"byte_order_mark", "\ufeff{}", []string{" BYTE_ORDER_MARK"}},
		{"too_deep", strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/start", "/convert-json", "/validate-data"} {
				f := s.post(t, base+path, test.body).failed(http.StatusBadRequest)
				if diff := cmp.Diff(test.want, f.places()); diff != "" && test.want != nil {
					t.Errorf("%s (-want +got):\n%s", path, diff)
				}
			}
		})
	}
}

func TestRefuse_fields(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("a", turn("a", "user", "one"))
	tests := []struct {
		name, path, body string
		want             []string
	}{
		{"unknown", "/validate-data", `{"data":[],"dta":1}`, []string{"dta UNKNOWN_FIELD"}},
		{"no_data", "/validate-data", `{}`, []string{"data REQUIRED"}},
		{"null_data", "/convert-json", `{"data":null}`, []string{"data REQUIRED"}},
		{"empty_data", "/validate-data", `{"data":[]}`, []string{"data NO_RECORDS"}},
		{"empty_data_to_convert", "/convert-json", `{"data":[]}`, []string{"data NO_RECORDS"}},
		{"data_of_another_type", "/convert-json", `{"data":{"contents":[]}}`, []string{"data INVALID_TYPE"}},
		{"data_as_text", "/validate-data", `{"data":"[]"}`, []string{"data INVALID_TYPE"}},
		{"filename_not_for_validate", "/validate-data", `{"data":[],"filename":"x"}`, []string{"filename UNKNOWN_FIELD"}},
		{"filename_of_another_type", "/convert-json", `{"data":[],"filename":7}`, []string{"filename INVALID_TYPE"}},
		{"nothing_to_train_on", "/start", `{}`, []string{"message_ids NO_TRAINING_DATA"}},
		{"two_things_to_train_on", "/start", `{"session_id":"a","all_messages":true}`, []string{"message_ids AMBIGUOUS_TRAINING_DATA"}},
		{
			"every_type", "/start",
			`{"message_ids":"a","session_id":1,"model_id":[],"base_model":{},"all_messages":"true","training_data":false,"hyperparameters":[]}`,
			[]string{
				"message_ids INVALID_TYPE", "session_id INVALID_TYPE", "model_id INVALID_TYPE", "base_model INVALID_TYPE",
				"all_messages INVALID_TYPE", "training_data INVALID_TYPE", "hyperparameters INVALID_TYPE",
			},
		},
		{
			"every_hyperparameter", "/start", `{"session_id":"a","hyperparameters":{"epoch_count":"3","batch_size":1.5,"learning_rate":"0.1","epochs":3}}`,
			[]string{
				"hyperparameters.epoch_count INVALID_TYPE", "hyperparameters.batch_size INVALID_TYPE",
				"hyperparameters.learning_rate INVALID_TYPE", "hyperparameters.epochs UNKNOWN_FIELD",
			},
		},
		{
			"out_of_range", "/start", `{"session_id":"a","hyperparameters":{"epoch_count":0,"batch_size":-1,"learning_rate":0}}`,
			[]string{
				"hyperparameters.epoch_count OUT_OF_RANGE", "hyperparameters.batch_size OUT_OF_RANGE", "hyperparameters.learning_rate OUT_OF_RANGE",
			},
		},
		{"ids", "/start", `{"message_ids":["a","","a","x/y","..",3]}`, []string{
			"message_ids[5] INVALID_TYPE", "message_ids[1] INVALID_ID", "message_ids[2] DUPLICATE", "message_ids[3] INVALID_ID", "message_ids[4] INVALID_ID",
		}},
		{
			"ids_of_the_right_type", "/start", `{"message_ids":["a","","a","x/y",".."]}`,
			[]string{"message_ids[1] INVALID_ID", "message_ids[2] DUPLICATE", "message_ids[3] INVALID_ID", "message_ids[4] INVALID_ID"},
		},
		{
			"everything_else", "/start", `{"message_ids":["a"],"model_id":"a/b","base_model":"no such model!"}`,
			[]string{"model_id INVALID_ID", "base_model INVALID_BASE_MODEL"},
		},
		{"file_of_another_kind", "/start", `{"training_data":"gs://acme-data/x.csv"}`, []string{"training_data INVALID_URI"}},
		{"file_elsewhere", "/start", `{"training_data":"https://example.com/x.jsonl"}`, []string{"training_data INVALID_URI"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := s.post(t, base+test.path, test.body).failed(http.StatusBadRequest)
			if diff := cmp.Diff(test.want, f.places()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefuse_lists_a_bounded_number_of_fields(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	f := s.post(t, base+"/start", `{"message_ids":["a"`+strings.Repeat(`,"a"`, 3000)+`]}`).failed(http.StatusBadRequest)
	if n := len(f.places()); n != 1000 || !strings.Contains(f.Message, "3000 faults") {
		t.Errorf("%d faults are listed: %s", n, f.Message)
	}
}

func TestRefuse_what_is_unknown(t *testing.T) {
	t.Parallel()
	s := conversation(t)
	s.Upload(t, inbox, "bad.jsonl", line("good")+"{\"contents\":[]}\n", nil)
	tests := []struct {
		name, body string
		code       int
		want       []string
	}{
		{"messages", `{"message_ids":["nobody","d","noone"]}`, 404, []string{"message_ids[0] UNKNOWN_MESSAGE", "message_ids[2] UNKNOWN_MESSAGE"}},
		{"session", `{"session_id":"silence"}`, 404, []string{"session_id UNKNOWN_SESSION"}},
		{"message_of_another_session", `{"session_id":"talk","message_ids":["ok"]}`, 400, []string{"message_ids[0] WRONG_SESSION"}},
		{"model", `{"session_id":"talk","model_id":"nobody"}`, 404, []string{"model_id UNKNOWN_MODEL"}},
		{"file", `{"training_data":"gs://` + inbox + `/nothing.jsonl"}`, 404, []string{"training_data UNKNOWN_OBJECT"}},
		{"bucket", `{"training_data":"gs://no-such-bucket/nothing.jsonl"}`, 404, []string{"training_data UNKNOWN_OBJECT"}},
		{"bad_file", `{"training_data":"gs://` + inbox + `/bad.jsonl"}`, 400, []string{"training_data[1].contents EMPTY_LIST"}},
		{"base_model", `{"session_id":"talk","base_model":"gemini-0.1"}`, 404, nil},
		{"no_pair", `{"message_ids":["alone","blank"]}`, 400, []string{"messages/alone NO_RELATED_MESSAGE", "messages/blank EMPTY_TEXT"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := s.post(t, base+"/start", test.body).failed(test.code)
			if diff := cmp.Diff(test.want, f.places()); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, f.Message)
			}
		})
	}
	t.Cleanup(func() { // this runs after the parallel subtests
		if n := len(s.Run.Vertex.Jobs()); n != 0 {
			t.Errorf("%d jobs were started", n)
		}
	})
}

func TestRefuse_a_body_that_is_too_large(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	const limit = 32 << 20
	body := `{"data":[],"filename":"` + strings.Repeat("a", limit)
	for _, path := range []string{"/start", "/convert-json", "/validate-data", "/evaluations", "/retune", "/models/m/promote", "/models/m/rollback"} {
		if f := s.post(t, base+path, body[:limit+1]).failed(http.StatusRequestEntityTooLarge); !strings.Contains(f.Message, "gs://"+inbox) {
			t.Errorf("%s: the bucket is not named: %s", path, f.Message)
		}
	}
	s.post(t, base+"/validate-data", body[:limit-2]+`"}`).failed(http.StatusBadRequest)
}

func TestRefuse_a_body_that_does_not_end(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		cut     bool // the client stops sending, but still reads
		timeout time.Duration
	}{
		{"cut_off", true, time.Minute},
		{"never_sent", false, 100 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, func(set *setup) { set.api.RequestTimeout = test.timeout })
			for _, path := range []string{"/start", "/convert-json", "/validate-data"} {
				address := strings.TrimPrefix(s.url, "http://")
				conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = conn.Close() })
				if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"data\":",
					base+path, address, secret); err != nil {
					t.Fatal(err)
				}
				if test.cut {
					if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
						t.Fatal(err)
					}
				}
				answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := answer.Body.Close(); err != nil || answer.StatusCode != 499 {
					t.Errorf("%s: got %d (%v), want 499", path, answer.StatusCode, err)
				}
			}
		})
	}
}
