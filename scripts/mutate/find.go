// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/token"
	"strconv"
)

// finder finds the mutants of one file.
type finder struct {
	*source
	file  string
	text  []byte
	stack []ast.Node // the visited node and the nodes that contain it
	found []mutant
}

// mutants returns every mutant of the package.
func (s *source) mutants() (all []mutant) {
	for _, file := range s.files {
		f := &finder{source: s, file: file, text: s.texts[file]}
		ast.Inspect(s.trees[file], f.visit)
		all = append(all, f.found...)
	}
	for i := range all {
		all[i].number = i + 1
	}
	return all
}

func (f *finder) at(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) textOf(n ast.Node) string { return string(f.text[f.at(n.Pos()):f.at(n.End())]) }

// add adds a mutant that replaces the source between two positions, with its switched form.
func (f *finder) add(from, to token.Pos, text string, edits ...edit) {
	f.found = append(f.found, mutant{file: f.file, source: f.text, from: f.at(from), to: f.at(to), text: text, edits: edits})
}

// before and after are edits at the beginning and the end of a node; instead replaces the text
// between two positions.
func (f *finder) before(n ast.Node, text string) edit { return edit{at: f.at(n.Pos()), text: text} }
func (f *finder) after(n ast.Node, text string) edit {
	return edit{at: f.at(n.End()), text: text, closes: true}
}
func (f *finder) replacement(from, to token.Pos, text string) edit {
	return edit{at: f.at(from), length: f.at(to) - f.at(from), text: text}
}

func (f *finder) visit(n ast.Node) bool {
	if n == nil {
		f.stack = f.stack[:len(f.stack)-1]
		return true
	}
	if d, ok := n.(*ast.GenDecl); ok && d.Tok != token.VAR && d.Tok != token.CONST || f.isCapacity(n) {
		return false
	}
	f.stack = append(f.stack, n)
	switch n := n.(type) {
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.add(n.Pos(), n.X.Pos(), "", f.replacement(n.Pos(), n.X.Pos(), "(mutate_on(@) == ("), f.after(n, "))"))
		}
	case *ast.IfStmt:
		if !negates(n.Cond) {
			f.add(n.Cond.Pos(), n.Cond.End(), "!("+f.textOf(n.Cond)+")",
				f.before(n.Cond, "(mutate_on(@) != ("), f.after(n.Cond, "))"))
		}
	case *ast.BasicLit:
		f.literal(n)
	case *ast.Ident:
		if other, ok := words[n.Name]; ok {
			f.add(n.Pos(), n.End(), other, f.before(n, "(mutate_on(@) != "), f.after(n, ")"))
		}
	case *ast.IncDecStmt:
		step, other := "1", "--"
		if n.Tok == token.DEC {
			step, other = "-1", "++"
		}
		f.add(n.TokPos, n.End(), other, f.before(n, "mutate_step(@, &"), f.replacement(n.TokPos, n.End(), ", "+step+")"))
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE && len(n.Lhs) == 1 {
			f.add(n.Pos(), n.End(), "_ = "+f.textOf(n.Rhs[0]), f.removedStatement(n)...) // the assignment is removed
		}
	case *ast.ExprStmt:
		f.add(n.Pos(), n.End(), "_ = 0", f.removedStatement(n)...) // the call is removed
	case *ast.CallExpr:
		f.call(n)
	}
	return true
}

// isCapacity reports whether a node is the capacity of a new slice or map, which changes no result.
func (f *finder) isCapacity(n ast.Node) bool {
	if len(f.stack) == 0 {
		return false
	}
	call, ok := f.stack[len(f.stack)-1].(*ast.CallExpr)
	if !ok || len(call.Args) < 2 || n != call.Args[len(call.Args)-1] || f.textOf(call.Fun) != "make" {
		return false
	}
	_, ofMap := call.Args[0].(*ast.MapType)
	return len(call.Args) == 3 || ofMap
}

