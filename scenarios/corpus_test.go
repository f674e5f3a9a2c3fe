package scenarios

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCorpus plays the worlds that once showed a bug, with their explicit fault
// schedules and seeds: none may show it again. What was found is said in the comment
// that a file begins with, and in TRACKRECORD.md; mutants/list.tsv names the defect.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "corpus", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no corpus", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sc, err := Parse(file, text)
			if err != nil {
				t.Fatal(err)
			}
			if sc.Name != name || sc.Seed < 1 || len(sc.Check.Require) == 0 || !bytes.HasPrefix(text, []byte("# Shows ")) {
				t.Error("want the file's name, a seed, what must have happened, and first of all a comment that says what it shows")
			}
			res, err := Run(sc, Options{Seed: uint64(sc.Seed), Check: true})
			if err != nil {
				t.Fatal(err)
			}
			if bad := Surprises(sc, res); len(bad) > 0 {
				t.Error(strings.Join(bad, "\n"))
			}
		})
	}
}
