// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"

	"github.com/vertextune/vertextune/pkg/work/jobevents"
)

// eventList is the answer of GET /jobs/JOB_NAME/events: what happened to a job, the oldest first, as the same
// CloudEvents that are published.
type eventList struct {
	Events        []cloudevent.Event `json:"events"`
	Count         int                `json:"count"`
	NextPageToken string             `json:"next_page_token,omitempty"`
}

// maxEvents is how many events one page holds at most, and if nothing else is asked for.
const maxEvents = 100

func (a *API) events(r *http.Request, name string) (any, error) {
	size, after, err := eventPage(newParameters(r, pageQuery))
	if err != nil {
		return nil, err
	}
	record, err := a.find(r.Context(), name)
	if err != nil {
		return nil, err
	}
	list := eventList{Events: []cloudevent.Event{}}
	rest := record.Events[min(after, len(record.Events)):]
	if len(rest) > size {
		rest = rest[:size]
		list.NextPageToken = strconv.Itoa(after + size)
	}
	for _, e := range rest {
		event, err := jobevents.CloudEvent(a.Config.Vertex.Project, record.Job, e)
		if err != nil {
			return nil, err
		}
		list.Events = append(list.Events, event)
	}
	list.Count = len(list.Events)
	return list, nil
}

// eventPage reads page_size and page_token. Events are only ever added at the end, so a token is how many were
// read.
func eventPage(p *parameters) (size, after int, err error) {
	size = p.number("page_size", maxEvents, 1, maxEvents)
	after = p.number("page_token", 0, 1, maxSafe)
	return size, after, p.err()
}

// maxSafe is far above how many events a job can have.
const maxSafe = 1 << 30
