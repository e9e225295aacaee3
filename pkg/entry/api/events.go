// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"

	"github.com/vertextune/vertextune/pkg/entry/query"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
)

// eventList is the response of GET /jobs/JOB_NAME/events: the events of a job, the oldest first.
// The service publishes the same CloudEvents.
type eventList struct {
	Events        []cloudevent.Event `json:"events"`
	Count         int                `json:"count"`
	NextPageToken string             `json:"next_page_token,omitempty"`
}

// maxEvents is the maximum and the default number of events on a page.
const maxEvents = 100

func (a *API) events(r *http.Request, name string) (any, error) {
	size, after, err := eventPage(query.New(r.URL.Query(), pageQuery))
	if err != nil {
		return nil, err
	}
	record, err := a.Access.Find(r.Context(), name)
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
		event, err := jobevents.CloudEvent(a.Config.Project, record.Job, e)
		if err != nil {
			return nil, err
		}
		list.Events = append(list.Events, event)
	}
	list.Count = len(list.Events)
	return list, nil
}

// eventPage reads page_size and page_token. Events are only appended, so a page token is the number
// of events on all earlier pages.
func eventPage(p *query.Parameters) (size, after int, err error) {
	size = p.Number("page_size", maxEvents, 1, maxEvents)
	after = p.Number("page_token", 0, 1, maxPageToken)
	return size, after, p.Err()
}

// maxPageToken is far above the number of events that a job can have.
const maxPageToken = 1 << 30
