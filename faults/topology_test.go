package faults

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	cases := []struct{ text, want string }{ // want empty: sound
		{"at 1s for 2s crash a1\nat 1s pause d1/w2\nat 2s resume d1/w2", ""},
		{"at 1s pause a1/anything\nwhen d1/w1 health to=down: cut d1 -> a1\nat 9s heal d1 <-> *", ""},
		{"at 1s halves\nat 9s heal a1 -> a2", ""},
		{"at 1s stop a1\nat 2s restart {a1,a2}", ""},
		{"at 1s undrain d1 a1\nat 1s remove d1 a1", ""},
		{"at 1s crash a9", "action 1 (at 1s crash a9): no node a9"},
		{"at 1s crash {a1,z*}", "no node z*"},
		{"at 1s cut d1 -> a9", "no node a9"},
		{"at 1s pause d1/w9", "node d1 has no actor w9"},
		{"when d1/w9 health: crash a1", "node d1 has no actor w9"},
		{"when a9 commit: crash a1", "no node a9"},
		{"at 1s halves among {a1,z}", "no node z"},
		{"at 1s bridge a*", "5 nodes, exactly 1"},
		{"at 1s restart a1", "the plan begins nothing that this could end"},
		{"at 1s crash a2\nat 2s restart a1", "action 2 (at 2s restart a1): the plan begins nothing"},
		{"at 1s pause d1/w1\nat 2s resume d1", "begins nothing"},
		{"at 1s cut d1 -> a1\nat 2s heal a1 -> d1", "begins nothing"},
		{"at 1s cut d1 -> a1\nat 2s release d1 -> a1", "begins nothing"},
		{"at 1s load e1 300%\nat 2s unload e2", "begins nothing"},
	}
	for _, c := range cases {
		plan, err := Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		err = plan.Validate(world())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q\n got: %v\nwant: %s", c.text, err, c.want)
		}
	}
}

func TestValidateReportsEverything(t *testing.T) {
	plan, err := Parse("at 1s crash z1\nat 1s cut z2 -> z3\nat 1s restart a1")
	if err != nil {
		t.Fatal(err)
	}
	topology := Topology{Nodes: []TopologyNode{{Name: "a1"}, {Name: "a1"}, {Name: "b b"}}}
	err = plan.Validate(topology)
	for _, want := range []string{"z1", "z2", "z3", "action 3", `two nodes "a1"`, `"b b"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not reported: %v", want, err)
		}
	}
	bad := Plan{Actions: []Action{{Do: "smash"}}}
	if err = bad.Validate(world()); err == nil || !strings.Contains(err.Error(), `no such verb "smash"`) {
		t.Errorf("Validate does not include Check: %v", err)
	}
}
