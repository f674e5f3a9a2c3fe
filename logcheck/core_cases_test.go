package logcheck

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// coreIDs are the properties whose cases are scripts in testdata/core.
var coreIDs = []string{"H2", "H3", "H4", "H5", "H6", "H7", "H9",
	"C1", "C2", "C3", "C4", "C5", "C6", "C7", "C9", "C10", "C11", "C12", "C13", "C14", "C15", "O1", "A1", "A2", "A3", "A4", "A5", "C16", "D1", "D2", "D3", "B4", "B9", "F12", "F15", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"}

// TestCoreCases holds every property to its cases: testdata/core/ID.txtar has sections
// whose names begin with the verdict that the property must get: pass, fail,
// unknown or vacuous. In a failing case the witness must be exactly the marked
// lines, and no other property may fail unless the section's first line is
// "# also ID ...".
func TestCoreCases(t *testing.T) {
	for _, id := range coreIDs {
		a, err := txtar.ParseFile(filepath.Join("testdata", "core", id+".txtar"))
		if err != nil {
			t.Error(err)
			continue
		}
		if n := bytes.Count(a.Comment, []byte("\n")); n != 1 {
			t.Errorf("%s: %d lines before the first case, its title alone is to be there: a mark that does not begin its line begins no case", id, n)
		}
		seen := map[string]bool{}
		for _, f := range a.Files {
			want, _, _ := strings.Cut(f.Name, "-")
			seen[want] = true
			t.Run(id+"/"+f.Name, func(t *testing.T) { judgeCase(t, id, want, string(f.Data)) })
		}
		if !seen["pass"] || !seen["fail"] && !(id == "H5" && seen["unknown"]) {
			t.Errorf("%s: no passing or no failing case", id)
		}
	}
}

func judgeCase(t *testing.T, id, want, text string) {
	src, run, witness := parseCase(t, text)
	v, err := Check(src, run, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, ok := v.Result(id)
	if !ok || r.Status.String() != want {
		t.Fatalf("%s is %s, want %s: %+v\n%s", id, r.Status, want, r, dumpRun(v, src))
	}
	also := []string{id}
	if line, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(line, "# also ") {
		also = append(also, strings.Fields(line)[2:]...)
	}
	for _, other := range v.Results {
		if other.Status == Fail && !slices.Contains(also, other.ID) {
			t.Errorf("%s failed too: %s\n%s", other.ID, other.Detail, dumpRun(v, src))
		}
	}
	if want != "fail" {
		return
	}
	var got []string
	for _, w := range r.Witness {
		got = append(got, fmt.Sprintf("%s:%d", w.File, w.Line))
	}
	slices.Sort(got)
	if d := cmp.Diff(witness, got); d != "" {
		t.Errorf("witness (-want +got):\n%s%s\n%s", d, r.Detail, dumpRun(v, src))
	}
}

// dumpRun shows a run and its verdict.
func dumpRun(v *Verdict, src Mem) string {
	var b bytes.Buffer
	v.WriteText(&b)
	for _, f := range src {
		fmt.Fprintf(&b, "== %s\n", f.Name)
		for i, line := range strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n") {
			fmt.Fprintf(&b, "%3d %s\n", i+1, line)
		}
	}
	return b.String()
}

// TestCheckDir judges a script's run from files on disk and gets the same verdict
// as from memory, with the texts of the witness.
func TestCheckDir(t *testing.T) {
	a, err := txtar.ParseFile(filepath.Join("testdata", "core", "C2.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		src, run, _ := parseCase(t, string(f.Data))
		dir := writeRun(t, src, run)
		want, err := Check(src, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := CheckDir(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(jsonOf(t, want), jsonOf(t, got)); d != "" {
			t.Errorf("%s: memory and disk differ:\n%s", f.Name, d)
		}
		for _, r := range got.Results {
			for _, w := range r.Witness {
				if !strings.HasPrefix(w.Text, `{"k":"`) {
					t.Errorf("%s %s: witness %s:%d has the text %q", f.Name, r.ID, w.File, w.Line, w.Text)
				}
			}
		}
	}
}

func writeRun(t *testing.T, src Mem, run *Run) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, f := range append(slices.Clone(src), MemFile{"run.json", []byte(jsonOf(t, run))}) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
