// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// changing matches what differs from run to run, and gives what replaces it.
var changing = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`vt-\d{8}-\d{6}-[a-z0-9]{10}`), "JOB"},
	{regexp.MustCompile(`vt-\d{4}…[a-z0-9]{8}\.jsonl`), "vt-YEAR…JOB.jsonl"},
	{regexp.MustCompile(`\d{14,}`), "NUMBER"},
	{regexp.MustCompile(`fine_tuned_model_\d{8}_\d{6}`), "fine_tuned_model_TIME"},
	{regexp.MustCompile(` *<li><span class="state running">.*The job is training\..*</li>\n`), ""}, // a tick may miss it
	{regexp.MustCompile(`<summary>\d warnings?<`), "<summary>WARNINGS<"},
	// The warning comes six months before the day, and says something else after it.
	{regexp.MustCompile(`<p class="warn">[^<]* retires on [^<]*</p>|<li><bdi>[^<]* retires on [^<]*</bdi></li>`), ""},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d`), "TIME"},
	{regexp.MustCompile(`(, \d+ m?s later)+`), ", SECONDS later"},
	{regexp.MustCompile(`(<td [^>]*data-name="Took"[^>]*>)[^<]*`), "${1}SECONDS"},
	{regexp.MustCompile(`name="key" value="[^"]+"`), `name="key" value="KEY"`},
	{regexp.MustCompile(`(href|src)="(/console/static/[^"?]+)\?[^"]*"`), `$1="$2?HASH"`},
}

// Whole pages, so that no part of them changes by accident. What they must say is in the other
// tests.
func TestGolden(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	job := s.train(t, func(r *tuning.Request) { r.Evaluate = true })
	s.tick(t, func() bool { return s.evaluated(t, job.ID).Finished })
	at := "/console/jobs/" + job.ID
	promotion := url.Values{"model_id": {"capitals"}, "checkpoint_id": {"2"}, "step": {"check"}}
	question := s.send(t, http.MethodPost, starter, at+"/promote", promotion)
	s.send(t, http.MethodPost, starter, at+"/promote", keyed(question, "promote", promotion)).has(t, http.StatusSeeOther)
	for name, page := range map[string]answer{
		"jobs":    s.get(t, reader, "/console"),
		"job":     s.get(t, starter, at),
		"answers": s.get(t, operator, at+"/evaluation"),
		"model":   s.get(t, starter, "/console/models/capitals"),
		"promote": question,
		"start": s.send(t, http.MethodPost, starter, "/console/start", url.Values{
			"step": {"check"}, "source": {"training_data"}, "training_data": {"gs://" + cloudtest.Data + "/train.jsonl"}, "epoch_count": {"3"}, "max_cost_usd": {"0.00001"},
		}),
	} {
		got := page.has(t, http.StatusOK).body
		for _, c := range changing {
			got = c.pattern.ReplaceAllString(got, c.text)
		}
		file := filepath.Join("testdata", name+".html")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got), -update writes it:\n%s", file, diff)
		}
	}
}
