// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"time"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/work/jobmetrics"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// jobPage is the content of the page about a job.
type jobPage struct {
	Job     tuning.Job
	Status  jobview.Status
	Cost    costView
	Stale   string // why the job is not shown as it is now
	Story   []moment
	Passed  progress
	Loss    *chart
	NoLoss  string // why there is no loss
	Bill    *billView
	Picture picture

	Evaluation *evaluationView
	Cancels    bool // the caller may cancel the job
	Served     bool // the tuned model can be asked, and so promoted
	Retunes    bool // the job can be repeated on another base model
}

// evaluationView is an evaluation on the page of its job.
type evaluationView struct{ evalrun.Run }

// Steps is how many examples are to be asked and to be judged.
func (v evaluationView) Steps() int64 {
	if v.Judge != nil {
		return 2 * v.Examples
	}
	return max(1, v.Examples)
}

// Done is how many of the steps were done.
func (v evaluationView) Done() int64 { return v.Asked() + v.Judged() }

// BilledText is what the answers have cost until now, or "" if a price is not known.
func (v evaluationView) BilledText() string {
	if !v.Priced() {
		return ""
	}
	return money(usd.Amount(v.Billed))
}

// ModelPath is the address of the page of the model for which the job was started.
func (p jobPage) ModelPath() string { return modelPath(p.Job.ModelID) }

func (c *call) job() error {
	record, err := c.find()
	if err != nil {
		return err
	}
	record, stale := c.Access.Refresh(c.ctx(), record)
	job := record.Job
	body := jobPage{
		Job: job, Status: c.Access.Status(c.ctx(), job), Cost: costOf(job), Stale: stale, Story: storyOf(job),
		Passed: progressOf(job, c.Now()), Bill: billOf(job), Picture: pictureOf(job),
		Cancels: !job.Finished && job.CancelRequested == nil && c.Access.MayCancel(job, c.caller.Name) == nil,
		Served:  isServed(job), Retunes: job.State == tuning.Succeeded && job.Spec.PreTunedModel == "",
	}
	if body.Status.Evaluation != nil {
		found, err := c.Access.Records.Evaluation(c.ctx(), body.Status.Evaluation.ID)
		if err != nil {
			return err
		}
		body.Evaluation = &evaluationView{found.Run}
	}
	curves, detail, err := jobmetrics.Of(c.ctx(), c.Access.Objects, job)
	if err != nil {
		c.Log.WarnContext(c.ctx(), "the metrics of the job were not read", "job_id", job.ID, "error", err)
		detail = "The metrics could not be read just now."
	}
	if body.NoLoss = detail; detail == "" {
		body.Loss = lossChart(curves)
	}
	live := 0
	if job.Watched || body.Evaluation != nil && !body.Evaluation.Finished {
		live = liveSeconds
	}
	return c.show(http.StatusOK, "job", view{Title: job.DisplayName, Active: Root, Live: live, Body: body})
}

// moment is an event in the story of a job.
type moment struct {
	At    time.Time
	Text  string
	Who   string
	State stateView
	After time.Duration // since the moment before
}

// storyOf returns what happened to a job, oldest first.
func storyOf(j tuning.Job) (all []moment) {
	for i, e := range j.Events {
		m := moment{At: e.Time, Who: e.Actor, State: stateOf(e.To), Text: "The job is " + wordOf(e.To) + "."}
		switch {
		case e.Type == tuning.Created:
			m.Text = "The job was accepted."
		case e.Type == tuning.CancelRequested:
			m.Text, m.State = "Its cancellation was requested.", stateOf(tuning.Cancelling)
		case e.Type == tuning.Stalled && e.Reason == tuning.TimedOut:
			m.Text, m.State = "It has been running for longer than its timeout.", stateOf(tuning.Paused)
		case e.Type == tuning.Stalled:
			m.Text, m.State = "It has been running for long without a change.", stateOf(tuning.Paused)
		case e.From == e.To && e.Name != "":
			m.Text = "Vertex AI has accepted the job."
		case e.To == tuning.Succeeded:
			m.Text = "The tuned model is ready."
		case e.To == tuning.Failed:
			m.Text = "The job failed."
		case e.To == tuning.Cancelled:
			m.Text = "The job was cancelled."
		}
		if i > 0 {
			m.After = e.Time.Sub(j.Events[i-1].Time)
		}
		all = append(all, m)
	}
	return all
}

// words are the states within a sentence.
var words = map[tuning.State]string{
	tuning.Queued: "in the queue", tuning.Pending: "waiting on Vertex AI", tuning.Running: "training", tuning.Paused: "paused",
	tuning.Cancelling: "being cancelled", tuning.Unspecified: "in a state that is not known",
}

func wordOf(s tuning.State) string {
	if word, ok := words[s]; ok {
		return word
	}
	return stateOf(s).Word
}

// progress is how far a running job is. Without enough earlier jobs on its base model, only the
// elapsed time is known.
type progress struct {
	Running bool
	Elapsed time.Duration
	Known   bool // the rest is estimated
	Late    bool // the job takes longer than all earlier ones
	Least   time.Duration
	Most    time.Duration
	Jobs    int // on which the estimate is based
	Percent int // of the longest expected time
}

func progressOf(j tuning.Job, now time.Time) progress {
	if j.Finished || j.StartedAt.IsZero() {
		return progress{}
	}
	p := progress{Running: true, Elapsed: took(j, now)}
	e, ok := estimateOf(j)
	if !ok || e.Duration == nil {
		return p
	}
	low, high := time.Duration(e.Duration.Low)*time.Second, time.Duration(e.Duration.High)*time.Second
	p.Known, p.Jobs = true, e.Duration.Jobs
	p.Least, p.Most, p.Late = max(0, low-p.Elapsed), max(0, high-p.Elapsed), p.Elapsed > high
	p.Percent = int(min(99, 100*p.Elapsed/max(high, time.Second)))
	return p
}
