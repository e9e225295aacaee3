// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"time"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// metrics serves the metrics of jobs that have ended, as Vertex AI keeps them: a metadata context
// names a TensorBoard, which has an experiment with one run, whose time series are the metrics.
type metrics struct {
	v1.UnimplementedMetadataServiceServer
	v1.UnimplementedTensorboardServiceServer
	*service
}

// experiment is the ID of the job's experiment. Its number is that of the job, so that two jobs
// that start in the same second have two.
func (j *job) experiment() string {
	return "tuning-experiment-" + j.start().UTC().Format("20060102150405") + derivedID(j.id, "experiment")[:6]
}

func (m *metrics) GetContext(_ context.Context, req *v1.GetContextRequest) (*v1.Context, error) {
	name := contextPattern.FindStringSubmatch(req.GetName())
	if name == nil {
		return nil, invalidField("name", "Invalid resource name %q.", req.GetName())
	}
	where, err := m.place("name", name[1], name[2], "aiplatform.contexts.get")
	if err != nil {
		return nil, err
	}
	if _, _, err := m.ended(where, name[3], req.GetName()); err != nil {
		return nil, err
	}
	return &v1.Context{
		Name: req.GetName(), DisplayName: name[3], SchemaTitle: "system.Experiment", SchemaVersion: "0.0.1",
		Metadata: &structpb.Struct{Fields: map[string]*structpb.Value{
			"backing_tensorboard_resource": structpb.NewStringValue(where.tensorboard()),
			"experiment_deleted":           structpb.NewBoolValue(false),
		}},
	}, nil
}

func (m *metrics) ListTensorboardRuns(_ context.Context, req *v1.ListTensorboardRunsRequest) (*v1.ListTensorboardRunsResponse, error) {
	at, err := m.find(req.GetParent(), "aiplatform.tensorboardRuns.list")
	if err != nil {
		return nil, err
	}
	run := "tuning-experiment-run-" + derivedID(at.job.id, "run")[:14]
	return &v1.ListTensorboardRunsResponse{TensorboardRuns: []*v1.TensorboardRun{{Name: req.GetParent() + "/runs/" + run, DisplayName: run}}}, nil
}

func (m *metrics) ListTensorboardTimeSeries(
	_ context.Context, req *v1.ListTensorboardTimeSeriesRequest,
) (*v1.ListTensorboardTimeSeriesResponse, error) {
	at, err := m.find(req.GetParent(), "aiplatform.tensorboardTimeSeries.list")
	if err != nil {
		return nil, err
	}
	out := &v1.ListTensorboardTimeSeriesResponse{}
	for _, s := range at.job.series(at.steps) {
		out.TensorboardTimeSeries = append(out.TensorboardTimeSeries, &v1.TensorboardTimeSeries{
			Name: req.GetParent() + "/timeSeries/" + derivedID(at.job.id, s.name), DisplayName: s.name,
			ValueType: v1.TensorboardTimeSeries_SCALAR, PluginName: "scalars",
		})
	}
	return out, nil
}

func (m *metrics) ReadTensorboardTimeSeriesData(
	_ context.Context, req *v1.ReadTensorboardTimeSeriesDataRequest,
) (*v1.ReadTensorboardTimeSeriesDataResponse, error) {
	at, err := m.find(req.GetTensorboardTimeSeries(), "aiplatform.tensorboardTimeSeries.read")
	if err != nil {
		return nil, err
	}
	most := int(req.GetMaxDataPoints())
	if most < -1 || most == 0 {
		return nil, invalidField("max_data_points", "max_data_points must be positive, or -1.")
	}
	for _, s := range at.job.series(at.steps) {
		id := derivedID(at.job.id, s.name)
		if id != at.series {
			continue
		}
		data := &v1.TimeSeriesData{TensorboardTimeSeriesId: id, ValueType: v1.TensorboardTimeSeries_SCALAR}
		for _, step := range spread(s.steps, most) {
			share := time.Duration(float64(at.end.Sub(at.job.start())) * float64(step) / float64(at.steps))
			data.Values = append(data.Values, &v1.TimeSeriesDataPoint{
				Step: step, WallTime: timestamppb.New(at.job.start().Add(share)),
				Value: &v1.TimeSeriesDataPoint_Scalar{Scalar: &v1.Scalar{Value: s.at(step)}},
			})
		}
		return &v1.ReadTensorboardTimeSeriesDataResponse{TimeSeriesData: data}, nil
	}
	return nil, status.Errorf(codes.NotFound, "The TensorboardTimeSeries %s does not exist.", req.GetTensorboardTimeSeries())
}

// spread returns at most n of the steps, evenly and with both ends; -1 stands for all.
func spread(steps []int64, n int) []int64 {
	if n < 0 || len(steps) <= n {
		return steps
	}
	if n == 1 {
		return steps[len(steps)-1:]
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = steps[i*(len(steps)-1)/(n-1)]
	}
	return out
}

// trained is a job that has ended, in the TensorBoard's names.
type trained struct {
	job    *job
	steps  int64 // that were trained
	end    time.Time
	series string // the ID of the time series that is asked for
}

// find returns the job of a TensorBoard experiment, a run or a time series.
func (m *metrics) find(name, permission string) (trained, error) {
	part := runsPattern.FindStringSubmatch(name)
	if part == nil {
		return trained{}, invalidField("name", "Invalid resource name %q.", name)
	}
	where, err := m.place("name", part[1], part[2], permission)
	if err != nil {
		return trained{}, err
	}
	if where.tensorboard() != "projects/"+projectNumber(part[1])+"/locations/"+part[2]+"/tensorboards/"+part[3] {
		return trained{}, status.Errorf(codes.NotFound, "The Tensorboard of %s does not exist.", name)
	}
	j, end, err := m.ended(where, part[4], name)
	if err != nil {
		return trained{}, err
	}
	return trained{job: j, steps: j.trained(end), end: end, series: part[6]}, nil
}

// ended returns the job of an experiment and its end. The documentation says that the metrics are
// there after the end.
func (m *metrics) ended(where place, experiment, name string) (*job, time.Time, error) {
	m.engine.mu.Lock()
	defer m.engine.mu.Unlock()
	now := m.engine.now()
	for _, j := range m.engine.board.jobs {
		if !samePlace(j.place, where) || !j.started(now) || j.experiment() != experiment {
			continue
		}
		if end, _, over := j.ended(now); over && j.trained(end) > 0 {
			return j, end, nil
		}
	}
	return nil, time.Time{}, status.Errorf(codes.NotFound, "%s does not exist.", name)
}
