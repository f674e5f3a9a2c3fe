package scenarios

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// override applies overrides of the form path=value: the value of a scalar as it
// stands, that of a list or group as YAML in flow form ([a, b] or {k: v}); a list
// of words or numbers also as a,b. They count as part of the scenario.
func (d *decoder) override(s *Scenario, set []string) {
	for _, text := range set {
		o := &decoder{file: "--set " + text, source: text, places: d.places}
		o.apply(s, text)
		d.problems = append(d.problems, o.problems...)
	}
}

// apply applies one override.
func (d *decoder) apply(s *Scenario, text string) {
	path, val, ok := strings.Cut(text, "=")
	if !ok {
		d.add(place{}, "an override has the form key=value, for example distributors.workers=4")
		return
	}
	if bad, _ := badText(text); bad != "" {
		d.add(place{}, "%s", bad)
		return
	}
	f := d.findOrSay(path)
	if f == nil {
		return
	}
	if strings.HasPrefix(path, "analysers.") && s.Analysers.List != nil {
		d.add(place{}, "the scenario lists its analysers one by one: override analysers as a whole")
		return
	}
	v := value(s, path)
	for p := range d.places {
		if strings.HasPrefix(p, path+".") {
			delete(d.places, p)
		}
	}
	d.places[path] = place{set: text}
	switch {
	case f.kind == kindList && f.elem.kind != kindGroup && !strings.HasPrefix(val, "["):
		d.words(f, v, val)
	case f.kind == kindGroup, f.kind == kindList, f.kind == kindAnalysers:
		d.flow(f, v, val)
	default:
		if err := f.set(v, val); err != nil {
			d.add(place{}, "%v", err)
		}
	}
}

// findOrSay finds a field or says which key of the path is unknown.
func (d *decoder) findOrSay(path string) *field {
	f := root
	for key := range strings.SplitSeq(path, ".") {
		c := f.child(key)
		if c == nil {
			d.add(place{}, "%s has no field %s%s", f.name(), quoted(key), f.suggest(key))
			return nil
		}
		f = c
	}
	return f
}

// words reads a,b,c into a list of scalars; nothing is the empty list.
func (d *decoder) words(f *field, v reflect.Value, text string) {
	var items []string
	if text != "" {
		items = strings.Split(text, ",")
	}
	if len(items) > listMax {
		d.add(place{}, "%s: %d items, at most %d", f.path, len(items), listMax)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := f.elem.set(v.Index(i), item); err != nil {
			d.add(place{}, "%v", err)
		}
	}
}

// flow reads YAML in flow form. Places inside it mean nothing, so they are left out.
func (d *decoder) flow(f *field, v reflect.Value, text string) {
	inner := &decoder{file: d.file, source: text, places: map[string]place{}}
	tokens := lexer.Tokenize(text)
	if inner.plain(tokens) {
		file, err := parser.Parse(tokens, 0)
		switch {
		case err != nil:
			inner.syntax(err)
		case len(file.Docs) != 1 || file.Docs[0].Body == nil:
			inner.add(place{}, "%s: want a list or a group in YAML", f.path)
		default:
			inner.node(f, v, file.Docs[0].Body)
		}
	}
	for _, p := range inner.problems {
		d.add(place{}, "%s", p.Message)
	}
}
