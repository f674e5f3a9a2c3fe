package scenarios

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// group reads a mapping into the struct v.
func (d *decoder) group(f *field, v reflect.Value, n ast.Node) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.add(placeOf(n), "%s: want keys with values below it", f.name())
		return
	}
	d.places[f.path] = placeOf(n)
	for it := m.MapRange(); it.Next(); {
		key, ok := it.Key().(*ast.StringNode)
		if !ok {
			d.add(placeOf(it.Key()), "%s: a key is a plain word", f.name())
			continue
		}
		c := f.child(key.Value)
		if c == nil {
			d.add(placeOf(key), "%s has no field %s%s", f.name(), quoted(key.Value), f.suggest(key.Value))
			continue
		}
		d.places[c.path] = placeOf(it.Value())
		if it.Value().Type() == ast.NullType {
			d.add(placeOf(key), "%s has no value: give one or leave the key out", c.path)
			continue
		}
		d.node(c, v.Field(c.index), it.Value())
	}
}

// node reads one value into v.
func (d *decoder) node(f *field, v reflect.Value, n ast.Node) {
	switch f.kind {
	case kindGroup:
		d.group(f, v, n)
	case kindList:
		d.list(f, v, n)
	case kindAnalysers:
		d.analysers(f, v, n)
	default:
		d.scalar(f, v, n)
	}
}

// scalar reads a plain value. Numbers and truth values must not be quoted, so
// that a file means the same to the parser and to the schema.
func (d *decoder) scalar(f *field, v reflect.Value, n ast.Node) {
	text, quotedText, ok := scalarText(n)
	wantText := f.kind == kindText || f.kind == kindPlan
	bare := f.kind == kindInt || f.kind == kindBool
	_, isString := n.(*ast.StringNode)
	switch {
	case !ok:
		d.add(placeOf(n), "%s: want %s", f.path, forms[f.kind].what)
	case wantText && !isString && n.Type() != ast.LiteralType, bare && (isString || quotedText):
		d.add(placeOf(n), "%s: %s is not %s", f.path, quoted(text), forms[f.kind].what)
	default:
		if err := f.set(v, text); err != nil {
			d.add(placeOf(n), "%v", err)
		}
	}
}

// scalarText is a scalar's text as written, without quotes.
func scalarText(n ast.Node) (text string, isQuoted, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		t := n.Token.Type
		return n.Value, t == token.SingleQuoteType || t == token.DoubleQuoteType, true
	case *ast.LiteralNode:
		return n.Value.Value, true, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, false, true
	}
	return "", false, false
}

// listMax bounds a list.
const listMax = 4096

// list reads a sequence into the slice v.
func (d *decoder) list(f *field, v reflect.Value, n ast.Node) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.add(placeOf(n), "%s: want a list", f.path)
		return
	}
	if len(seq.Values) > listMax {
		d.add(placeOf(n), "%s: %d items, at most %d", f.path, len(seq.Values), listMax)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		at := *f.elem
		at.path = f.path + "." + strconv.Itoa(i+1)
		d.places[at.path] = placeOf(item)
		d.node(&at, v.Index(i), item)
	}
}

// analysers reads either form of the analysers. The form that the file does not
// use is emptied.
func (d *decoder) analysers(f *field, v reflect.Value, n ast.Node) {
	if _, ok := n.(*ast.SequenceNode); !ok {
		a := v.Addr().Interface().(*Analysers)
		*a = Analysers{Weights: []int64{1}}
		d.group(f, v, n)
		return
	}
	seq := n.(*ast.SequenceNode)
	if len(seq.Values) > listMax {
		d.add(placeOf(n), "%s: %d items, at most %d", f.path, len(seq.Values), listMax)
		return
	}
	list := make([]AnalyserEntry, len(seq.Values))
	for i, item := range seq.Values {
		list[i].Weight = 1
		path := f.path + "." + strconv.Itoa(i+1)
		d.places[path] = placeOf(item)
		d.group(f.elem.at(path), reflect.ValueOf(&list[i]).Elem(), item)
	}
	v.Set(reflect.ValueOf(Analysers{List: list}))
}

// at is the description of a group for an item of a list: the same with other paths.
func (f *field) at(path string) *field {
	c := *f
	c.path = path
	c.children = nil
	for _, child := range f.children {
		moved := *child
		moved.path = join(path, child.key)
		c.children = append(c.children, &moved)
	}
	return &c
}

// name is the field's path for messages.
func (f *field) name() string {
	if f.path == "" {
		return "a scenario"
	}
	return f.path
}

// suggest names the most similar key, if one is near.
func (f *field) suggest(key string) string {
	best, distance := "", 3
	for _, c := range f.children {
		if n := edits(key, c.key); n < distance {
			best, distance = c.key, n
		}
	}
	if best == "" || distance >= len(key) {
		return ""
	}
	return "; did you mean " + best + "?"
}

// edits is the Levenshtein distance of two short words, O(len(a) * len(b)); words
// of more than 40 bytes are far from everything.
func edits(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{cost, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}
