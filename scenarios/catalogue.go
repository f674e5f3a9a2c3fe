package scenarios

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed catalogue/*.yaml
var catalogueFiles embed.FS

// Names lists the catalogue's scenarios in ascending order. The caller may change
// the list.
func Names() []string {
	entries, err := fs.ReadDir(catalogueFiles, "catalogue")
	assert(err == nil, "the embedded catalogue cannot be read: %v", err)
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Source is the YAML text of a catalogue scenario; false if there is none of that
// name.
func Source(name string) ([]byte, bool) {
	data, err := catalogueFiles.ReadFile("catalogue/" + name + ".yaml")
	return data, err == nil
}

// Load parses a catalogue scenario with overrides, see Parse.
func Load(name string, set ...string) (*Scenario, error) {
	data, ok := Source(name)
	if !ok {
		hint := nearest(name)
		if hint == "" {
			hint = "; weir scenario list shows them, a file of your own ends in .yaml"
		}
		if name == "" {
			name = `""`
		}
		return nil, invalid(name, "no such scenario in the catalogue%s", hint)
	}
	return Parse("catalogue/"+name+".yaml", data, set...)
}

// nearest suggests a catalogue name.
func nearest(name string) string {
	g := &field{}
	for _, n := range Names() {
		g.children = append(g.children, &field{key: n})
	}
	return g.suggest(name)
}
