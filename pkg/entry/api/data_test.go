// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

type converted struct {
	Message  string          `json:"message"`
	JSONL    string          `json:"jsonl_content"`
	FilePath string          `json:"file_path"`
	Records  int             `json:"records_count"`
	LimitsOf string          `json:"limits_of"`
	Warnings []dataset.Fault `json:"warnings"`
	LeftOut  map[string]int  `json:"left_out"`
}

type validated struct {
	Message  string          `json:"message"`
	Records  int             `json:"records_count"`
	LimitsOf string          `json:"limits_of"`
	Warnings []dataset.Fault `json:"warnings"`
	LeftOut  map[string]int  `json:"left_out"`
}

// examples is a data array with one example for each text.
func examples(texts ...string) string {
	return "[" + strings.Join(strings.Split(strings.TrimSpace(lines(texts...)), "\n"), ", ") + "]"
}

// convert requests a conversion, which must succeed.
func (s *system) convert(t *testing.T, body string) (out converted) {
	t.Helper()
	s.post(t, base+"/convert-json", body).into(&out)
	return out
}

func TestConvert(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct {
		name, body, content, file string
		records                   int
		leftOut                   map[string]int
	}{
		{name: "named", body: `{"data":` + examples("one", "two") + `,"filename":"custom_filename.jsonl"}`, content: lines("one", "two"), file: "custom_filename.jsonl", records: 2},
		{name: "suffix_is_added", body: `{"data":` + examples("one") + `,"filename":"custom"}`, content: line("one"), file: "custom.jsonl", records: 1},
		{name: "suffix_of_json_stays", body: `{"data":` + examples("one") + `,"filename":"x.json"}`, content: line("one"), file: "x.json.jsonl", records: 1},
		{name: "any_language", body: `{"data":` + examples("überall 日本") + `,"filename":"Übung 日本.jsonl"}`, content: line("überall 日本"), file: "Übung 日本.jsonl", records: 1},
		{name: "longest_name", body: `{"data":` + examples("one") + `,"filename":"` + strings.Repeat("a", 249) + `"}`, content: line("one"), file: strings.Repeat("a", 249) + ".jsonl", records: 1},
		{name: "assistant_becomes_model", body: `{"data":` + strings.ReplaceAll(examples("one"), `"model"`, `"assistant"`) + `,"filename":"roles"}`, content: line("one"), file: "roles.jsonl", records: 1},
		{
			name: "messages_become_pairs",
			body: `{"filename":"messages","data":[{"role":"assistant","content":"one.","related_message":{"role":"user","content":"one?"}},` +
				`{"role":"user","content":"one?","related_message":{"role":"assistant","content":"one."}},{"role":"user","content":"alone"}]}`,
			content: line("one"), file: "messages.jsonl", records: 1, leftOut: map[string]int{"NO_RELATED_MESSAGE": 1},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := s.convert(t, test.body)
			path := "gs://" + data + "/converted/" + test.file
			if got.Message != "JSON converted to JSONL successfully" || got.FilePath != path || got.Records != test.records {
				t.Errorf("got %+v, want %d records in %s", got, test.records, path)
			}
			if diff := cmp.Diff(test.content, got.JSONL); diff != "" {
				t.Errorf("jsonl_content (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.content, s.object(t, path)); diff != "" {
				t.Errorf("object (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.leftOut, got.LeftOut); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConvert_makes_names(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	body := `{"data":` + examples("one") + `,"filename":null}`
	first, second := s.convert(t, body), s.convert(t, body)
	if first.FilePath == second.FilePath || !strings.HasPrefix(first.FilePath, "gs://"+data+"/converted/data_") || !strings.HasSuffix(first.FilePath, ".jsonl") {
		t.Errorf("got %s and %s", first.FilePath, second.FilePath)
	}
}

func TestConvert_writes_a_name_once(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	body := `{"data":` + examples("one") + `,"filename":"same"}`
	first := s.convert(t, body)
	if diff := cmp.Diff(first, s.convert(t, strings.Replace(body, "same", "same.jsonl", 1))); diff != "" {
		t.Errorf("the same data again (-first +second):\n%s", diff)
	}
	f := s.post(t, base+"/convert-json", `{"data":`+examples("two")+`,"filename":"same.jsonl"}`).failed(http.StatusConflict)
	if f.Status != "ALREADY_EXISTS" || !strings.Contains(f.Message, first.FilePath) {
		t.Errorf("got %+v", f)
	}
	if diff := cmp.Diff([]string{"filename ALREADY_EXISTS"}, f.places()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := s.object(t, first.FilePath); got != line("one") {
		t.Errorf("the object was overwritten: %s", got)
	}
}

// TestConvert_race_for_a_name: concurrent calls use the same name with different data. One call
// succeeds, and the others get 409.
func TestConvert_race_for_a_name(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	codes := make([]int, 8)
	var wait sync.WaitGroup
	for i := range codes {
		wait.Go(func() {
			codes[i] = s.post(t, base+"/convert-json", fmt.Sprintf(`{"data":%s,"filename":"race"}`, examples(fmt.Sprint(i)))).code
		})
	}
	wait.Wait()
	winner := -1
	for i, code := range codes {
		switch {
		case code == http.StatusOK && winner < 0:
			winner = i
		case code != http.StatusConflict:
			t.Errorf("call %d got %d", i, code)
		}
	}
	if got, want := s.object(t, "gs://"+data+"/converted/race.jsonl"), line(fmt.Sprint(winner)); got != want {
		t.Errorf("the object holds %s, want %s", got, want)
	}
}

func TestConvert_refuses_names(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct{ name, filename, want string }{
		{"parent", "../x", "INVALID_FILENAME"},
		{"hidden_parent", "a/../../x.jsonl", "INVALID_FILENAME"},
		{"absolute", "/etc/x", "INVALID_FILENAME"},
		{"folder", "a/b", "INVALID_FILENAME"},
		{"backslash", `..\x`, "INVALID_FILENAME"},
		{"drive", "C:x", "INVALID_FILENAME"},
		{"dot_file", ".x", "INVALID_FILENAME"},
		{"dots", "..", "INVALID_FILENAME"},
		{"address", "gs://other/x.jsonl", "INVALID_FILENAME"},
		{"nul", "a\x00b", "INVALID_FILENAME"},
		{"line_end", "a\nb", "INVALID_FILENAME"},
		{"delete", "a\x7fb", "INVALID_FILENAME"},
		{"invisible", "a\u200bb", "INVALID_FILENAME"},
		{"right_to_left", "a\u202eb", "INVALID_FILENAME"},
		{"encoded_parent", "%2e%2e%2fx", "INVALID_FILENAME"},
		{"like_a_slash", "a／b", "INVALID_FILENAME"},
		{"like_a_slash_too", "a∕b", "INVALID_FILENAME"},
		{"like_a_backslash", "a＼b", "INVALID_FILENAME"},
		{"pattern", "*.jsonl", "INVALID_FILENAME"},
		{"generation", "a#1", "INVALID_FILENAME"},
		{"too_long", strings.Repeat("a", 250), "TOO_LONG"},
		{"too_long_in_bytes", strings.Repeat("日", 84), "TOO_LONG"},
		{"2000_characters", strings.Repeat("a", 2000), "TOO_LONG"},
		{"empty", "", "EMPTY"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			name, err := json.Marshal(test.filename)
			if err != nil {
				t.Fatal(err)
			}
			f := s.post(t, base+"/convert-json", `{"data":`+examples("one")+`,"filename":`+string(name)+`}`).failed(http.StatusBadRequest)
			if diff := cmp.Diff([]string{"filename " + test.want}, f.places()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	var got validated
	s.post(t, base+"/validate-data", `{"data":`+examples("one", "two", "three")+`}`).into(&got)
	if diff := cmp.Diff(validated{Message: "Data format is valid", Records: 3, LimitsOf: baseModel}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestValidate_warns(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	modelFirst := `[{"contents":[{"role":"model","parts":[{"text":"Hello"}]},{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"Yes?"}]}]}]`
	var got validated
	s.post(t, base+"/validate-data", `{"data":`+modelFirst+`}`).into(&got)
	if got.Records != 1 || len(got.Warnings) != 1 || got.Warnings[0].Code != "ROLES_NOT_ALTERNATING" || got.Warnings[0].Pointer != "/contents/0" {
		t.Errorf("got %+v", got)
	}
	if out := s.convert(t, `{"data":`+modelFirst+`}`); len(out.Warnings) != 1 {
		t.Errorf("got %+v", out)
	}
}

func TestValidate_names_every_fault(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	bad := `[` + strings.TrimSpace(line("good")) + `,
		{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"robot","parts":[{"text":"a"}]}]},
		{"contents":[]},
		7,
		{"contents":[{"role":"user","parts":[{"text":""}]},{"role":"model","parts":[]}]},
		{"contents":[{"role":"user","parts":[{"text":"the user has the last word"}]}],"extra":1}]`
	want := []string{
		"data[1].contents[1].role INVALID_ROLE",
		"data[2].contents EMPTY_LIST",
		"data[3] NOT_AN_OBJECT",
		"data[4].contents[0].parts[0].text EMPTY_TEXT",
		"data[4].contents[1].parts EMPTY_LIST",
		"data[5].contents[0] LAST_TURN_NOT_MODEL",
		"data[5].extra UNKNOWN_FIELD",
	}
	for _, path := range []string{"/validate-data", "/convert-json"} {
		f := s.post(t, base+path, `{"data":`+bad+`}`).failed(http.StatusBadRequest)
		if diff := cmp.Diff(want, f.places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if !strings.Contains(f.Message, "7 errors in 6 records") || f.Details[1].Metadata["errors"] != "7" || f.Details[1].Metadata["records"] != "6" {
			t.Errorf("the count is missing: %+v", f)
		}
		for _, v := range f.Details[0].Violations {
			if !strings.HasSuffix(v.Description, ".") || strings.Contains(v.Description, ";.") || strings.Contains(v.Description, "; .") {
				t.Errorf("%s: %q", v.Field, v.Description)
			}
		}
	}
}

func TestValidate_lists_a_bounded_number_of_faults(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	f := s.post(t, base+"/validate-data", `{"data":[`+strings.Repeat("7,", 4999)+`7]}`).failed(http.StatusBadRequest)
	if n := len(f.places()); n != 200 || !strings.Contains(f.Message, "5000 errors") || !strings.Contains(f.Message, "first 200") {
		t.Errorf("%d faults are listed: %s", n, f.Message)
	}
}

// TestData_without_an_example: each record is valid, but no record makes an example, so the data
// are refused.
func TestData_without_an_example(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for _, path := range []string{"/validate-data", "/convert-json"} {
		f := s.post(t, base+path, `{"data":[{"role":"user","content":"alone"},{"role":"user","content":"too"}]}`).failed(http.StatusBadRequest)
		if diff := cmp.Diff([]string{"data NO_EXAMPLES", "data[0] NO_RELATED_MESSAGE", "data[1] NO_RELATED_MESSAGE"}, f.places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}
