// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/drops"
)

// dataPage is the content of the page with all files.
type dataPage struct {
	Drops        []dropRow
	Newer, Older string
	More         bool // files that are not in the list
	Files        []store.File
	MoreFiles    bool
	Inbox        string
	Models       []string
	Default      string
}

// dropRow is a dropped file.
type dropRow struct {
	drops.Entry
	Link  string
	State stateView
}

// dataSize is how many files a page lists.
const dataSize = 50

// outcomes are what became of a file, for people.
var outcomes = map[drops.Outcome]stateView{
	drops.Converted: {"good", "Converted"}, drops.Refused: {"bad", "Refused"}, "": {"waiting", "See the report"},
}

// keyOf returns the part of an address that stands for a file.
func keyOf(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

func (c *call) data() error {
	all, more, err := drops.List(c.ctx(), c.Access.Objects, c.Config.Data)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(c.r.URL.Query().Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	first := min((number-1)*dataSize, len(all))
	last := min(first+dataSize, len(all))
	body := dataPage{Inbox: c.Config.Inbox, More: more, Models: c.modelIDs(), Default: c.Config.BaseModel}
	for _, e := range all[first:last] {
		state, known := outcomes[e.Outcome]
		if !known {
			state = outcomes[""]
		}
		body.Drops = append(body.Drops, dropRow{e, Root + "/data/report/" + keyOf(e.Name), state})
	}
	if number > 1 {
		body.Newer = Root + "/data?page=" + strconv.Itoa(number-1)
	}
	if last < len(all) {
		body.Older = Root + "/data?page=" + strconv.Itoa(number+1)
	}
	if number == 1 {
		page := store.FilePage{Purpose: "fine-tune", Size: dataSize}
		if body.Files, body.MoreFiles, err = c.Access.Records.ListFiles(c.ctx(), page); err != nil {
			return err
		}
	}
	return c.show(http.StatusOK, "data", view{Title: "Data", Active: Root + "/data", Live: liveSeconds, Body: body})
}

// reportPage is the content of the page about a file.
type reportPage struct {
	Name     string
	Waits    bool   // the report is not there yet
	Outcome  string // a sentence
	State    stateView
	Reason   string
	Dataset  string
	LimitsOf string
	Kept     bool // the file is in a bucket
	Result   *dataset.Report
	Start    *drops.Start
	Counts   []codeCount
	Bars     []histogram
	Talks    [][]said
	Mode     string
	At       time.Time
}

// codeCount counts the faults or records of a code.
type codeCount struct {
	Code  string
	Count int64
}

// shownExamples is how many examples of a file a page shows.
const shownExamples = 5

// report shows what became of a dropped file. The file may have arrived only a moment ago.
func (c *call) report() error {
	name, err := base64.RawURLEncoding.DecodeString(c.r.PathValue("key"))
	if err != nil || len(name) == 0 {
		return fault.New(fault.NotFound, "There is no file at this address.")
	}
	r, err := drops.Read(c.ctx(), c.Access.Objects, c.Config.Data, string(name))
	if fault.KindOf(err) == fault.NotFound {
		if _, inboxErr := c.Access.Objects.Attrs(c.ctx(), c.Config.Inbox, string(name)); inboxErr == nil {
			body := reportPage{Name: string(name), Waits: true}
			return c.show(http.StatusOK, "report", view{Title: "A file", Active: Root + "/data", Live: 1, Body: body})
		} else if !errors.Is(inboxErr, gcs.ErrNotFound) {
			return inboxErr
		}
	}
	if err != nil {
		return err
	}
	body := reportOf(r.Result)
	body.Name, body.Kept, body.Dataset, body.LimitsOf, body.Start, body.Reason = r.Source.Name, true, r.Dataset, r.LimitsOf, r.Start, r.Reason
	body.State = outcomes[r.Outcome]
	if r.Outcome == drops.Converted {
		lines, err := drops.Examples(c.ctx(), c.Access.Objects, c.Config.Data, drops.NamesOf(r.Source.Name).Data, shownExamples)
		if err != nil {
			c.Log.WarnContext(c.ctx(), "the examples of a file were not read", "error", err)
		}
		body.Talks = talksOf(lines)
	}
	return c.show(http.StatusOK, "report", view{Title: "A file", Active: Root + "/data", Body: body})
}

// talksOf returns examples as conversations.
func talksOf(lines [][]byte) (all [][]said) {
	for _, line := range lines {
		var example struct {
			System   json.RawMessage   `json:"systemInstruction"`
			Contents []json.RawMessage `json:"contents"`
		}
		if json.Unmarshal(line, &example) == nil && len(example.Contents) > 0 {
			all = append(all, conversation(example.System, example.Contents))
		}
	}
	return all
}
