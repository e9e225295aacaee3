// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/vertextune/vertextune/pkg/entry/auth"
)

//go:embed templates static
var files embed.FS

// view is what the layout shows. A page has its own content in Body.
type view struct {
	Title  string
	Active string // the address in the navigation to which the page belongs
	Live   int    // seconds between two refreshes of what is live, or 0
	Body   any

	Caller  auth.Caller
	Project string
	Mode    string
}

// Reads reports whether the caller may read what people wrote: examples, excerpts and answers.
func (v view) Reads() bool { return v.Caller.Role >= auth.Operator }

// Starts reports whether the caller may start and cancel jobs.
func (v view) Starts() bool { return v.Caller.Role >= auth.Starter }

// SignsOut reports whether the browser has a session of the console that can end.
func (v view) SignsOut() bool { return v.Mode != "iam" }

// parsed returns the templates of a page with the layout. They are parsed at their first use, so
// that a function that serves no page pays nothing.
var parsed = sync.OnceValue(func() map[string]*template.Template {
	common := template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/fields.html"))
	all := map[string]*template.Template{}
	entries, err := files.ReadDir("templates")
	if err != nil {
		panic(err) // the folder is a part of the program
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".html")
		if name != "layout" && name != "parts" && name != "fields" {
			all[name] = template.Must(template.Must(common.Clone()).ParseFS(files, "templates/"+e.Name()))
		}
	}
	return all
})

// show writes a page. It is rendered completely before anything is sent, so that an error in it
// becomes an error page.
func (c *call) show(code int, name string, v view) error {
	v.Caller, v.Project, v.Mode = c.caller, c.Config.Project, c.Config.Mode
	var out bytes.Buffer
	if err := parsed()[name].ExecuteTemplate(&out, "layout", v); err != nil {
		return fmt.Errorf("render the page %s: %w", name, err)
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.WriteHeader(code)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(out.Bytes()) // a browser that has gone needs no page
	}
	return nil
}

// media are the files that pages load.
var media = map[string]string{
	"style.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
}

// versions are hashes of the files that pages load. They are in the addresses, so that browsers
// keep a file for long and get a changed one at once.
var versions = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for name := range media {
		text, err := files.ReadFile("static/" + name)
		if err != nil {
			panic(err) // the file is a part of the program
		}
		sum := sha256.Sum256(text)
		all[name] = base64.RawURLEncoding.EncodeToString(sum[:9])
	}
	return all
})

// static returns the address of a file that a page loads.
func static(name string) string { return Root + "/static/" + name + "?v=" + versions()[name] }

func serveStatic(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind, ok := media[name]
	if !ok {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	text, err := files.ReadFile("static/" + name)
	if err != nil {
		panic(err) // the file is a part of the program
	}
	w.Header().Set("Content-Type", kind)
	if r.URL.Query().Get("v") == versions()[name] {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(text) //nolint:gosec // it is a file of the program; a browser that has gone needs none
}

// navigation is a place in the navigation.
type navigation struct {
	Path, Text string
	Here       bool
}

func placeOf(v view, path, text string) navigation {
	return navigation{Path: path, Text: text, Here: v.Active == path}
}
