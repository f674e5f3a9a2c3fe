package faults

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseError is one thing wrong with a plan's text.
type ParseError struct {
	Line   int    // from 1
	Column int    // from 1, in bytes
	Token  string // what stands there; empty at the end of a line
	Rule   string // what should
}

// Error names the place, the token and the rule.
func (e *ParseError) Error() string {
	token := "end of line"
	if e.Token != "" {
		token = strconv.Quote(e.Token)
	}
	return fmt.Sprintf("line %d, column %d: %s: %s", e.Line, e.Column, token, e.Rule)
}

type tokenKind uint8

const (
	tokenEnd     tokenKind = iota
	tokenWord              // letters, digits and . _ - * / + % { } ,
	tokenArrow             // ->
	tokenBoth              // <->
	tokenColon             // :
	tokenEquals            // =
	tokenLiteral           // quoted text
)

// token is one word of a line. For a literal, text is what the quotes mean and raw what stands there.
type token struct {
	kind   tokenKind
	text   string
	raw    string
	column int
}

// lex splits a line. It ends the list with a tokenEnd.
func lex(line string, number int) ([]token, *ParseError) {
	var list []token
	i := 0
	for i < len(line) && line[i] != '#' {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		tok, size, rule := lexOne(line[i:])
		if rule != "" {
			return nil, &ParseError{number, i + 1, tok.raw, rule}
		}
		assert(size > 0, "an empty token at column %d", i+1)
		tok.column = i + 1
		list = append(list, tok)
		i += size
	}
	return append(list, token{kind: tokenEnd, column: i + 1}), nil
}

// lexOne reads the token that s begins with and says how long it is, or which rule it breaks.
func lexOne(s string) (tok token, size int, rule string) {
	switch {
	case strings.HasPrefix(s, "->"):
		return symbol(tokenArrow, "->")
	case strings.HasPrefix(s, "<->"):
		return symbol(tokenBoth, "<->")
	case s[0] == ':':
		return symbol(tokenColon, ":")
	case s[0] == '=':
		return symbol(tokenEquals, "=")
	case s[0] == '\'':
		return lexSingle(s)
	case s[0] == '"':
		return lexDouble(s)
	}
	n := 0
	for n < len(s) && isWordByte(s[n]) && !strings.HasPrefix(s[n:], "->") {
		n++
	}
	if n == 0 {
		_, width := utf8.DecodeRuneInString(s)
		return token{raw: s[:width]}, 0, "no such character outside quotes"
	}
	return token{kind: tokenWord, text: s[:n], raw: s[:n]}, n, ""
}

func symbol(kind tokenKind, text string) (token, int, string) {
	return token{kind: kind, text: text, raw: text}, len(text), ""
}

func isWordByte(c byte) bool { return isNameByte(c) || strings.IndexByte("*/+%{},", c) >= 0 }

// lexSingle reads 'text', in which a doubled quote is one quote and every other character is itself.
func lexSingle(s string) (token, int, string) {
	var b strings.Builder
	for i := 1; i < len(s); {
		r, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case strings.HasPrefix(s[i:], "''"):
			b.WriteByte('\'')
			i += 2
		case r == '\'':
			return token{kind: tokenLiteral, text: b.String(), raw: s[:i+1]}, i + 1, ""
		case r == utf8.RuneError && width == 1 || !unicode.IsPrint(r):
			return token{raw: s[:i+width]}, 0, "single quotes hold printable text only; use double quotes with escapes"
		default:
			b.WriteString(s[i : i+width])
			i += width
		}
	}
	return token{raw: s}, 0, "the closing single quote is missing"
}

// lexDouble reads "text" with Go's escapes.
func lexDouble(s string) (token, int, string) {
	raw, err := strconv.QuotedPrefix(s)
	if err != nil {
		return token{raw: s}, 0, "text in double quotes follows Go's rules and ends on its line"
	}
	text, err := strconv.Unquote(raw)
	assert(err == nil, "a quoted prefix %q does not unquote: %v", raw, err)
	return token{kind: tokenLiteral, text: text, raw: raw}, len(raw), ""
}
