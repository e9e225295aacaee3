// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReasons_areDocumented compares the reasons and codes in the code with those in the tables of
// the READMEs.
func TestReasons_areDocumented(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(".")
	for ; err == nil && filepath.Dir(root) != root; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
	}
	found, documented := reasons{}, reasons{}
	packages := map[string][]*ast.File{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "standin" || name == "testdata" || name == ".git"):
			return fs.SkipDir
		case name == "README.md":
			text, err := os.ReadFile(path)
			documented.fromTables(string(text))
			return err
		case strings.HasPrefix(path, filepath.Join(root, "pkg")) && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range packages {
		found.fromPackage(files)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(documented))); diff != "" {
		t.Errorf("reasons in the code, and in the tables of the READMEs (-code +tables):\n%s", diff)
	}
}

// reasons is a set of words such as UNKNOWN_FIELD.
type reasons map[string]bool

var (
	reasonWord = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	quoted     = regexp.MustCompile("`([A-Z][A-Z0-9_]*)`")
)

// fromTables adds the words in the first column of the tables that are headed "reason" or "code".
func (r reasons) fromTables(text string) {
	header := ""
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		switch {
		case len(cells) < 3:
			header = ""
			continue
		case header == "":
			header = strings.TrimSpace(cells[1])
		}
		if header == "reason" || header == "code" {
			for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
				r[m[1]] = true
			}
		}
	}
}

// takers are the functions that take a reason as an argument.
var takers = []string{"Add", "add", "addFailure", "refuse", "Refuse", "unread", "wrong"}

// fromPackage adds the words that become the reason of an error, the code of a remedy or of a fault
// in data, or the reason for which a record is left out.
func (r reasons) fromPackage(files []*ast.File) {
	constants := map[string]string{}
	each := func(visit func(ast.Node)) {
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool { visit(n); return true })
		}
	}
	each(func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return
		}
		text := literal(spec.Values[0])
		constants[spec.Names[0].Name] = text
		if strings.HasPrefix(spec.Names[0].Name, "Code") || isLeftOut(spec, files[0].Name.Name) {
			r.add(text)
		}
	})
	take := func(e ast.Expr) {
		if name, ok := e.(*ast.Ident); ok {
			r.add(constants[name.Name])
		}
		r.add(literal(e))
	}
	each(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if name := nameOf(n.Key); name == "Reason" || name == "code" {
				take(n.Value)
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if _, ok := left.(*ast.SelectorExpr); ok && nameOf(left) == "Reason" && len(n.Rhs) == len(n.Lhs) {
					take(n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			for _, argument := range n.Args {
				if slices.Contains(takers, nameOf(n.Fun)) {
					take(argument)
				}
			}
		}
	})
}

func (r reasons) add(text string) {
	if reasonWord.MatchString(text) {
		r[text] = true
	}
}

// isLeftOut reports whether a constant is a reason for which a record makes no example, or an
// example takes no part in an evaluation.
func isLeftOut(spec *ast.ValueSpec, pkg string) bool {
	if pkg == "evaluation" {
		return strings.HasPrefix(spec.Names[0].Name, "Skip")
	}
	_, qualified := spec.Type.(*ast.SelectorExpr)
	used := spec.Names[0].Name == "Paired" || spec.Names[0].Name == "Merged"
	return nameOf(spec.Type) == "Outcome" && (qualified || pkg == "dataset") && !used
}

// nameOf returns the last part of a name, or "".
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// literal returns the text of a string literal, or "".
func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		text, err := strconv.Unquote(l.Value)
		if err == nil {
			return text
		}
	}
	return ""
}