// negates reports whether another mutant already negates a condition.
func negates(cond ast.Expr) bool {
	switch n := cond.(type) {
	case *ast.BinaryExpr:
		return n.Op == token.EQL || n.Op == token.NEQ
	case *ast.UnaryExpr:
		return n.Op == token.NOT
	}
	return false
}

// removedStatement returns the switched form of a mutant that removes a statement of a block.
func (f *finder) removedStatement(n ast.Stmt) []edit {
	switch f.stack[len(f.stack)-2].(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
		return []edit{f.before(n, "if !mutate_on(@) { "), f.after(n, " }")}
	}
	return nil // the first or last statement of an if, for or switch
}

func (f *finder) binary(n *ast.BinaryExpr) {
	o, ok := operators[n.Op]
	if !ok {
		return
	}
	end := n.OpPos + token.Pos(len(n.Op.String()))
	var edits []edit
	switch {
	case f.isConstant(n):
	case n.Op == token.EQL || n.Op == token.NEQ:
		edits = []edit{f.before(n, "(mutate_on(@) != ("), f.after(n, "))")}
	case n.Op == token.LAND || n.Op == token.LOR:
		edits = []edit{f.before(n, o.call+"(@, "), f.replacement(n.OpPos, end, ", func() bool { return "), f.after(n, "})")}
	default:
		edits = []edit{f.before(n, o.call+"(@, "), f.replacement(n.OpPos, end, ", "), f.after(n, ")")}
	}
	f.add(n.OpPos, end, o.other.String(), edits...)
}

func (f *finder) literal(n *ast.BasicLit) {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != token.INT || err != nil {
		return
	}
	if sign, ok := f.stack[len(f.stack)-2].(*ast.UnaryExpr); ok && sign.Op == token.SUB && v == 1 {
		return // -1 means "none" or "all" nearly everywhere, and -2 would mean the same
	}
	var edits []edit
	if t := f.typeOf(n); t != "" {
		edits = []edit{f.before(n, t+"(mutate_int(@, "), f.after(n, "))")}
	}
	f.add(n.Pos(), n.End(), strconv.FormatInt(v+1, 10), edits...)
}

func (f *finder) call(n *ast.CallExpr) {
	fun := f.textOf(n.Fun)
	two := len(n.Args) == 2
	switch {
	case fun == "cmp.Or" && two:
		a, b := n.Args[0], n.Args[1]
		f.add(a.Pos(), b.End(), f.textOf(b)+", "+f.textOf(a), f.replacement(n.Pos(), a.Pos(), "mutate_first(@, "))
	case fun == "min" || fun == "max":
		var edits []edit
		if two && !f.isConstant(n) {
			edits = []edit{f.replacement(n.Pos(), n.Args[0].Pos(), "mutate_"+fun+"(@, ")}
		}
		other := map[string]string{"min": "max", "max": "min"}[fun]
		f.add(n.Pos(), n.Fun.End(), other, edits...)
	}
}

// operators holds the replacement of each operator, and the function that applies one of the two.
var operators = map[token.Token]struct {
	other token.Token
	call  string
}{
	token.EQL: {other: token.NEQ}, token.NEQ: {other: token.EQL},
	token.LSS: {token.LEQ, "mutate_lss"}, token.LEQ: {token.LSS, "mutate_leq"},
	token.GTR: {token.GEQ, "mutate_gtr"}, token.GEQ: {token.GTR, "mutate_geq"},
	token.LAND: {token.LOR, "mutate_and"}, token.LOR: {token.LAND, "mutate_or"},
	token.ADD: {token.SUB, "mutate_add"}, token.SUB: {token.ADD, "mutate_sub"},
	token.MUL: {token.QUO, "mutate_mul"}, token.QUO: {token.MUL, "mutate_quo"}, token.REM: {token.MUL, "mutate_rem"},
}

// words holds the replacement of each predeclared identifier.
var words = map[string]string{"true": "false", "false": "true"}
