package scenarios

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// kind is a form of value in a scenario file.
type kind uint8

const (
	kindGroup kind = iota // keys with values
	kindText
	kindBool
	kindInt
	kindTime
	kindRate
	kindShare
	kindBytes
	kindSpan
	kindPlan      // the text form of package faults
	kindList      // a list of one scalar kind or of groups
	kindAnalysers // a list of groups, or a group
)

// form is what a scalar kind looks like, for people, for the parser and for the
// schema: pattern is anchored and in the subset of regular expressions that Go
// and ECMAScript share. Empty: any text.
type form struct {
	what    string
	pattern string
}

var forms = [...]form{
	kindText:  {"text", ""},
	kindBool:  {"true or false", "^(true|false)$"},
	kindInt:   {"a whole number", "^-?(0|[1-9][0-9]{0,18})$"},
	kindTime:  {"a time with its unit (h m s ms us ns), for example 250ms or 1m30s", `^([0-9]{1,18}(\.[0-9]{1,9})?(h|m|s|ms|us|ns))+$`},
	kindRate:  {"a rate with at most three decimals, for example 50/s", `^(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?/s$`},
	kindShare: {"a share in percent with at most four decimals, for example 5%", `^(0|[1-9][0-9]{0,2})(\.[0-9]{1,4})?%$`},
	kindBytes: {"a size in bytes or with its unit (kB MB GB TB KiB MiB GiB TiB), for example 64KiB", "^(0|[1-9][0-9]{0,17})(kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$"},
	kindSpan:  {"a whole number or a range, for example 1..10", `^(0|[1-9][0-9]{0,9})(\.\.(0|[1-9][0-9]{0,9}))?$`},
	kindPlan:  {"the text of a fault plan", ""},
}

// field describes one key of the scenario form. The tree of fields is made from
// the struct Scenario once; parser, schema, overrides, hash and printing use it.
type field struct {
	key      string
	path     string // keys from the root, joined by dots
	help     string
	kind     kind
	index    int      // of the struct field in its parent
	enum     []string // the allowed words; nil: any
	ranged   bool     // low and high hold
	low      int64    // in the unit of the kind
	high     int64
	lowText  string
	highText string
	children []*field // of groups, in order
	elem     *field   // of lists
}

// root describes the whole form.
var root = describe(reflect.TypeFor[Scenario](), "")

// describe makes the group of a struct type.
func describe(t reflect.Type, path string) *field {
	g := &field{path: path, kind: kindGroup}
	for i := range t.NumField() {
		sf := t.Field(i)
		key := sf.Tag.Get("yaml")
		if key == "" {
			continue
		}
		f := &field{kind: kindOf(sf.Type)}
		if sf.Tag.Get("kind") == "plan" {
			f.kind = kindPlan
		}
		switch f.kind {
		case kindGroup, kindAnalysers:
			f.children = describe(sf.Type, join(path, key)).children
		case kindList:
			f.elem = describeElem(sf.Type.Elem(), join(path, key))
		}
		if f.kind == kindAnalysers {
			f.elem = describe(reflect.TypeFor[AnalyserEntry](), join(path, key))
		}
		f.key, f.path, f.help, f.index = key, join(path, key), sf.Tag.Get("help"), i
		f.limit(sf.Tag)
		g.children = append(g.children, f)
	}
	return g
}

func describeElem(t reflect.Type, path string) *field {
	if k := kindOf(t); k != kindGroup {
		return &field{path: path, kind: k}
	}
	return describe(t, path)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// limit takes the allowed words and range from the tags; those of a list hold for
// its elements.
func (f *field) limit(tag reflect.StructTag) {
	at := f
	if f.kind == kindList && f.elem.kind != kindGroup {
		at = f.elem
	}
	if enum := tag.Get("enum"); enum != "" {
		at.enum = strings.Split(enum, ",")
	}
	low, high, ok := strings.Cut(tag.Get("range"), "..")
	if !ok {
		return
	}
	var errLow, errHigh error
	at.low, errLow = at.number(low)
	at.high, errHigh = at.number(high)
	assert(errLow == nil && errHigh == nil && at.low <= at.high, "range of %s: %s..%s", f.path, low, high)
	at.ranged, at.lowText, at.highText = true, low, high
}

// number reads a bound, or a value of a numeric kind, in the unit of the kind.
func (f *field) number(s string) (int64, error) {
	switch f.kind {
	case kindInt:
		return parseSigned(s)
	case kindTime:
		d, err := parseDuration(s)
		return int64(d), err
	case kindRate:
		r, err := parseRate(s)
		return int64(r), err
	case kindShare:
		p, err := parsePPM(s)
		return int64(p), err
	case kindBytes:
		b, err := parseBytes(s)
		return int64(b), err
	case kindSpan:
		n, err := parseInt(s)
		return n, err
	}
	return 0, fmt.Errorf("%s takes no number", f.path)
}

// kindOf maps Go types to kinds.
func kindOf(t reflect.Type) kind {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return kindTime
	case reflect.TypeFor[Rate]():
		return kindRate
	case reflect.TypeFor[PPM]():
		return kindShare
	case reflect.TypeFor[Bytes]():
		return kindBytes
	case reflect.TypeFor[Span]():
		return kindSpan
	case reflect.TypeFor[Analysers]():
		return kindAnalysers
	}
	switch t.Kind() {
	case reflect.String:
		return kindText
	case reflect.Bool:
		return kindBool
	case reflect.Int, reflect.Int64:
		return kindInt
	case reflect.Slice:
		return kindList
	case reflect.Struct:
		return kindGroup
	}
	panic("scenarios: no kind for " + t.String())
}

// child finds a key of a group; nil if there is none.
func (f *field) child(key string) *field {
	for _, c := range f.children {
		if c.key == key {
			return c
		}
	}
	return nil
}

// find walks a dotted path from the root; nil if there is no such field.
func find(path string) *field {
	f := root
	for key := range strings.SplitSeq(path, ".") {
		if f = f.child(key); f == nil {
			return nil
		}
	}
	return f
}

// value is the place of the field at path in s.
func value(s *Scenario, path string) reflect.Value {
	v, f := reflect.ValueOf(s).Elem(), root
	for key := range strings.SplitSeq(path, ".") {
		f = f.child(key)
		assert(f != nil, "no field %q", path)
		v = v.Field(f.index)
	}
	return v
}
