package scenarios

import (
	"strings"
	"testing"
)

func TestCatalogueParses(t *testing.T) {
	names := Names()
	if len(names) < 24 {
		t.Errorf("%d scenarios, want at least 24", len(names))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s, err := Load(name)
			if err != nil {
				t.Fatal(err)
			}
			if s.Name != name {
				t.Errorf("the file %s holds the scenario %s", name, s.Name)
			}
			if len(strings.Fields(s.About)) < 10 {
				t.Errorf("about %q does not say what it shows", s.About)
			}
			if len(s.Plan().Actions) > 0 && len(s.Check.Require) == 0 && s.Check.Expect == "pass" {
				t.Error("there are faults but no required premise: the run might show nothing")
			}
			roundTrip(t, s)
		})
	}
}

// One scenario of the catalogue, and only one, is expected to fail.
func TestCatalogueHasOneCanary(t *testing.T) {
	var failing []string
	for _, name := range Names() {
		if s, err := Load(name); err == nil && s.Check.Expect == "fail" {
			failing = append(failing, name)
		}
	}
	if len(failing) != 1 || failing[0] != "canary" {
		t.Errorf("expected to fail: %v", failing)
	}
}

func TestLoadSuggests(t *testing.T) {
	if _, err := Load("crahs"); err == nil || !strings.Contains(err.Error(), "did you mean crash?") {
		t.Errorf("got %v", err)
	}
}

func TestHash(t *testing.T) {
	base, err := Load("crash")
	if err != nil {
		t.Fatal(err)
	}
	source, _ := Source("crash")
	same := func(data []byte, set ...string) bool {
		t.Helper()
		s, err := Parse("other.yaml", data, set...)
		if err != nil {
			t.Fatal(err)
		}
		return s.Hash() == base.Hash()
	}
	if !same(append([]byte("# a comment\n"), source...), "about=else", "seed=9", "emitters.count=2", "phases.warmup=3000ms") {
		t.Error("comments, about, defaults and spelling change the hash")
	}
	walk(root, func(f *field) {
		if f.kind != kindInt && f.kind != kindTime && f.kind != kindBytes || strings.HasPrefix(f.path, "analysers") || f.path == "seed" {
			return
		}
		v := value(base, f.path)
		before, hash := v.Int(), base.Hash()
		v.SetInt(before + 1)
		if base.Hash() == hash {
			t.Errorf("%s does not change the hash", f.path)
		}
		v.SetInt(before)
	})
	for _, set := range []string{"faults=at 5s for 6s crash a1", "analysers=[{id: a1}, {id: a2}, {id: a3, weight: 2}]", "check.require=down", "distributors.policy=random"} {
		if same(source, set) {
			t.Errorf("%s does not change the hash", set)
		}
	}
}
