// Package mutants_test is the bank of planted defects: patches against weir's own
// source, none of which is in the shipped code, and what is to catch each. It holds
// the checker and the catalogue to their power to find bugs. It has tests only.
package mutants_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// mutant is one line of list.tsv.
type mutant struct {
	name     string // of its patch
	scenario string // that shows it: of the catalogue, or of scenarios/testdata/corpus; or a package, ./...
	seed     string // with which
	property string // that fails, or panic, or verify: two runs of one seed differ; or a test of the package
	planted  string // what is wrong
}

// outside reports whether no simulated world has the part that is wrong: a test finds it.
func (m mutant) outside() bool { return strings.HasPrefix(m.scenario, "./") }

func bank(t *testing.T) []mutant {
	t.Helper()
	b, err := os.ReadFile("list.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []mutant
	for line := range strings.Lines(string(b)) {
		w := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(w) != 5 {
			t.Fatalf("list.tsv: %q: want name, scenario, seed, property and what is planted", line)
		}
		all = append(all, mutant{w[0], w[1], w[2], w[3], w[4]})
	}
	return all
}

// TestPatchesApply holds that every mutant still is one of the present source, and that
// none is forgotten.
func TestPatchesApply(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("git is missing: it applies the patches")
	}
	var listed []string
	for _, m := range bank(t) {
		listed = append(listed, "patches/"+m.name+".patch")
		cmd := exec.Command("git", "apply", "--check", "mutants/patches/"+m.name+".patch")
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s does not apply any more: make it again, or take it out with the reason\n%s", m.name, out)
		}
	}
	if len(listed) < 100 {
		t.Errorf("%d mutants: the bank has lost some", len(listed))
	}
	files, err := filepath.Glob("patches/*.patch")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(listed)
	if !slices.Equal(files, listed) {
		t.Errorf("the patches and list.tsv differ: %d and %d", len(files), len(listed))
	}
}

// few are tried at every test run, of different kinds: choosing, detection, the store,
// the emitter.
var few = []string{"d02-no-credit-reset-on-return", "r08a-failures-minus-1", "r01-ack-before-sync", "o22-expired-too-early"}

// TestBank plants mutants and has the scenario that is named for each run: the named
// property must fail. With WEIR_MUTANTS=all it tries every one, with names those, else
// a few.
func TestBank(t *testing.T) {
	wanted := few
	switch v := os.Getenv("WEIR_MUTANTS"); v {
	case "":
	case "all":
		wanted = nil
	default:
		wanted = strings.Fields(v)
	}
	tree := copyTree(t)
	var sound string
	tried := 0
	for _, m := range bank(t) {
		if wanted != nil && !slices.Contains(wanted, m.name) {
			continue
		}
		if tried++; m.outside() {
			t.Run(m.name, func(t *testing.T) { testOutside(t, tree, m) })
			continue
		}
		if sound == "" {
			sound = build(t, tree)
		}
		t.Run(m.name, func(t *testing.T) {
			if out, err := run(sound, m); err != nil {
				t.Fatalf("the sound build, %s seed %s: %v\n%.2000s", m.scenario, m.seed, err, out)
			}
			patch(t, tree, m)
			defer patch(t, tree, m, "-R")
			start := time.Now()
			out, err := run(build(t, tree), m)
			caught := strings.Contains(out, "FAIL "+m.property+" ") || m.property == "panic" && strings.Contains(out, "PANIC") ||
				m.property == "verify" && strings.Contains(out, "DIFFERENT:")
			if err == nil || !caught {
				t.Errorf("survives %s, seed %s: %s expected, %v\n%.2000s", m.scenario, m.seed, m.property, err, out)
			}
			t.Logf("%-12s %-24s seed %-3s %5.1f s  %s", m.property, m.scenario, m.seed, time.Since(start).Seconds(), m.planted)
		})
	}
	if tried == 0 {
		t.Errorf("no mutant is called %v", wanted)
	}
}

// testOutside has the named test look at a mutant that no simulated world has.
func testOutside(t *testing.T, tree string, m mutant) {
	try := func() (string, error) {
		cmd := exec.Command("go", "test", "-count=1", "-run", "^"+m.property+"$", m.scenario)
		cmd.Dir = tree
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := try(); err != nil || strings.Contains(out, "no tests to run") {
		t.Fatalf("the sound tree, %s %s: %v\n%.2000s", m.scenario, m.property, err, out)
	}
	patch(t, tree, m)
	defer patch(t, tree, m, "-R")
	start := time.Now()
	out, err := try()
	if err == nil || !strings.Contains(out, "--- FAIL: "+m.property+" ") {
		t.Errorf("survives %s %s: %v\n%.2000s", m.scenario, m.property, err, out)
	}
	t.Logf("%-12s %-24s %5.1f s  %s", m.property, m.scenario, time.Since(start).Seconds(), m.planted)
}

// copyTree copies what is needed to build weir and to test its parts.
func copyTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel("..", p) // p is below ..
		if d.IsDir() {
			if rel != "." && strings.HasPrefix(d.Name(), ".") || rel == "runs" || rel == "bin" || rel == "mutants" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(dir, rel), 0o755)
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, rel), b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func build(t *testing.T, tree string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "weir")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./cmd/weir")
	cmd.Dir = tree
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

func run(program string, m mutant) (string, error) {
	dir, err := os.MkdirTemp("", "weir-mutant-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	scenario := m.scenario
	if strings.HasPrefix(scenario, "corpus/") { // a world in which the defect was found
		scenario = filepath.Join("..", "scenarios", "testdata", filepath.FromSlash(scenario)+".yaml")
	}
	args := []string{"run", scenario, "--seed", m.seed, "--dir", dir}
	if m.property == "verify" {
		args = []string{"verify", scenario, "--seed", m.seed}
	}
	cmd := exec.Command(program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// patch applies a mutant, or with -R takes it back.
func patch(t *testing.T, tree string, m mutant, more ...string) {
	t.Helper()
	file, err := filepath.Abs("patches/" + m.name + ".patch")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", append(append([]string{"apply"}, more...), file)...)
	cmd.Dir = tree
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(tree))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatal(fmt.Errorf("%s: %w\n%s", m.name, err, out))
	}
}

// TestReferences holds that the defects that README.md's table names are in the bank.
func TestReferences(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range bank(t) {
		id, _, _ := strings.Cut(m.name, "-")
		known[id] = true
	}
	named := regexp.MustCompile(`\b[dfghkmnorstw][0-9]{2}[a-f]?\b`).FindAllString(string(text), -1)
	for _, id := range named {
		if !known[id] {
			t.Errorf("README.md names %s, which is not in the bank", id)
		}
	}
	if len(named) < 60 {
		t.Errorf("README.md names %d defects: where is the table?", len(named))
	}
}
