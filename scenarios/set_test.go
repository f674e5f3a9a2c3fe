package scenarios

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSetOverrides(t *testing.T) {
	s, err := Parse("m.yaml", []byte("name: m\nfaults: at 5s crash a1\n"),
		"distributors.workers=4", "phases.warmup=4s", "emitters.rate=0.5/s", "emitters.messages=3", "distributors.persist=false",
		"check.require=down,C2", "analysers=[{id: a1, weight: 7}, {id: b}]", "emitters.backoff={base: 1ms, max: 5ms}",
		"faults=at 6s for 1s pause b", "links.latency.tail.chance=0.25%")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"workers", s.Distributors.Workers, 4},
		{"warmup", s.Phases.Warmup, 4 * time.Second},
		{"rate", s.Emitters.Rate, Rate(500)},
		{"messages", s.Emitters.Messages, Span{3, 3}},
		{"persist", s.Distributors.Persist, false},
		{"require", s.Check.Require, []string{"down", "C2"}},
		{"analysers", s.AnalyserList(), []AnalyserEntry{{"a1", 7, false}, {"b", 1, false}}},
		{"backoff", s.Emitters.Backoff, Backoff{time.Millisecond, 5 * time.Millisecond, 200_000}},
		{"faults", s.Plan().String(), "at 6s for 1s pause b\n"},
		{"tail", s.Links.Latency.Tail.Chance, PPM(2500)},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for set, says := range map[string]string{
		"distributors.workers":         "key=value",
		"distributors.wrokers=4":       "did you mean workers?",
		"distributors.workers.x=4":     `has no field "x"`,
		"nothing=4":                    `has no field "nothing"`,
		"=4":                           `has no field ""`,
		"distributors.workers=0":       "not within 1 to 1000",
		"distributors.workers=":        "not a whole number",
		"phases.warmup=3":              "not a time",
		"emitters=5":                   "want keys with values",
		"emitters={cuont: 5}":          "did you mean count?",
		"analysers=[{id: a, id: b}]":   "already defined",
		"analysers=[{id: a}, {id: a}]": "taken by an analyser",
		"analysers=":                   "want a list",
		"analysers=[&a x, *a]":         "anchors",
		"check.require=down,,C2":       "neither a premise",
		"faults=at 5s crash a9":        "no node a9",
		"name=\x1b[31m":                "control character",
	} {
		_, err := Parse("m.yaml", []byte(minimal), set)
		var invalid *InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("--set %q: want an InvalidError, got %v", set, err)
			continue
		}
		if !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "--set ") || strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("--set %q: want %q, got\n%v", set, says, err)
		}
	}
}

func TestSetKeepsTheFormOfAnalysers(t *testing.T) {
	list := []byte("name: m\nanalysers: [{id: x}]\n")
	if _, err := Parse("m.yaml", list, "analysers.count=5"); err == nil || !strings.Contains(err.Error(), "as a whole") {
		t.Errorf("a count besides a list: %v", err)
	}
	s, err := Parse("m.yaml", list, "analysers={count: 2}")
	if err != nil || len(s.AnalyserList()) != 2 {
		t.Errorf("a group in place of a list: %v, %v", s, err)
	}
	s, err = Parse("m.yaml", []byte(minimal), "analysers.count=5", "analysers.weights=1,2")
	if err != nil || len(s.AnalyserList()) != 5 || s.AnalyserList()[3].Weight != 2 {
		t.Errorf("single fields of the group: %v, %v", s, err)
	}
}
