// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package binarytest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/poll"
)

// notDeployed are settings that Terraform does not need to pass.
var notDeployed = []string{
	"K_REVISION",              // set by Cloud Run
	"VERTEX_AI_EMULATOR_HOST", // for the local command
}

// TestSettings compares three lists. All settings that a function reads are in the table of
// functions/README.md, and Terraform passes exactly the settings that the table lists for the
// function.
func TestSettings(t *testing.T) {
	t.Parallel()
	documented, config := settingsTable(t), configuration(t)
	for function, read := range map[string]any{"api": &api.Config{}, "convert": &convert.Config{}, "poll": &poll.Config{}} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			fields, err := env.GetFieldParams(read)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fields {
				if !slices.Contains(documented[function], f.Key) {
					t.Errorf("the table of settings in functions/README.md has no %s of function %s", f.Key, function)
				}
			}
			want := slices.DeleteFunc(slices.Clone(documented[function]), func(name string) bool { return slices.Contains(notDeployed, name) })
			if diff := cmp.Diff(want, config.settingsOf(t, function)); diff != "" {
				t.Errorf("the settings of function %s in functions/README.md and in Terraform (-want +got):\n%s", function, diff)
			}
		})
	}
}

// These patterns match an environment variable in the table, and the name of a variable.
var (
	quoted  = regexp.MustCompile("`([A-Z][A-Z0-9_]*)`")
	setting = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// settingsTable returns the settings of each function in functions/README.md, in order.
func settingsTable(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../functions/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Settings\n")
	section, _, _ = strings.Cut(section, "\n## ")
	all := map[string][]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		functions := strings.Split(strings.TrimSpace(cells[2]), ", ")
		if slices.Equal(functions, []string{"all"}) {
			functions = []string{"api", "convert", "poll"}
		}
		for _, function := range functions {
			for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
				all[function] = append(all[function], name[1])
			}
		}
	}
	for _, names := range all {
		slices.Sort(names)
	}
	return all
}

// terraformFiles holds the parts of Terraform's configuration that define the functions'
// environments.
type terraformFiles struct {
	locals   map[string]hclsyntax.Node
	services map[string]*hclsyntax.Body // Cloud Run services or calls of the module, by function
	module   *hclsyntax.Body            // the service in modules/event_function
}

func configuration(t *testing.T) terraformFiles {
	t.Helper()
	const module = "../../terraform/modules/event_function/main.tf"
	files, err := filepath.Glob("../../terraform/*.tf")
	if err != nil {
		t.Fatal(err)
	}
	c := terraformFiles{locals: map[string]hclsyntax.Node{}, services: map[string]*hclsyntax.Body{}}
	for _, name := range append(files, module) {
		file, diagnostics := hclparse.NewParser().ParseHCLFile(name)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			switch service := block.Type == "resource" && block.Labels[0] == "google_cloud_run_v2_service"; {
			case name == module && service:
				c.module = block.Body
			case name == module:
			case block.Type == "locals":
				for name, attribute := range block.Body.Attributes {
					c.locals[name] = attribute.Expr
				}
			case service:
				c.services[block.Labels[1]] = block.Body
			case block.Type == "module":
				c.services[block.Labels[0]] = block.Body
			}
		}
	}
	return c
}

// settingsOf returns the settings that a function's service gets: the keys of the objects that make
// up its environment, through any number of locals, and the names of single variables. A call of
// the module also gets what the module sets.
func (c terraformFiles) settingsOf(t *testing.T, function string) []string {
	t.Helper()
	found, seen := map[string]bool{}, map[string]bool{}
	var look func(hclsyntax.Node) hcl.Diagnostics
	look = func(node hclsyntax.Node) hcl.Diagnostics {
		var name string
		switch n := node.(type) {
		case *hclsyntax.ObjectConsKeyExpr:
			name = hcl.ExprAsKeyword(n.Wrapped)
		case *hclsyntax.Attribute:
			if value, diagnostics := n.Expr.Value(nil); n.Name == "name" && !diagnostics.HasErrors() && value.Type() == cty.String {
				name = value.AsString()
			}
		case *hclsyntax.ScopeTraversalExpr:
			if step, ok := second(n.Traversal); ok && n.Traversal.RootName() == "local" && !seen[step] && c.locals[step] != nil {
				seen[step] = true
				return hclsyntax.VisitAll(c.locals[step], look)
			}
		}
		if setting.MatchString(name) {
			found[name] = true
		}
		return nil
	}
	nodes := []*hclsyntax.Body{c.services[function]}
	if c.services[function].Attributes["source"] != nil {
		nodes = append(nodes, c.module)
	}
	for _, node := range nodes {
		if diagnostics := hclsyntax.VisitAll(node, look); diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// second returns the step after the root: x of local.x.
func second(traversal hcl.Traversal) (string, bool) {
	if len(traversal) < 2 {
		return "", false
	}
	step, ok := traversal[1].(hcl.TraverseAttr)
	return step.Name, ok
}

// TestSubstitutions compares the substitutions that Terraform passes to Cloud Build with those that
// cloudbuild.yaml declares, and these with those that its scripts use.
func TestSubstitutions(t *testing.T) {
	t.Parallel()
	build, err := os.ReadFile("../../cloudbuild.yaml")
	if err != nil {
		t.Fatal(err)
	}
	declarations, err := os.ReadFile("../../terraform/outputs.tf")
	if err != nil {
		t.Fatal(err)
	}
	head, steps, _ := strings.Cut(string(build), "\nsteps:\n")
	declared := matches(regexp.MustCompile(`(?m)^  (_[A-Z_]+):`), head)
	given := matches(regexp.MustCompile(`(?m)^ +(_[A-Z_]+) +=`), string(declarations))
	used := matches(regexp.MustCompile(`\$(_[A-Z_]+)`), steps)
	if diff := cmp.Diff(declared, used); diff != "" {
		t.Errorf("the substitutions that cloudbuild.yaml declares and uses (-declared +used):\n%s", diff)
	}
	if len(given) == 0 {
		t.Error("Terraform passes no substitutions")
	}
	for _, name := range given {
		if !slices.Contains(declared, name) {
			t.Errorf("cloudbuild.yaml does not declare %s, so Cloud Build refuses it", name)
		}
	}
}

// matches returns the matches of a pattern, in order and without repeats.
func matches(pattern *regexp.Regexp, text string) []string {
	found := map[string]bool{}
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		found[m[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}
