// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"fmt"
	"slices"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// prediction answers as base models and tuned models do. No model is behind it: a tuned model gives
// the answer of the training data to the most similar question, and a base model repeats the
// question in a polite sentence.
type prediction struct {
	v1.UnimplementedPredictionServiceServer
	*service
}

const permissionPredict = "aiplatform.endpoints.predict"

// askedModel is the model that a request names.
type askedModel struct {
	facts   *modelFacts
	lessons lessons // of a tuned model
	skill   uint64  // percent of the questions that a tuned model answers by its lessons
}

// GenerateContent answers a request to a base model or a tuned endpoint.
func (p *prediction) GenerateContent(_ context.Context, req *v1.GenerateContentRequest) (*v1.GenerateContentResponse, error) {
	model, err := p.model(req.GetModel())
	if err != nil {
		return nil, err
	}
	if err := model.facts.checkRequest(req); err != nil {
		return nil, err
	}
	question := lastQuestion(req.GetContents())
	reason := v1.Candidate_STOP
	answer, isCut := truncate(model.answer(question), req.GetGenerationConfig().GetMaxOutputTokens())
	if isCut {
		reason = v1.Candidate_MAX_TOKENS
	}
	answer.Role = "model"
	prompt := contentTokens(append(slices.Clone(req.GetContents()), req.GetSystemInstruction())...)
	output := contentTokens(answer)
	return &v1.GenerateContentResponse{
		Candidates:   []*v1.Candidate{{Content: answer, FinishReason: reason}},
		ModelVersion: model.facts.ID,
		UsageMetadata: &v1.GenerateContentResponse_UsageMetadata{
			PromptTokenCount: prompt, CandidatesTokenCount: output, TotalTokenCount: prompt + output,
		},
	}, nil
}

// model finds the model that a name means.
func (p *prediction) model(name string) (askedModel, error) {
	if m := publisherModelPattern.FindStringSubmatch(name); m != nil {
		where, err := p.servingPlace(m[1], m[2])
		if err != nil {
			return askedModel{}, err
		}
		facts := p.facts.models[m[3]]
		if facts == nil || facts.open() || facts.retired(p.engine.clock()) || !facts.servedAt(m[2], p.facts.regions()) {
			return askedModel{}, publisherModelNotFound(where, m[3])
		}
		return askedModel{facts: facts}, nil
	}
	m := endpointPattern.FindStringSubmatch(name)
	if m == nil {
		return askedModel{}, invalidField("model", "Invalid resource name %q: the format is projects/{project}/locations/{location}/"+
			"publishers/google/models/{model} or projects/{project}/locations/{location}/endpoints/{endpoint}.", name)
	}
	where, err := p.servingPlace(m[1], m[2])
	if err != nil {
		return askedModel{}, err
	}
	return p.endpoint(where, m[3])
}

// servingPlace returns the place that serves a model. Other locations than those of tuning serve.
func (p *prediction) servingPlace(project, location string) (place, error) {
	where := place{project: project, location: location}
	if p.cfg.Project != "" && projectNumber(project) != projectNumber(p.cfg.Project) {
		return place{}, permissionDenied(permissionPredict, where)
	}
	return where, nil
}

// servedAt reports whether the base model answers at a location: newer ones only at multi-regions
// and global.
func (m *modelFacts) servedAt(location string, regions []string) bool {
	if location == "global" {
		return true
	}
	multi := location == "us" || location == "eu"
	if m.Serving == "multi_region" {
		return multi
	}
	return slices.Contains(regions, location)
}

// endpoint finds the tuned model behind an endpoint: a job that has succeeded, or one of its
// checkpoints. A later checkpoint knows more of the training data, and the last one nearly all.
func (p *prediction) endpoint(where place, id string) (askedModel, error) {
	p.engine.mu.Lock()
	defer p.engine.mu.Unlock()
	now := p.engine.now()
	for _, j := range p.engine.board.jobs {
		served := place{j.place.project, j.facts.endpointLocation(j.place.location)}
		if _, state, over := j.ended(now); !over || state != pb.JobState_JOB_STATE_SUCCEEDED || j.facts.open() || j.deleted || !samePlace(served, where) {
			continue
		}
		checkpoints := j.outcome.checkpoints
		for i, c := range checkpoints {
			last := i == len(checkpoints)-1
			if !last && j.spec.GetSupervisedTuningSpec().GetExportLastCheckpointOnly() || derivedID(j.id, "endpoint", c.GetCheckpointId()) != id {
				continue
			}
			if j.facts.retired(now) {
				return askedModel{}, publisherModelNotFound(where, j.facts.ID)
			}
			return askedModel{facts: j.facts, lessons: j.outcome.lessons, skill: uint64(40 + 55*(i+1)/len(checkpoints))}, nil
		}
	}
	return askedModel{}, status.Errorf(codes.NotFound, "Endpoint `%s` not found.", where.endpoint(id))
}

// answer returns the model's answer. Whether a tuned model remembers a question depends on the
// question alone, so that what an early checkpoint knows, a later one knows too.
func (a askedModel) answer(question string) *v1.Content {
	if verdict, ok := judge(question); ok {
		return text(verdict)
	}
	if hash("recall", question)%100 < a.skill {
		if known := a.lessons.recall(question); known != nil {
			return known
		}
	}
	return text(fmt.Sprintf("Thank you for your message. You wrote: %q. Please tell me more, so that I can help.", firstRunes(question, 120)))
}

func text(s string) *v1.Content {
	return &v1.Content{Parts: []*v1.Part{{Data: &v1.Part_Text{Text: s}}}}
}

func firstRunes(s string, n int) string {
	if all := []rune(s); len(all) > n {
		return string(all[:n])
	}
	return s
}
