// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

// Routes returns the routing table as the document writes it: "GET /path/{job_name}".
func Routes() []string {
	var routes []string
	for _, e := range (&API{}).endpoints() {
		routes = append(routes, e.method+" "+e.path)
	}
	return routes
}
