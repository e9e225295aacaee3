// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// functions are the functions that templates can call.
var functions = template.FuncMap{
	"static":  static,
	"root":    func() string { return Root },
	"state":   stateOf,
	"clock":   clock,
	"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"count":   count,
	"money":   money,
	"lasting": lasting,
	"visible": dataset.Visible,
	"number":  func(f float64) string { return strconv.FormatFloat(f, 'g', 4, 64) },
	"percent": func(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) },
	"points":  func(f float64) string { return strings.Replace(strconv.FormatFloat(f, 'f', 2, 64), "-", "−", 1) },
	"add64":   func(a, b int64) int64 { return a + b },
	"add":     func(a, b int) int { return a + b },
	"plural":  plural,
	"place":   placeOf,
	"verdict": verdictOf, "promoted": promotedOf,
	"source":  func(f formField, chosen string, hasInput bool) sourceField { return sourceField{f, chosen, hasInput} },
	"seconds": func(n int64) string { return lasting(time.Duration(n) * time.Second) },
	"rows":    func(what string, rows []costRow) costTable { return costTable{what, rows} },
}

// clock returns a time for people, in UTC.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 Jan 2006, 15:04")
}

// count writes a whole number with commas between thousands.
func count(n any) string { return usd.Group(fmt.Sprint(n)) }

// money writes an amount with a dollar sign.
func money(a usd.Amount) string {
	text := usd.Group(a.String())
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		return "−$" + rest
	}
	return "$" + text
}

// plural writes a number with the word that it counts.
func plural(n any, word string) string {
	number := count(n)
	if number != "1" {
		word += "s"
	}
	return number + " " + word
}

// lasting writes a duration for people, such as 1 h 20 min.
func lasting(d time.Duration) string {
	d = d.Round(time.Second)
	hours, minutes, seconds := int(d/time.Hour), int(d%time.Hour/time.Minute), int(d%time.Minute/time.Second)
	switch {
	case hours >= 48:
		return strconv.Itoa(hours/24) + " d " + strconv.Itoa(hours%24) + " h"
	case hours > 0:
		return strconv.Itoa(hours) + " h " + strconv.Itoa(minutes) + " min"
	case minutes > 0:
		return strconv.Itoa(minutes) + " min " + strconv.Itoa(seconds) + " s"
	default:
		return strconv.Itoa(seconds) + " s"
	}
}

// stateView is a state as pages show it: a shape and a word, so that a reader does not need to see
// its color.
type stateView struct {
	Key  string // names the shape and the color
	Word string
}

// stateViews are the states of jobs, evaluations and files.
var stateViews = map[string]stateView{
	string(tuning.Queued):                     {"waiting", "Queued"},
	string(tuning.Pending):                    {"waiting", "Pending"},
	string(tuning.Running):                    {"running", "Running"},
	string(tuning.Paused):                     {"paused", "Paused"},
	string(tuning.Cancelling):                 {"paused", "Cancelling"},
	string(tuning.Succeeded):                  {"good", "Succeeded"},
	string(tuning.Failed):                     {"bad", "Failed"},
	string(tuning.Cancelled):                  {"off", "Cancelled"},
	string(tuning.Unspecified):                {"waiting", "Unknown"},
	"evaluation " + string(evalrun.Pending):   {"waiting", "Waiting"},
	"evaluation " + string(evalrun.Running):   {"running", "Running"},
	"evaluation " + string(evalrun.Succeeded): {"good", "Finished"},
	"evaluation " + string(evalrun.Failed):    {"bad", "Failed"},
}

// stateOf returns the view of a state.
func stateOf(state any) stateView {
	key := fmt.Sprint(state)
	if run, ok := state.(evalrun.State); ok {
		key = "evaluation " + string(run)
	}
	if v, ok := stateViews[key]; ok {
		return v
	}
	return stateViews[string(tuning.Unspecified)]
}

// promotedOf returns the view of the promotion that a start requested.
func promotedOf(s promotion.State) stateView {
	switch s {
	case promotion.Done:
		return stateView{"good", "Promoted"}
	case promotion.NotPromoted:
		return stateView{"off", "Not promoted"}
	default:
		return stateView{"waiting", "Waiting for the evaluation"}
	}
}

// verdictOf returns the view of a file that OpenAI's clients have uploaded, for its status.
func verdictOf(status string) stateView {
	switch status {
	case "processed":
		return stateView{"good", "Usable"}
	case "error":
		return stateView{"bad", "Refused"}
	default:
		return stateView{"waiting", "Waiting"}
	}
}
