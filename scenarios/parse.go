package scenarios

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a scenario file. Tokens and depth are bounded because the YAML parser
// takes quadratic time in them.
const (
	FileMax   = 1 << 20 // bytes
	tokensMax = 1 << 16
	depthMax  = 32
)

// Parse reads a scenario's YAML (or JSON) form strictly; name is the file's name
// for errors. What the text leaves out has the value of Default. set holds
// overrides key=value that are applied afterwards. The error is an *InvalidError
// that tells every problem with its place.
func Parse(name string, data []byte, set ...string) (*Scenario, error) {
	d := &decoder{file: name, source: string(data), places: map[string]place{}}
	s := Default()
	s.file = name
	if body := d.body(); body != nil {
		d.group(root, reflect.ValueOf(s).Elem(), body)
	}
	if len(d.problems) == 0 {
		d.override(s, set)
	}
	if len(d.problems) == 0 {
		d.check(s)
	}
	if len(d.problems) > 0 {
		return nil, &InvalidError{d.problems}
	}
	return s, nil
}

// ParseFile reads a scenario file, see Parse. A file that cannot be read is an
// *InvalidError too. Of a file that is too large only the beginning is read.
func ParseFile(path string, set ...string) (*Scenario, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, invalid(path, "%v", errors.Unwrap(err))
	}
	if !info.Mode().IsRegular() {
		return nil, invalid(path, "not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, invalid(path, "%v", errors.Unwrap(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, FileMax+1))
	if err != nil {
		return nil, invalid(path, "%v", errors.Unwrap(err))
	}
	return Parse(path, data, set...)
}

// place is where a value stands in the file, or the override that it is from.
type place struct {
	line, column int
	block        bool   // a literal block: its text begins on the next line
	set          string // key=value; empty: it is in the file
}

// decoder reads one file.
type decoder struct {
	file     string
	source   string
	places   map[string]place // of the values read, by path
	problems []*Problem
}

// add notes a problem at a place.
func (d *decoder) add(at place, format string, args ...any) {
	if len(d.problems) >= problemsMax {
		return
	}
	file := d.file
	if at.set != "" {
		file = "--set " + at.set
	}
	p := &Problem{File: file, Line: at.line, Column: at.column, Message: printable(fmt.Sprintf(format, args...))}
	if at.line > 0 {
		p.Excerpt = excerpt(d.source, at.line, at.column)
	}
	d.problems = append(d.problems, p)
}

// body returns the file's one mapping, or nil after noting why there is none.
func (d *decoder) body() ast.Node {
	if bad, at := badText(d.source); bad != "" {
		d.add(placeAt(d.source, at), "%s", bad)
		return nil
	}
	tokens := lexer.Tokenize(strings.TrimPrefix(d.source, "\ufeff"))
	if !d.plain(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		d.syntax(err)
		return nil
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		d.add(place{line: 1, column: 1}, "the file is empty: a scenario has at least a name")
		return nil
	case 1:
	default:
		d.add(placeOf(bodies[1]), "a second document: a file holds one scenario")
		return nil
	}
	return bodies[0]
}

// badText refuses what no scenario needs and a parser may stumble over; at is the
// byte where it is.
func badText(s string) (why string, at int) {
	if len(s) > FileMax {
		return fmt.Sprintf("too large: a scenario has at most %d bytes, which end here", FileMax), FileMax
	}
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == utf8.RuneError && n < 2:
			return "not valid UTF-8", i
		case c < ' ' && c != '\n' && c != '\r' && c != '\t':
			return fmt.Sprintf("a control character (0x%02x)", c), i
		}
		i += n
	}
	return "", 0
}

// placeAt is the place of a byte.
func placeAt(s string, at int) place {
	before := s[:at]
	begin := strings.LastIndexByte(before, '\n') + 1
	return place{line: 1 + strings.Count(before, "\n"), column: 1 + utf8.RuneCountInString(before[begin:])}
}

// plain refuses anchors, aliases, tags and directives, and too much of anything.
func (d *decoder) plain(tokens token.Tokens) bool {
	if len(tokens) > tokensMax {
		p := tokens[tokensMax].Position
		d.add(place{line: p.Line, column: p.Column}, "%d tokens of YAML, at most %d", len(tokens), tokensMax)
		return false
	}
	depth, entries, line := 0, 0, 0
	for _, t := range tokens {
		at := place{line: t.Position.Line, column: t.Position.Column}
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType, token.MappingKeyType:
			d.add(at, "%s: anchors, aliases, merge keys, tags, directives and complex keys are not allowed", quoted(t.Value))
			return false
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			entries++
		}
		if depth > depthMax || entries > depthMax || t.Position.IndentLevel > depthMax {
			d.add(at, "nested deeper than %d levels", depthMax)
			return false
		}
	}
	return true
}

// syntax notes what the YAML parser complains about.
func (d *decoder) syntax(err error) {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil {
		d.add(place{}, "%v", err)
		return
	}
	p := y.GetToken().Position
	text := y.GetMessage()
	if strings.Contains(text, "'\t'") {
		text = "a tab cannot indent a line: use spaces"
	}
	d.add(place{line: p.Line, column: p.Column}, "%s", text)
}

// placeOf is where a node stands.
func placeOf(n ast.Node) place {
	if l, ok := n.(*ast.LiteralNode); ok {
		return place{line: l.Start.Position.Line, column: l.Start.Position.Column, block: true}
	}
	if m, ok := n.(ast.MapNode); ok {
		if it := m.MapRange(); it.Next() {
			return placeOf(it.Key())
		}
	}
	p := n.GetToken().Position
	return place{line: p.Line, column: p.Column}
}
