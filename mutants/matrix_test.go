package mutants_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The random worlds in which each mutant is looked for: so many rows of so many seeds,
// each row until the first failure. The mean over the rows is how many seeds it takes.
const (
	rows     = 5
	rowSeeds = 200
	rowsVain = 2 // without any find: no more are tried
)

// swept is what weir sweep --output json tells.
type swept struct {
	Runs   int64 `json:"runs"`
	Failed int64 `json:"failed"`
	Off    int64 `json:"off"`
	Groups []struct {
		Property string `json:"property"`
		Runs     int64  `json:"runs"`
	} `json:"groups"`
}

// kill is one line of the matrix.
type kill struct {
	mutant
	runs   int64    // seeds tried in all rows
	rows   int      // in which it was caught
	caught []string // by which properties, those of the most rows first
	plain  bool     // a plain check of shares within 5 points finds it in a calm run
	took   time.Duration
}

// TestMatrix looks for every mutant of the bank, or those that WEIR_MATRIX names, in
// random worlds, and prints what caught it and how many seeds that took, beside what a
// plain check of shares would have caught. The sound system on the same seeds gives no
// alarm. It takes a while: without WEIR_MATRIX it tries one. WEIR_MATRIX_OUT is a file
// for the result as a page.
func TestMatrix(t *testing.T) {
	wanted := []string{"d02-no-credit-reset-on-return"}
	if v := os.Getenv("WEIR_MATRIX"); v != "" {
		wanted = strings.Fields(v)
	}
	tree := copyTree(t)
	sound := build(t, tree)
	if r := sweepOf(t, sound, "--swarm", "--seeds", fmt.Sprintf("1..%d", rows*rowSeeds)); r.Failed > 0 {
		t.Fatalf("the sound system fails in %d of %d random worlds: %+v", r.Failed, r.Runs, r.Groups)
	}
	var matrix []kill
	for _, m := range bank(t) {
		if !slices.Contains(wanted, "all") && !slices.Contains(wanted, m.name) {
			continue
		}
		patch(t, tree, m)
		k := look(t, build(t, tree), m)
		patch(t, tree, m, "-R")
		matrix = append(matrix, k)
		t.Log(k)
		if file := os.Getenv("WEIR_MATRIX_OUT"); file != "" { // again after each, as it takes long
			if err := os.WriteFile(file, page(matrix, len(bank(t))), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(matrix) == 0 {
		t.Fatalf("no mutant is called %v", wanted)
	}
	t.Log(total(matrix))
	if len(wanted) == 1 && wanted[0] != "all" && matrix[0].rows == 0 {
		t.Errorf("%s is not found in %d random worlds", wanted[0], matrix[0].runs)
	}
}

// look sweeps the rows with a mutant's build.
func look(t *testing.T, program string, m mutant) kill {
	k := kill{mutant: m}
	start := time.Now()
	count := map[string]int64{}
	for row := range rows {
		if row >= rowsVain && k.rows == 0 {
			break
		}
		first := 1 + row*rowSeeds
		r := sweepOf(t, program, "--swarm", "--max-failures", "1", "--seeds", fmt.Sprintf("%d..%d", first, first+rowSeeds-1))
		k.runs += r.Runs
		if r.Failed > 0 {
			k.rows++
		}
		for _, g := range r.Groups {
			if count[g.Property]++; count[g.Property] == 1 {
				k.caught = append(k.caught, g.Property)
			}
		}
	}
	slices.SortStableFunc(k.caught, func(a, b string) int { return int(count[b] - count[a]) })
	k.plain = sweepOf(t, program, "steady-deficit", "steady-finish", "steady-eligible", "packets-1-to-100", "--seeds", "1..2").Off > 0
	k.took = time.Since(start)
	return k
}

// sweepOf runs weir sweep and reads its report.
func sweepOf(t *testing.T, program string, args ...string) (r swept) {
	t.Helper()
	cmd := exec.Command(program, append(append([]string{"sweep"}, args...), "--output", "json", "--dir", t.TempDir())...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	if jsonErr := json.Unmarshal(out.Bytes(), &r); jsonErr != nil {
		t.Fatalf("weir sweep %v: %v, %v\n%.2000s", args, err, jsonErr, complaints.String())
	}
	return r
}

// chi holds the 2.5 % and 97.5 % points of the chi-squared distribution with twice as many
// degrees of freedom as rows that caught: the interval of a mean of exponential times.
var chi = [rows + 1][2]float64{{}, {0.0506, 7.378}, {0.484, 11.143}, {1.237, 14.449}, {2.180, 17.535}, {3.247, 20.483}}

// seeds is the mean number of seeds that a detection takes, with its 95 % interval.
func (k kill) seeds() string {
	if k.rows == 0 {
		return fmt.Sprintf("none in %d", k.runs)
	}
	n := float64(k.runs)
	return fmt.Sprintf("%.1f (%.1f to %.1f)", n/float64(k.rows), max(2*n/chi[k.rows][1], 1), 2*n/chi[k.rows][0])
}

// String is the mutant's line.
func (k kill) String() string {
	plain := "-"
	if k.plain {
		plain = "5 %"
	}
	caught := strings.Join(k.caught[:min(len(k.caught), 4)], " ")
	if len(k.caught) > 4 {
		caught += " ..."
	}
	return fmt.Sprintf("%-40s %-22s %-24s %-4s %5.1f s  %s", k.name, caught, k.seeds(), plain, k.took.Seconds(), k.planted)
}

// total is the last line.
func total(matrix []kill) string {
	found, plain, quick := 0, 0, 0
	for _, k := range matrix {
		if k.rows > 0 {
			found++
		}
		if k.rows == rows && k.runs <= 10*rows {
			quick++
		}
		if k.plain {
			plain++
		}
	}
	return fmt.Sprintf("%d mutants: %d found in random worlds, %d of them within 10 seeds on average; a plain check of shares within 5 points finds %d", len(matrix), found, quick, plain)
}

// page is MATRIX.md; all is how many the bank has.
func page(matrix []kill, all int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# The kill matrix\n\nWritten by `WEIR_MATRIX=all WEIR_MATRIX_OUT=MATRIX.md go test -timeout 2h -run Matrix ./mutants`; Go %s, %s/%s, %d processors.\n\n",
		strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Fprintf(&b, "Each defect is looked for in %d rows of at most %d random worlds, each row until the first find; after %d rows\nin vain no more. *Seeds* is the mean of a find with its 95 %% interval. *5 %%* says whether a plain check of shares within 5 points\nnotices it in calm runs. The sound system gives no alarm in the same %d worlds. What is found in no random world, its\nscenario in `list.tsv` finds.\n\n",
		rows, rowSeeds, rowsVain, rows*rowSeeds)
	fmt.Fprintf(&b, "Of the bank's %d, in the order of `list.tsv`: %s.\n\n| mutant | caught by | seeds | 5 %% | seconds | what is planted |\n|---|---|---|---|---|---|\n", all, total(matrix))
	for _, k := range matrix {
		plain := ""
		if k.plain {
			plain = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %.0f | %s |\n", k.name, strings.Join(k.caught, " "), k.seeds(), plain, k.took.Seconds(), strings.ReplaceAll(k.planted, "|", "\\|"))
	}
	return b.Bytes()
}
