// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// source holds the Go files of one package, without tests, as they are built for this machine.
type source struct {
	dir     string
	name    string // name of the package
	files   []string
	texts   map[string][]byte
	fset    *token.FileSet
	trees   map[string]*ast.File
	imports types.Importer
	info    *types.Info
}

// load reads and type-checks the package in dir, a slash-separated path from the module's root.
func load(dir string) (*source, error) {
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", //nolint:gosec,noctx // a developer names the packages
		"{{.ImportPath}}\t{{.Export}}\t{{join .GoFiles \",\"}}", "cmp", "os", "strconv", "./"+dir).Output()
	if err != nil {
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, failed.Stderr)
		}
		return nil, fmt.Errorf("list what %s imports: %w", dir, err)
	}
	exports := map[string]string{}
	var names []string
	for line := range strings.Lines(string(out)) {
		part := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[part[0]] = part[1]
		if strings.HasSuffix(part[0], "/"+dir) {
			names = strings.Split(part[2], ",")
		}
	}
	s := &source{dir: dir, texts: map[string][]byte{}, trees: map[string]*ast.File{}, fset: token.NewFileSet()}
	s.imports = importer.ForCompiler(s.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, name := range names {
		file := filepath.Join(dir, name)
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s.files, s.texts[file] = append(s.files, file), text
		if s.trees[file], err = parser.ParseFile(s.fset, file, text, 0); err != nil {
			return nil, err
		}
		s.name = s.trees[file].Name.Name
	}
	s.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	return s, s.check(nil, s.info)
}

// check type-checks the package with some files replaced or added.
func (s *source) check(replaced map[string][]byte, info *types.Info) error {
	var trees []*ast.File
	for _, file := range s.files {
		if replaced[file] == nil {
			trees = append(trees, s.trees[file])
		}
	}
	for file, text := range replaced {
		tree, err := parser.ParseFile(s.fset, file, text, 0)
		if err != nil {
			return err
		}
		trees = append(trees, tree)
	}
	config := types.Config{Importer: s.imports}
	_, err := config.Check(s.dir, s.fset, trees, info)
	return err
}

// supportFile returns the name of the file that is added to the package.
func (s *source) supportFile() string { return filepath.Join(s.dir, "mutate_support.go") }

// support returns the text of that file.
func (s *source) support() []byte { return []byte("package " + s.name + "\n" + support) }

// builds reports whether a mutant compiles. If only the switched form does not compile, builds
// removes that form.
func (s *source) builds(m *mutant) bool {
	if s.check(map[string][]byte{m.file: m.mutated()}, nil) != nil {
		return false
	}
	if len(m.edits) > 0 {
		text := switched(m.source, []mutant{*m})
		if s.check(map[string][]byte{m.file: text, s.supportFile(): s.support()}, nil) != nil {
			m.edits = nil
		}
	}
	return true
}

// typeOf returns the type of an expression as a file of the package writes it, or "" if it is
// unknown there.
func (s *source) typeOf(e ast.Expr) string {
	if s == nil {
		return ""
	}
	found, ok := s.info.Types[e]
	basic, isBasic := found.Type.(*types.Basic)
	if !ok || isBasic && basic.Info()&types.IsUntyped != 0 {
		return ""
	}
	return types.TypeString(found.Type, func(p *types.Package) string {
		if p.Path() == s.dir {
			return ""
		}
		return p.Name()
	})
}

// isConstant reports whether an expression must stay a constant, or is unknown.
func (s *source) isConstant(e ast.Expr) bool {
	if s == nil {
		return true
	}
	found, ok := s.info.Types[e]
	return !ok || found.Value != nil
}

// overlay returns the package's files with the switched mutants, by path.
func (s *source) overlay(mutants []mutant) map[string][]byte {
	files := map[string][]byte{s.supportFile(): s.support()}
	for _, file := range s.files {
		var here []mutant
		for _, m := range mutants {
			if m.file == file && len(m.edits) > 0 {
				here = append(here, m)
			}
		}
		if len(here) > 0 {
			files[file] = switched(s.texts[file], slices.Clip(here))
		}
	}
	return files
}
