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
	prefix, delimiter string
	after             string // continue after this name or prefix
	limit             int
}

// listPage is one page of names. more is where the next page begins, if there is one.
type listPage struct {
	objects  []*Object
	prefixes []string
	more     string
}

func parseListQuery(q url.Values) (l listQuery, err error) {
	l = listQuery{prefix: q.Get("prefix"), delimiter: q.Get("delimiter")}
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

// list goes through the names in order. It groups names that have the delimiter after the prefix
// under one prefix.
func (b *bucket) list(l listQuery) listPage {
	names := b.sorted()
	i := sort.SearchStrings(names, max(l.prefix, l.after))
	var page listPage
	for i < len(names) {
		name := names[i]
		if !strings.HasPrefix(name, l.prefix) {
			break
		}
		rolled := l.rollUp(name)
		if l.passed(name, rolled) {
			i++
			continue
		}
		if len(page.objects)+len(page.prefixes) >= l.limit {
			return page
		}
		page.more = name
		if rolled == "" {
			page.objects = append(page.objects, b.objects[name])
		}
		i++
		if rolled != "" {
			page.more = rolled
			page.prefixes = append(page.prefixes, rolled)
			i += sort.Search(len(names)-i, func(k int) bool { return !strings.HasPrefix(names[i+k], rolled) })
		}
	}
	page.more = ""
	return page
}

// rollUp returns the prefix under which the list groups name, or none.
func (l listQuery) rollUp(name string) string {
	if l.delimiter == "" {
		return ""
	}
	rest := name[len(l.prefix):]
	at := strings.Index(rest, l.delimiter)
	if at < 0 {
		return ""
	}
	return name[:len(l.prefix)+at+len(l.delimiter)]
}

// passed reports whether an earlier page had the name, or the prefix that it is grouped under.
func (l listQuery) passed(name, rolled string) bool {
	if l.after == "" {
		return false
	}
	if rolled != "" {
		return rolled <= l.after
	}
	return name <= l.after
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
	if len(page.prefixes) > 0 {
		body["prefixes"] = page.prefixes
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
