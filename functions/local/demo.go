// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/vertextune/vertextune/testdata"
)

// demo shows the main use of the service once, from outside, as a user would do it: with a storage
// client and plain HTTP.
func demo(ctx context.Context, s *system, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 2*s.jobDuration+time.Minute)
	defer cancel()
	d := &demonstration{system: s, out: out, terminal: isTerminal(out)}
	for _, step := range []func(context.Context) error{d.drop, d.train, d.evaluation, d.promote} {
		if err := d.watched(ctx, step); err != nil {
			return err
		}
	}
	d.say("\nDone. Run \"scripts/local\" to try the service yourself.\n")
	return nil
}

type demonstration struct {
	*system
	out      io.Writer
	terminal bool   // the output can redraw a line
	dataset  string // the gs:// URI of the converted file
	job      string // the name of the job
}

// isTerminal reports whether out is a terminal, and not a pipe or a file.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (d *demonstration) say(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

// watched runs a step, and returns early if a part of the system fails.
func (d *demonstration) watched(ctx context.Context, step func(context.Context) error) error {
	done := make(chan error, 1)
	go func() { done <- step(ctx) }()
	select {
	case err := <-done:
		return err
	case err := <-d.failed:
		return err
	}
}

// drop puts a file into the inbox and waits for its report.
func (d *demonstration) drop(ctx context.Context) error {
	d.say("1. Drop testdata/samples/support.json into gs://%s\n", inbox)
	text, err := testdata.Samples.ReadFile("samples/support.json")
	if err != nil {
		return fmt.Errorf("read the sample file: %w", err)
	}
	w := d.objects.Bucket(inbox).Object("support.json").NewWriter(ctx)
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("drop the sample file: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("drop the sample file: %w", err)
	}
	var report struct {
		Dataset string `json:"dataset"`
		Result  struct {
			Format    string `json:"format"`
			Container string `json:"container"`
			Records   int    `json:"records"`
			Examples  int    `json:"examples"`
			Errors    int    `json:"errors"`
		} `json:"result"`
	}
	if err := d.await(ctx, "drops/support.json/report.json", w.Attrs().Generation, &report); err != nil {
		return err
	}
	d.say("   %d records (%s, %s) checked, %d faults\n   %d training examples in %s\n",
		report.Result.Records, report.Result.Format, report.Result.Container, report.Result.Errors, report.Result.Examples, report.Dataset)
	if report.Dataset == "" {
		return errors.New("the sample file was refused")
	}
	d.dataset = report.Dataset
	return nil
}

// job has the fields of a job that the demonstration reads.
type job struct {
	Name       string `json:"job_name"`
	Display    string `json:"display_name"`
	BaseModel  string `json:"base_model"`
	Status     string `json:"status"`
	Data       string `json:"training_data_path"`
	TunedModel string `json:"tuned_model"`
	Endpoint   string `json:"tuned_endpoint"`
	Error      *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// train starts a job on the converted file and shows its progress.
func (d *demonstration) train(ctx context.Context) error {
	d.say("\n2. Start a tuning job on it, and keep 30 %% of the examples for the comparison\n")
	var started struct {
		Job   job `json:"job_info"`
		Pairs int `json:"training_pairs_count"`
	}
	body := fmt.Sprintf(`{"training_data": %q, "validation_split": 0.3, "hyperparameters": {"epoch_count": 3}, "evaluate": true}`, d.dataset)
	if err := d.call(ctx, http.MethodPost, "/start", body, &started); err != nil {
		return err
	}
	d.job = started.Job.Name
	d.say("   job         %s\n   base model  %s\n   %d pairs in %s\n", started.Job.Name, started.Job.BaseModel, started.Pairs, started.Job.Data)

	bar := progress{out: d.out, redraw: d.terminal, expected: d.jobDuration, began: time.Now()}
	for {
		var now job
		if err := d.call(ctx, http.MethodGet, "/job-status/"+started.Job.Name, "", &now); err != nil {
			bar.end()
			return err
		}
		bar.show(now.Status, time.Now())
		switch now.Status {
		case "PIPELINE_STATE_SUCCEEDED":
			bar.end()
			d.say("   tuned model %s\n   endpoint    %s\n", now.TunedModel, now.Endpoint)
			return d.loss(ctx, now.Name)
		case "PIPELINE_STATE_FAILED", "PIPELINE_STATE_CANCELLED":
			bar.end()
			why := "no reason is given"
			if now.Error != nil {
				why = now.Error.Message
			}
			return fmt.Errorf("the job ended as %s: %s", now.Status, why)
		}
		if err := pause(ctx, 250*time.Millisecond); err != nil {
			bar.end()
			return fmt.Errorf("after %s the job is still %s", time.Since(bar.began).Round(time.Second), now.Status)
		}
	}
}

// loss shows the training loss of a job, which the poller reads after the job's end.
func (d *demonstration) loss(ctx context.Context, name string) error {
	for {
		var metrics struct {
			Series struct {
				TrainLoss []struct {
					Value float64 `json:"value"`
				} `json:"train_loss"`
			} `json:"series"`
			Detail string `json:"detail"`
		}
		if err := d.call(ctx, http.MethodGet, "/jobs/"+name+"/metrics", "", &metrics); err != nil {
			return err
		}
		if metrics.Detail == "" {
			values := make([]float64, len(metrics.Series.TrainLoss))
			for i, p := range metrics.Series.TrainLoss {
				values[i] = p.Value
			}
			d.say("   loss        %s in %d steps\n", plot(values, 40), len(values))
			return nil
		}
		if err := pause(ctx, 250*time.Millisecond); err != nil {
			return fmt.Errorf("there is no loss: %s", metrics.Detail)
		}
	}
}

// evaluation shows the result of the comparison with the base model, which the poller makes after
// the end of the job.
func (d *demonstration) evaluation(ctx context.Context) error {
	d.say("\n3. Ask the base model and the tuned model the questions that were kept\n")
	for {
		var now struct {
			Evaluation struct {
				State    string  `json:"state"`
				Sentence string  `json:"sentence"`
				Bill     float64 `json:"tuning_bill_usd"`
				Point    float64 `json:"cost_per_point_usd"`
				Report   string  `json:"report_markdown"`
			} `json:"evaluation"`
		}
		if err := d.call(ctx, http.MethodGet, "/job-status/"+d.job, "", &now); err != nil {
			return err
		}
		switch e := now.Evaluation; e.State {
		case "SUCCEEDED":
			d.say("   %s\n", e.Sentence)
			d.say("   Tuning cost $%.4f: $%.6f for each point.\n   report      %s\n", e.Bill, e.Point, e.Report)
			return nil
		case "FAILED":
			return errors.New("the evaluation failed")
		}
		if err := pause(ctx, 250*time.Millisecond); err != nil {
			return fmt.Errorf("the evaluation did not end: it is %q", now.Evaluation.State)
		}
	}
}

// promote makes the tuned model the active version of a model, if it is at least 5 points better
// than its base.
func (d *demonstration) promote(ctx context.Context) error {
	d.say("\n4. Promote it to the active version of model \"support\", if it gains 5 points or more\n")
	var moved struct {
		Version struct {
			Number   int64  `json:"number"`
			Endpoint string `json:"endpoint"`
		} `json:"version"`
	}
	body := fmt.Sprintf(`{"job_name": %q, "require": {"min_gain": 5}}`, d.job)
	if err := d.call(ctx, http.MethodPost, "/models/support/promote", body, &moved); err != nil {
		return err
	}
	d.say("   version %d is active: applications call %s\n", moved.Version.Number, moved.Version.Endpoint)
	return nil
}
