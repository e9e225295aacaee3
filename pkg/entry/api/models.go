// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/entry/query"
)

// modelsQuery are the parameters of GET /models.
var modelsQuery = []string{"status"}

// models returns the current catalogue.
func (a *API) models(r *http.Request) (any, error) {
	p := query.New(r.URL.Query(), modelsQuery)
	text, given := p.Text("status")
	status := catalogue.Status(text)
	if given && !slices.Contains(catalogue.Statuses, status) {
		p.Add("status", "INVALID_STATUS", requestfields.OneOf(catalogue.Statuses...))
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	list := a.Catalogue.Current(r.Context()).List(a.Now())
	if given {
		list.Models = slices.DeleteFunc(list.Models, func(e catalogue.Entry) bool { return e.Status != status })
	}
	return list, nil
}
