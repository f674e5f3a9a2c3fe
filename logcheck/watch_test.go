package logcheck

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sections splits a file at its lines `-- name --`.
func watchSections(text string) map[string]string {
	out, name := map[string]string{}, "title"
	for line := range strings.Lines(text) {
		if s := strings.TrimSpace(line); strings.HasPrefix(s, "-- ") && strings.HasSuffix(s, " --") {
			name = strings.Trim(s, "- ")
			continue
		}
		out[name] += line
	}
	return out
}

// TestWatchedProperties judges, for each property, a small run that keeps it and
// one that breaks it, which must be shown by exactly the records told.
func TestWatchedProperties(t *testing.T) {
	all := slices.Concat(overseerIDs[:], clusterIDs[:])
	for _, id := range all {
		t.Run(id, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "watch", id+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			s := watchSections(string(text))
			pass := checkWatch(t, s["base"]+s["pass"], Options{})
			watchStatus(t, pass, id, Pass)
			for _, other := range all {
				if r := watchOf(pass, other); r.Status == Fail {
					t.Errorf("the sound run fails %s: %s %v", other, r.Detail, watchRefs(r))
				}
			}
			fail := checkWatch(t, s["base"]+s["fail"], Options{})
			watchStatus(t, fail, id, Fail)
			if want := strings.Fields(s["want"]); !slices.Equal(watchRefs(watchOf(fail, id)), want) {
				t.Errorf("witness %v, want %v (%s)", watchRefs(watchOf(fail, id)), want, watchOf(fail, id).Detail)
			}
			watchStatus(t, checkWatch(t, "0 a1/s recover n=0 lost=0\n0 d/w1 resumed gap=0\n", Options{}), id, Vacuous)
		})
	}
}

func watchStatus(t *testing.T, v *Verdict, id string, want Status) {
	t.Helper()
	for _, h := range integrityIDs {
		if r := watchOf(v, h); r.Status == Fail || r.Status == Unknown {
			t.Errorf("%s: %s: %s %v", h, r.Status, r.Detail, watchRefs(r))
		}
	}
	if r := watchOf(v, id); r.Status != want {
		t.Errorf("%s is %s, want %s: %s %v", id, r.Status, want, r.Detail, watchRefs(r))
	}
}

func watchRefs(r Result) []string {
	var out []string
	for _, w := range r.Witness {
		out = append(out, fmt.Sprintf("%s:%d", w.File, w.Line))
	}
	return out
}
