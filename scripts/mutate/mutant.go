// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mutant is one change to one file: text takes the place of source[from:to].
type mutant struct {
	file     string
	source   []byte
	from, to int
	text     string
}

// mutated returns the whole file with the change.
func (m mutant) mutated() []byte {
	return bytes.Join([][]byte{m.source[:m.from], []byte(m.text), m.source[m.to:]}, nil)
}

// lines returns the first line that changes, before and after the change.
func (m mutant) lines() (before, after string) {
	start := bytes.LastIndexByte(m.source[:m.from], '\n') + 1
	line := func(text []byte) string {
		first, _, _ := bytes.Cut(text[start:], []byte("\n"))
		return strings.TrimSpace(string(first))
	}
	return line(m.source), line(m.mutated())
}

// key names the mutant in equivalent.txt. It has no line number, so that it survives changes elsewhere.
func (m mutant) key() string {
	before, after := m.lines()
	return m.file + ": " + before + " => " + after
}

func (m mutant) String() string {
	before, after := m.lines()
	line := 1 + bytes.Count(m.source[:m.from], []byte("\n"))
	return fmt.Sprintf("%s:%d: %s => %s", m.file, line, before, after)
}

// mutantsOf returns every mutant of the package in dir, a slash-separated path from the module's root.
func mutantsOf(dir string) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no Go files in %s; run this in the module's root", dir)
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		found, err := mutantsOfFile(file, source)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func mutantsOfFile(file string, source []byte) ([]mutant, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, source, 0)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	var all []mutant
	replace := func(from, to int, text string) { all = append(all, mutant{file, source, from, to, text}) }
	text := func(n ast.Node) string { return string(source[at(n.Pos()):at(n.End())]) }
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.VAR || n.Tok == token.CONST
		case *ast.BinaryExpr:
			if other, ok := operators[n.Op]; ok {
				replace(at(n.OpPos), at(n.OpPos)+len(n.Op.String()), other.String())
			}
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				replace(at(n.Pos()), at(n.X.Pos()), "")
			}
		case *ast.IfStmt:
			replace(at(n.Cond.Pos()), at(n.Cond.End()), "!("+text(n.Cond)+")")
		case *ast.BasicLit:
			if v, err := strconv.ParseInt(n.Value, 10, 64); n.Kind == token.INT && err == nil {
				replace(at(n.Pos()), at(n.End()), strconv.FormatInt(v+1, 10))
			}
		case *ast.Ident:
			if other, ok := words[n.Name]; ok {
				replace(at(n.Pos()), at(n.End()), other)
			}
		case *ast.IncDecStmt:
			other := map[token.Token]string{token.INC: "--", token.DEC: "++"}[n.Tok]
			replace(at(n.TokPos), at(n.End()), other)
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE && len(n.Lhs) == 1 {
				replace(at(n.Pos()), at(n.End()), "_ = "+text(n.Rhs[0])) // the assignment is lost
			}
		case *ast.ExprStmt:
			replace(at(n.Pos()), at(n.End()), "_ = 0") // the call is lost
		case *ast.CallExpr:
			if text(n.Fun) == "cmp.Or" && len(n.Args) == 2 {
				replace(at(n.Args[0].Pos()), at(n.Args[1].End()), text(n.Args[1])+", "+text(n.Args[0]))
			}
		}
		return true
	})
	return all, nil
}

// operators are what each operator becomes.
var operators = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
}

// words are what each predeclared identifier becomes.
var words = map[string]string{"true": "false", "false": "true", "min": "max", "max": "min"}
