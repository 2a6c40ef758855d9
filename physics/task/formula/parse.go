package formula

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// parse returns the tree of source. Positions in it are offsets in source, counted from 1.
func parse(source string, at Position) (ast.Expr, []Problem) {
	if strings.TrimSpace(source) == "" {
		return nil, []Problem{{at.moved(source, 0), "the formula is empty"}}
	}
	if len(source) > MaxSource {
		return nil, []Problem{{at.moved(source, 0), fmt.Sprintf("the formula has %d bytes, more than %d", len(source), MaxSource)}}
	}
	line := strings.NewReplacer("\n", " ", "\r", " ").Replace(source) // a line break ends an expression of Go, but not a formula
	if problems := foreign(line, source, at); len(problems) > 0 {
		return nil, problems
	}
	tree, err := parser.ParseExprFrom(token.NewFileSet(), "", line, 0)
	if err == nil {
		return tree, nil
	}
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return nil, []Problem{{at.moved(source, 0), err.Error()}}
	}
	var problems []Problem
	for _, e := range list {
		problems = append(problems, Problem{at.moved(source, e.Pos.Offset), plain(e.Msg)})
	}
	return nil, ordered(problems)
}

// plain rewrites a message of Go's parser without Go's own terms.
func plain(message string) string {
	message = strings.ReplaceAll(message, "'EOF'", "the end of the formula")
	message = strings.ReplaceAll(message, "newline", "the end of the formula")
	if strings.Contains(message, "'?'") {
		message += ": write where(condition, a, b)"
	}
	return message
}

// foreign reports words and signs of other languages, with their equivalents here.
func foreign(line, source string, at Position) []Problem {
	var problems []Problem
	file := token.NewFileSet().AddFile("", 1, len(line))
	var s scanner.Scanner
	report := func(offset int, text string) {
		problems = append(problems, Problem{at.moved(source, offset), text})
	}
	s.Init(file, []byte(line), func(p token.Position, message string) { report(p.Offset, plain(message)) }, scanner.ScanComments)
	depth, tooDeep := 0, false
	for last := token.ILLEGAL; ; {
		position, tok, literal := s.Scan()
		offset := int(position) - 1
		switch tok {
		case token.EOF:
			return ordered(problems)
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.MUL:
			if last == token.MUL {
				report(offset-1, "** is not in the language: write pow(a, b)")
			}
		}
		if depth > MaxDepth && !tooDeep {
			tooDeep = true
			report(offset, fmt.Sprintf("brackets are nested deeper than %d", MaxDepth))
		}
		if hint := translation(tok, literal); hint != "" {
			report(offset, hint)
		}
		last = tok
	}
}

// translation says what to write instead of a word or sign of another language.
func translation(tok token.Token, literal string) string {
	switch tok {
	case token.COMMENT:
		return "a formula has no comments"
	case token.ASSIGN:
		return "= is not in the language: write == to compare"
	case token.IF, token.ELSE:
		return tok.String() + " is not in the language: write where(condition, a, b)"
	case token.XOR:
		return "^ is not in the language: write pow(a, b)"
	case token.REM:
		return "% is not in the language: write a - b*floor(a/b)"
	case token.AND:
		return "& is not in the language: write &&"
	case token.OR:
		return "| is not in the language: write ||, or abs(x)"
	case token.IDENT:
		switch literal {
		case "and":
			return "and is not in the language: write &&"
		case "or":
			return "or is not in the language: write ||"
		case "not":
			return "not is not in the language: write !"
		}
	}
	return ""
}
