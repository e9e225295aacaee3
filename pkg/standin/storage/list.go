// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"sort"
	"strings"
)

const maxListResults = 1000

// listQuery says which objects of a bucket to list.
type listQuery struct {
	prefix string
	after  string // continue after this name
	limit  int
}

// listPage is one page of names. more is where the next page begins, if there is one.
type listPage struct {
	objects []*Object
	more    string
}

func parseListQuery(q url.Values) (l listQuery, err error) {
	l = listQuery{prefix: q.Get("prefix")}
	if l.limit, err = parseLimit(q); err != nil {
		return l, err
	}
	l.after, err = parsePageToken(q)
	return l, err
}

func parseLimit(q url.Values) (int, error) {
	n, err := parseInt("maxResults", q["maxResults"])
	if err != nil || n == nil || *n == 0 {
		return maxListResults, err
	}
	return int(min(*n, maxListResults)), nil
}

func parsePageToken(q url.Values) (string, error) {
	token, err := base64.URLEncoding.DecodeString(q.Get("pageToken"))
	if err != nil {
		return "", errInvalid("Invalid page token: %q", q.Get("pageToken"))
	}
	return string(token), nil
}

func pageToken(name string) string { return base64.URLEncoding.EncodeToString([]byte(name)) }

// list goes through the names in order.
func (b *bucket) list(l listQuery) (page listPage) {
	names := b.sorted()
	for _, name := range names[sort.SearchStrings(names, max(l.prefix, l.after)):] {
		switch {
		case !strings.HasPrefix(name, l.prefix):
			return page
		case name == l.after:
			continue
		case len(page.objects) >= l.limit:
			page.more = page.objects[len(page.objects)-1].Name
			return page
		}
		page.objects = append(page.objects, b.objects[name])
	}
	return page
}

// listObjects answers with a page of a bucket's objects.
func (a *api) listObjects(w http.ResponseWriter, c *call) error {
	l, err := parseListQuery(c.query)
	if err != nil {
		return err
	}
	page, err := a.store.list(c.bucket, l)
	if err != nil {
		return err
	}
	body := map[string]any{"kind": "storage#objects"}
	if len(page.objects) > 0 {
		items := make([]Object, len(page.objects))
		for i, o := range page.objects {
			items[i] = o.resource(baseURL(c.Request))
		}
		body["items"] = items
	}
	if page.more != "" {
		body["nextPageToken"] = pageToken(page.more)
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

func (st *store) list(name string, l listQuery) (listPage, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	b := st.buckets[name]
	if b == nil {
		return listPage{}, errNoBucket
	}
	return b.list(l), nil
}
