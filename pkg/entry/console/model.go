// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/vertextune/vertextune/pkg/core/endpoint"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// modelPage is the content of the page about a model: what applications get that ask for it.
type modelPage struct {
	ID       string
	Active   *promotion.Move
	Call     *endpoint.Call
	History  []versionRow
	Back     *promotion.Move // to which a rollback goes back, or nil
	IsMoving bool
}

// versionRow is a version in the history of a model.
type versionRow struct {
	promotion.Move
	Until time.Time // zero for the active one
}

// Path is the address of the model's page.
func (p modelPage) Path() string { return modelPath(p.ID) }

func (c *call) model() error {
	pointer, err := c.Promotions.Get(c.ctx(), c.r.PathValue("model"))
	if err != nil {
		return err
	}
	page := c.modelPage(pointer)
	live := 0
	if page.IsMoving {
		live = liveSeconds
	}
	return c.show(http.StatusOK, "model", view{Title: page.ID, Active: Root + "/models", Live: live, Body: page})
}

func (c *call) modelPage(pointer store.Pointer) modelPage {
	page := modelPage{ID: pointer.ModelID, Active: pointer.Active(), IsMoving: pointer.Pending != nil}
	for i, m := range pointer.Moves {
		row := versionRow{Move: m}
		if i > 0 {
			row.Until = pointer.Moves[i-1].At
		}
		page.History = append(page.History, row)
	}
	if page.Active == nil {
		return page
	}
	v := page.Active.Version
	ready, err := endpoint.Ready(v.Endpoint, c.Catalogue.Current(c.ctx()).Lookup(v.BaseModel))
	if err == nil {
		page.Call = &ready
	} else {
		c.Log.WarnContext(c.ctx(), "the call of the active version could not be built", "job_id", v.JobID, "error", err)
	}
	if page.Active.Previous != 0 {
		page.Back = pointer.Find(page.Active.Previous)
	}
	return page
}

// confirmRollback says to which version a rollback goes back, and asks once.
func (c *call) confirmRollback() error {
	pointer, err := c.Promotions.Get(c.ctx(), c.r.PathValue("model"))
	if err != nil {
		return err
	}
	if _, _, err := pointer.RollBack(0, promotion.Move{}); err != nil {
		return err
	}
	return c.show(http.StatusOK, "rollback", view{Title: "Roll back?", Active: Root + "/models", Body: c.modelPage(pointer)})
}

// rollback leaves the version that the caller saw as the active one. If another one is active
// meanwhile, it changes nothing.
func (c *call) rollback() error {
	form, err := c.posted()
	if err != nil {
		return err
	}
	leave, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil || leave < 1 {
		return fault.New(fault.InvalidArgument, "The form has lost the number of the version. Open it again.")
	}
	id := c.r.PathValue("model")
	if _, err := c.Promotions.RollBack(c.ctx(), promotions.Order{ModelID: id, Caller: c.caller.Name}, leave); err != nil {
		return err
	}
	return c.redirect(modelPath(id))
}

// activeRow is a model in the list of those that have an active version.
type activeRow struct {
	promotion.Move
	ID, Path string
}

// mostActive is how many models with an active version are listed.
const mostActive = 100

func (c *call) activeModels() (rows []activeRow, err error) {
	pointers, err := c.Access.Records.ActivePointers(c.ctx(), mostActive)
	for _, p := range pointers {
		rows = append(rows, activeRow{*p.Active(), p.ModelID, modelPath(p.ModelID)})
	}
	return rows, err
}
