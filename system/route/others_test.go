package route

import (
	"strings"
	"testing"
)

// TestSetOthersRefuses: what is given twice or too large is named, and changes nothing.
func TestSetOthersRefuses(t *testing.T) {
	p, v := mustNew(Deficit, 1), upView(t, 1, 1)
	if err := p.SetOthers([]Credit{{v.ID(1), One}}); err != nil {
		t.Fatal(err)
	}
	err := p.SetOthers([]Credit{{v.ID(0), 0}, {"x", othersMost + 1}, {v.ID(0), 0}})
	if err == nil || !strings.Contains(err.Error(), "twice") || !strings.Contains(err.Error(), `"x"`) {
		t.Fatalf("%v", err)
	}
	if i, _ := p.Pick(v, 1, nil, 0); i != 1 {
		t.Errorf("picked %d: what others owe the second one counts", i)
	}
}

// TestOthersLeaveOwnCredits: of a removed analyser only the own credit is divided.
func TestOthersLeaveOwnCredits(t *testing.T) {
	p := mustNew(Deficit, 1)
	for _, v := range []*View{upView(t, 1, 1, 1), upView(t, 1, 1)} {
		if err := p.SetOthers([]Credit{{v.ID(0), -5 * One}, {"a00002", 5 * One}}); err != nil {
			t.Fatal(err)
		}
		p.Pick(v, 1, nil, 0)
	}
	sum := int64(0)
	for _, c := range p.Credits() {
		sum += c.Parts
	}
	if sum != 0 || len(p.Credits()) != 2 {
		t.Errorf("credits %v: their sum is kept", p.Credits())
	}
}
