package mutants_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The random worlds in which each mutant is looked for: so many rows of so many seeds,
// each row until the first failure. The mean over the rows is how many seeds it takes.
const (
	tries    = 5 // rows
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
	beyond bool     // found only in worlds beyond the budget, of which all of these numbers are then
	plain  bool     // a plain check of shares within 5 points finds it in a calm run
	took   time.Duration
}

// TestMatrix looks for every mutant of the bank, or those that WEIR_MATRIX names, in
// random worlds, and prints what caught it and how many seeds that took, beside what a
// plain check of shares would have caught. The sound system on the same seeds gives no
// alarm. It takes a while: without WEIR_MATRIX it tries one. WEIR_MATRIX_OUT is a file
// for the result as a page; rows that it has already, and that are not named, stay, so
// that a matrix that was interrupted is gone on with by WEIR_MATRIX=rest.
func TestMatrix(t *testing.T) {
	wanted := []string{"d02-no-credit-reset-on-return"}
	if v := os.Getenv("WEIR_MATRIX"); v != "" {
		wanted = strings.Fields(v)
	}
	tree := copyTree(t)
	sound := build(t, tree)
	if r := sweepOf(t, sound, "--swarm", "--seeds", fmt.Sprintf("1..%d", tries*rowSeeds)); r.Failed > 0 {
		t.Fatalf("the sound system fails in %d of %d random worlds: %+v", r.Failed, r.Runs, r.Groups)
	}
	all := slices.DeleteFunc(bank(t), mutant.outside)
	file := os.Getenv("WEIR_MATRIX_OUT")
	rows, tried := rowsIn(t, file), 0
	for _, m := range all {
		_, done := rows[m.name]
		if !slices.Contains(wanted, "all") && !slices.Contains(wanted, m.name) && (done || !slices.Contains(wanted, "rest")) {
			continue
		}
		patch(t, tree, m)
		k := look(t, build(t, tree), m)
		patch(t, tree, m, "-R")
		if k.beyond {
			if r := sweepOf(t, sound, "--swarm", "--unlimited", "--seeds", fmt.Sprintf("1..%d", tries*rowSeeds)); r.Failed > 0 {
				t.Fatalf("the sound system fails in %d of %d worlds beyond the budget: %+v", r.Failed, r.Runs, r.Groups)
			}
		}
		tried++
		rows[m.name] = k.row()
		t.Log(k)
		if file != "" { // again after each, as it takes long
			if err := os.WriteFile(file, page(all, rows), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if len(wanted) == 1 && wanted[0] == m.name && k.rows == 0 {
			t.Errorf("%s is not found in %d random worlds", m.name, k.runs)
		}
	}
	if tried == 0 && !slices.Contains(wanted, "rest") {
		t.Fatalf("no mutant that simulated worlds can show is called %v", wanted)
	}
	t.Log(total(rows))
}

// rowsIn reads the rows of a page, by mutant; there need be no such file.
func rowsIn(t *testing.T, file string) map[string]string {
	t.Helper()
	rows := map[string]string{}
	text, err := os.ReadFile(file)
	if file != "" && err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if cells := strings.SplitN(line, " | ", 3); len(cells) == 3 && strings.HasPrefix(line, "| ") && line != head {
			rows[strings.TrimPrefix(cells[0], "| ")] = line
		}
	}
	return rows
}

// look sweeps the rows with a mutant's build; if none finds it, those of the worlds beyond
// the budget.
func look(t *testing.T, program string, m mutant) kill {
	start := time.Now()
	k := lookIn(t, program, m, "--swarm")
	if k.rows == 0 {
		if far := lookIn(t, program, m, "--swarm", "--unlimited"); far.rows > 0 {
			far.beyond, k = true, far
		}
	}
	k.plain = sweepOf(t, program, "steady-deficit", "steady-finish", "steady-eligible", "packets-1-to-100", "--seeds", "1..2").Off > 0
	k.took = time.Since(start)
	return k
}

// lookIn sweeps the rows in worlds of one sort.
func lookIn(t *testing.T, program string, m mutant, worlds ...string) kill {
	k := kill{mutant: m}
	count := map[string]int64{}
	for row := range tries {
		if row >= rowsVain && k.rows == 0 {
			break
		}
		first := 1 + row*rowSeeds
		r := sweepOf(t, program, append(worlds, "--max-failures", "1", "--seeds", fmt.Sprintf("%d..%d", first, first+rowSeeds-1))...)
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
var chi = [tries + 1][2]float64{{}, {0.0506, 7.378}, {0.484, 11.143}, {1.237, 14.449}, {2.180, 17.535}, {3.247, 20.483}}

// seeds is the mean number of seeds that a detection takes, with its 95 % interval.
func (k kill) seeds() string {
	if k.rows == 0 {
		return fmt.Sprintf("none in %d", k.runs)
	}
	n, worlds := float64(k.runs), ""
	if k.beyond {
		worlds = beyondMark
	}
	return fmt.Sprintf("%.1f (%.1f to %.1f)%s", n/float64(k.rows), max(2*n/chi[k.rows][1], 1), 2*n/chi[k.rows][0], worlds)
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

// row is the mutant's row of the page.
func (k kill) row() string {
	plain := ""
	if k.plain {
		plain = "yes"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %.0f | %s |\n", k.name, strings.Join(k.caught, " "), k.seeds(), plain, k.took.Seconds(), strings.ReplaceAll(k.planted, "|", "\\|"))
}

// total is what the rows say together.
func total(rows map[string]string) string {
	found, plain, quick, beyond := 0, 0, 0, 0
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		var mean float64
		switch _, err := fmt.Sscanf(cells[2], "%g", &mean); {
		case err != nil: // none
		case strings.HasSuffix(cells[2], beyondMark):
			beyond++
		default:
			if found++; mean <= 10 {
				quick++
			}
		}
		if cells[3] == "yes" {
			plain++
		}
	}
	return fmt.Sprintf("%d mutants: %d found in random worlds, %d of them within 10 seeds on average, %d only in worlds beyond the budget; a plain check of shares within 5 points finds %d", len(rows), found, quick, beyond, plain)
}

// head is that of the table.
const head = "| mutant | caught by | seeds | 5 % | seconds | what is planted |\n"

// beyondMark is behind the seeds of a mutant that only worlds beyond the budget show.
const beyondMark = " unlimited"

// page is MATRIX.md, with the rows that there are in the order of the bank.
func page(all []mutant, rows map[string]string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# The kill matrix\n\nWritten by `WEIR_MUTANTS=none WEIR_MATRIX=all WEIR_MATRIX_OUT=$PWD/mutants/MATRIX.md go test -timeout 4h -run Matrix ./mutants` (`rest` goes on with it); Go %s, %s/%s, %d processors.\n\n",
		strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Fprintf(&b, "Each defect is looked for in %d rows of at most %d random worlds, each row until the first find; after %d rows\nin vain no more, but as many of worlds beyond the budget (*unlimited*). *Seeds* is the mean of a find with its 95 %% interval. *5 %%* says whether a plain check of shares within 5 points\nnotices it in calm runs. The sound system gives no alarm in the same %d worlds. What is found in no random world, its\nscenario in `list.tsv` finds.\n\n",
		tries, rowSeeds, rowsVain, tries*rowSeeds)
	fmt.Fprintf(&b, "Of the bank's %d that simulated worlds can show, in the order of `list.tsv`: %s.\n\n%s|---|---|---|---|---|---|\n", len(all), total(rows), head)
	for _, m := range all {
		b.WriteString(rows[m.name])
	}
	return b.Bytes()
}

// TestPage holds that a page is read back as the rows that it was made of, with what
// they say together.
func TestPage(t *testing.T) {
	all := []mutant{{name: "a", planted: "x | y"}, {name: "b"}, {name: "c"}, {name: "d"}}
	rows := map[string]string{
		"a": kill{mutant: all[0], runs: 20, rows: 5, caught: []string{"C1", "B2"}, plain: true}.row(),
		"b": kill{mutant: all[1], runs: 600, rows: 4}.row(),
		"d": kill{mutant: all[3], runs: 5, rows: 5, beyond: true}.row(),
		"c": kill{mutant: all[2], runs: 400}.row(),
	}
	file := filepath.Join(t.TempDir(), "MATRIX.md")
	if err := os.WriteFile(file, page(all, rows), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := rowsIn(t, file); !maps.Equal(got, rows) {
		t.Errorf("read back: %q\nwant %q", got, rows)
	}
	const want = "4 mutants: 2 found in random worlds, 1 of them within 10 seeds on average, 1 only in worlds beyond the budget; a plain check of shares within 5 points finds 1"
	if got := total(rows); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := rowsIn(t, filepath.Join(t.TempDir(), "none")); len(got) > 0 {
		t.Errorf("rows of no page: %q", got)
	}
}
