// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package openai serves OpenAI's clients: below /v1 it answers the calls of their files, uploads,
// fine-tuning jobs and models in OpenAI's shapes. It is an adapter. The jobs are those of package
// jobs, with the same roles, budgets, queue and log; only files and uploads have records of their
// own. README.md is the guide for its users.
package openai

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// Config holds the settings of the endpoints.
type Config struct {
	// Enabled turns the endpoints on.
	Enabled bool `env:"OPENAI_API" envDefault:"true"`
	// Aliases are the base models that are tuned for OpenAI's model names, such as
	// gpt-4o-mini=gemini-3.5-flash.
	Aliases map[string]string `env:"OPENAI_MODEL_ALIASES" envKeyValSeparator:"="`
}

// Check reports aliases without a name or without a base model.
func (c Config) Check() error {
	for _, name := range slices.Sorted(maps.Keys(c.Aliases)) {
		if strings.TrimSpace(name) == "" || strings.TrimSpace(c.Aliases[name]) == "" {
			return fmt.Errorf("OPENAI_MODEL_ALIASES: %q=%q must be a model of OpenAI's and a base model, such as gpt-4o-mini=gemini-3.5-flash", name, c.Aliases[name])
		}
	}
	return nil
}

// Serves reports whether a path belongs to this package.
func (c Config) Serves(path string) bool {
	return c.Enabled && (path == base || strings.HasPrefix(path, base+"/"))
}

// API is what these endpoints share with the others.
type API interface {
	// Caller returns the name of the caller, which the request's context has.
	Caller(ctx context.Context) string
	// Fields reads the body, which must be a JSON object.
	Fields(r *http.Request) (*requestfields.Reader, error)
	// NoFields refuses a body with fields.
	NoFields(r *http.Request) error
	// IdempotencyKey returns the header of this name, or "".
	IdempotencyKey(h http.Header, faults *fault.Faults) string
	// Start starts a job at the pace that the caller may have.
	Start(ctx context.Context, o jobs.StartRequest) (tuning.Job, error)
	// Refresh reads a job from Vertex AI if its record is old.
	Refresh(ctx context.Context, r store.Record) store.Record
	// Cancel cancels a job if the caller may do so.
	Cancel(ctx context.Context, r store.Record) (store.Record, error)
}

// Service answers OpenAI's clients.
type Service struct {
	Config    Config
	Project   string
	Location  string // region of the jobs
	Bucket    string // has the files and the parts of uploads
	BaseModel string // files are checked against the limits of this model
	Records   *store.Store
	Objects   *gcs.Store
	Jobs      *jobs.Service
	Catalogue catalogue.Provider
	API       API
	Now       func() time.Time
	Log       *slog.Logger
}

// Route is one endpoint. A path may have one argument, in braces.
type Route struct {
	Method, Path string
	Role         auth.Role
	Query        []string // the allowed parameters; with none, every parameter is refused
	Form         bool     // the body is multipart/form-data
	Serve        func(r *http.Request, id string) (any, error)
}

const (
	base    = "/v1"
	jobPath = base + "/fine_tuning/jobs"
)

// Routes returns the endpoints. A path with a suffix comes before the one that is its beginning.
func (s *Service) Routes() []Route {
	const get, post, remove = http.MethodGet, http.MethodPost, http.MethodDelete
	paged := []string{"limit", "after"}
	all := []Route{
		{post, base + "/files", auth.Operator, nil, true, s.createFile},
		{get, base + "/files", auth.Reader, filesQuery, false, s.listFiles},
		{get, base + "/files/{id}/content", auth.Operator, nil, false, s.content},
		{get, base + "/files/{id}", auth.Reader, nil, false, s.file},
		{remove, base + "/files/{id}", auth.Operator, nil, false, s.deleteFile},
		{post, base + "/uploads", auth.Operator, nil, false, s.createUpload},
		{post, base + "/uploads/{id}/parts", auth.Operator, nil, true, s.createPart},
		{post, base + "/uploads/{id}/complete", auth.Operator, nil, false, s.completeUpload},
		{post, base + "/uploads/{id}/cancel", auth.Operator, nil, false, s.cancelUpload},
		{post, jobPath, auth.Starter, nil, false, s.createJob},
		{get, jobPath, auth.Reader, paged, false, s.listJobs},
		{post, jobPath + "/{id}/cancel", auth.Starter, nil, false, s.cancelJob},
		{get, jobPath + "/{id}/events", auth.Reader, paged, false, s.events},
		{get, jobPath + "/{id}/checkpoints", auth.Reader, paged, false, s.checkpoints},
		{get, jobPath + "/{id}", auth.Reader, nil, false, s.job},
		{get, base + "/models", auth.Reader, nil, false, s.models},
		{get, base + "/models/{model}", auth.Reader, nil, false, s.model},
		{remove, base + "/models/{model}", auth.Starter, nil, false, unsupported("A tuned model is deleted on Vertex AI, not here.")},
		{post, base + "/chat/completions", auth.Reader, nil, false, s.chat},
		{post, base + "/responses", auth.Reader, nil, false, s.chat},
	}
	for _, action := range []string{"pause", "resume"} {
		all = append(all, Route{
			post, jobPath + "/{id}/" + action, auth.Starter, nil, false,
			unsupported("Vertex AI cannot " + action + " a job. Cancel it, and start another one."),
		})
	}
	return all
}

// unsupported returns an endpoint for something that does not exist here.
func unsupported(why string) func(*http.Request, string) (any, error) {
	return func(*http.Request, string) (any, error) {
		e := fault.New(fault.FailedPrecondition, "%s", why)
		e.Reason = "UNSUPPORTED"
		return nil, e
	}
}
