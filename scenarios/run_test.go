package scenarios

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"weir/logcheck"
)

// seedDefault is the seed under which the catalogue is tested.
const seedDefault = 1

// catalogue parses every scenario that comes with weir.
func catalogue(t testing.TB) []*Scenario {
	t.Helper()
	var all []*Scenario
	for _, name := range Names() {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sc)
	}
	return all
}

// TestCatalogue holds that every scenario gets the verdict that it expects, and,
// where it expects a failure, by exactly the properties that it names.
func TestCatalogue(t *testing.T) {
	for _, sc := range catalogue(t) {
		t.Run(sc.Name, func(t *testing.T) {
			t.Parallel() // runs share nothing, and under the race detector that shows
			res, err := Run(sc, Options{Seed: seedDefault, Check: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range Surprises(sc, res) {
				t.Error(problem)
			}
		})
	}
}

// hashEnv makes the test binary print the hashes of every scenario and end.
const hashEnv = "WEIR_TEST_HASHES"

func TestMain(m *testing.M) {
	if os.Getenv(hashEnv) != "" {
		if err := printHashes(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func printHashes() error {
	for _, name := range Names() {
		sc, err := Load(name)
		if err != nil {
			return err
		}
		res, err := Run(sc, Options{Seed: seedDefault})
		if err != nil {
			return err
		}
		fmt.Println(hashLine(sc, res))
	}
	return nil
}

func hashLine(sc *Scenario, res *Result) string {
	return fmt.Sprintf("%s trace %016x log %016x", sc.Name, res.TraceHash, res.LogHash)
}

// startHashes begins a run of the catalogue in a process of its own and returns
// what waits for its hashes.
func startHashes(t *testing.T, env ...string) (wait func() map[string]string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), hashEnv+"=1"), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() map[string]string {
		t.Helper()
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, stderr.String())
		}
		lines := map[string]string{}
		for sc := bufio.NewScanner(&stdout); sc.Scan(); {
			name, _, _ := strings.Cut(sc.Text(), " ")
			lines[name] = sc.Text()
		}
		return lines
	}
}

// TestTwice holds that a scenario's trace and logs depend on nothing but the
// scenario and its seed: not on the process, nor on how many threads it may use.
// Under the race detector (./run.sh test) both runs are instrumented.
func TestTwice(t *testing.T) {
	waitOne, waitMany := startHashes(t, "GOMAXPROCS=1"), startHashes(t, "GOMAXPROCS=4", "GOGC=20")
	one, many := waitOne(), waitMany()
	if len(one) != len(Names()) {
		t.Fatalf("%d of %d scenarios ran", len(one), len(Names()))
	}
	for _, name := range Names() {
		if one[name] != many[name] {
			t.Errorf("the same scenario and seed, two processes, two results:\n%s\n%s", one[name], many[name])
		}
	}
}

// goldenNames are the scenarios whose hashes are kept, so that a change of
// behaviour that was not meant shows in review. ./run.sh golden rewrites them.
var goldenNames = []string{"steady-deficit", "crash", "loss", "canary", "scale-down-crash"}

func TestGoldenHashes(t *testing.T) {
	const file = "testdata/golden_hashes.txt"
	var got strings.Builder
	for _, name := range goldenNames {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Run(sc, Options{Seed: seedDefault})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&got, hashLine(sc, res))
	}
	if os.Getenv("WEIR_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("behaviour changed; if that was meant, run ./run.sh golden and say why in the commit:\n--- want\n%s--- got\n%s", want, got.String())
	}
}

// TestSeedsDiffer holds that the seed matters at all.
func TestSeedsDiffer(t *testing.T) {
	sc, err := Load("steady-deficit")
	if err != nil {
		t.Fatal(err)
	}
	a, err := Run(sc, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Run(sc, Options{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	if a.TraceHash == b.TraceHash || a.LogHash == b.LogHash {
		t.Errorf("seeds 1 and 2 give the same run: %s, %s", hashLine(sc, a), hashLine(sc, b))
	}
}

// TestCheckerIsAskedTwice holds H10: judging the stored bytes again gives the
// same verdict with the same witnesses.
func TestCheckerIsAskedTwice(t *testing.T) {
	sc, err := Load("canary")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(sc, Options{Seed: seedDefault, Check: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := res.Write(dir); err != nil {
		t.Fatal(err)
	}
	again, err := logcheck.CheckDir(dir, logcheck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(res.Verdict, again, cmpopts.IgnoreUnexported(logcheck.Ref{})); diff != "" {
		t.Errorf("in memory (-) and from files (+):\n%s", diff)
	}
}
