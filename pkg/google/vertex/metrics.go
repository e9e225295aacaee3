// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"errors"
	"fmt"
	"strings"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/api/iterator"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/metrics"
)

// These limits bound how much is read of one job's metrics. Vertex AI writes one run with six
// series for each job. It selects maxPoints points of a series that has more.
const (
	maxRuns   = 3
	maxSeries = 50
	maxPoints = 1000
)

var (
	experimentName  = lazyregexp.New(`^projects/[^/]+/locations/([a-z0-9-]+)/metadataStores/[^/]+/contexts/([^/]+)$`)
	tensorboardName = lazyregexp.New(`^projects/[^/]+/locations/[^/]+/tensorboards/[^/]+$`)
)

// Metrics returns the metrics of the tuning job whose description names the experiment. They are
// empty if the job has none. Vertex AI keeps them in TensorBoard: the experiment is a metadata
// context that names the TensorBoard, which has an experiment of the same ID. Source: the clients'
// messages and google-cloud-aiplatform's Experiment.get_backing_tensorboard_resource. The names of
// the context's fields and of the series are not part of the API, so the code looks for names
// that contain a known word. Such calls are rare, so each opens and closes its own connections.
func (c *Client) Metrics(ctx context.Context, experiment string) (found metrics.Curves, err error) {
	name := experimentName.FindStringSubmatch(experiment)
	if name == nil {
		return found, nil
	}
	location, id := name[1], name[2]
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	board, err := c.tensorboard(ctx, location, experiment)
	if err != nil || board == "" {
		return found, err
	}
	client, err := aiplatform.NewTensorboardClient(ctx, c.options(location)...)
	if err != nil {
		return found, fmt.Errorf("connect to TensorBoard in %s: %w", location, err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	runs := client.ListTensorboardRuns(ctx, &aiplatformpb.ListTensorboardRunsRequest{Parent: board + "/experiments/" + id})
	for range maxRuns {
		run, err := runs.Next()
		if errors.Is(err, iterator.Done) {
			return found, nil
		}
		if err != nil {
			return found, wrap(err, "list the TensorBoard runs of the tuning job")
		}
		if err := addRun(ctx, client, run.GetName(), &found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// tensorboard returns the name of the TensorBoard of an experiment, or "" if it has none.
func (c *Client) tensorboard(ctx context.Context, location, experiment string) (_ string, err error) {
	client, err := aiplatform.NewMetadataClient(ctx, c.options(location)...)
	if err != nil {
		return "", fmt.Errorf("connect to Vertex AI's metadata in %s: %w", location, err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	got, err := client.GetContext(ctx, &aiplatformpb.GetContextRequest{Name: experiment})
	if err != nil {
		return "", wrap(err, "read the experiment of the tuning job")
	}
	for key, value := range got.GetMetadata().GetFields() {
		text, isText := value.GetKind().(*structpb.Value_StringValue)
		if isText && strings.Contains(strings.ToLower(key), "tensorboard") && tensorboardName.MatchString(text.StringValue) {
			return text.StringValue, nil
		}
	}
	return "", nil
}

// addRun adds the series of a run.
func addRun(ctx context.Context, client *aiplatform.TensorboardClient, run string, found *metrics.Curves) error {
	all := client.ListTensorboardTimeSeries(ctx, &aiplatformpb.ListTensorboardTimeSeriesRequest{Parent: run})
	for range maxSeries {
		series, err := all.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return wrap(err, "list the metrics of the tuning job")
		}
		if series.GetValueType() != aiplatformpb.TensorboardTimeSeries_SCALAR || !metrics.Wants(series.GetDisplayName()) {
			continue
		}
		read, err := client.ReadTensorboardTimeSeriesData(ctx, &aiplatformpb.ReadTensorboardTimeSeriesDataRequest{
			TensorboardTimeSeries: series.GetName(), MaxDataPoints: maxPoints,
		})
		if err != nil {
			return wrap(err, "read a metric of the tuning job")
		}
		values := read.GetTimeSeriesData().GetValues()
		points := make([]metrics.Point, len(values))
		for i, v := range values {
			points[i] = metrics.Point{Step: v.GetStep(), Value: v.GetScalar().GetValue()}
		}
		found.Add(series.GetDisplayName(), points)
	}
	return nil
}
