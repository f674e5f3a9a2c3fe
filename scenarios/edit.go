package scenarios

import (
	"reflect"
	"slices"
	"strings"
)

// Clone is a copy that shares nothing that may be changed.
func (s *Scenario) Clone() *Scenario {
	c := *s
	c.Analysers.List = slices.Clone(s.Analysers.List)
	c.Analysers.Weights = slices.Clone(s.Analysers.Weights)
	c.Check.Require = slices.Clone(s.Check.Require)
	c.Check.ExpectFail = slices.Clone(s.Check.ExpectFail)
	c.Check.Ignore = slices.Clone(s.Check.Ignore)
	c.plan.Actions = slices.Clone(s.plan.Actions)
	return &c
}

// Settings lists the paths of the single settings that differ from Default, in the order
// of the form: not the name and the texts, nor who the analysers are, nor what is
// expected.
func (s *Scenario) Settings() []string {
	var paths []string
	var visit func(g *field, v, def reflect.Value)
	visit = func(g *field, v, def reflect.Value) {
		for _, f := range g.children {
			fv, dv := v.Field(f.index), def.Field(f.index)
			switch {
			case f.kind == kindText && f.enum == nil, f.kind == kindPlan, f.kind == kindAnalysers, f.path == "seed", f.path == "check", f.path == "limits":
			case f.kind == kindGroup:
				visit(f, fv, dv)
			case !reflect.DeepEqual(fv.Interface(), dv.Interface()):
				paths = append(paths, f.path)
			}
		}
	}
	visit(root, reflect.ValueOf(s).Elem(), reflect.ValueOf(Default()).Elem())
	return paths
}

// Reset gives the setting, or the group of settings, at a path its value in Default.
// The path must be one.
func (s *Scenario) Reset(path string) {
	v, def := reflect.ValueOf(s).Elem(), reflect.ValueOf(Default()).Elem()
	g := root
	for key := range strings.SplitSeq(path, ".") {
		i := slices.IndexFunc(g.children, func(f *field) bool { return f.key == key })
		assert(i >= 0, "no setting %s", path)
		g = g.children[i]
		v, def = v.Field(g.index), def.Field(g.index)
	}
	v.Set(def)
}
