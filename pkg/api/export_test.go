// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

// Routes returns the routing table as the document writes it: "GET /path/{job_name}".
func Routes() []string {
	var routes []string
	for _, e := range (&API{}).endpoints() {
		route := e.method + " " + e.path
		if e.path[len(e.path)-1] == '/' {
			route += "{job_name}"
		}
		routes = append(routes, route)
	}
	return routes
}
