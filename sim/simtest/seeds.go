package simtest

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
)

// failuresMax is after how many failing seeds a test ends: more show the same again.
const failuresMax = 5

// Seeds runs f as a subtest for each of the seeds 1 to n (1 to 1,000,000), or for those
// that the environment names instead. It ends after five failing seeds. A failing seed
// logs the command that repeats it alone. An n out of range fails the test.
//
// f may call t.Parallel if its seeds share nothing; then all seeds run, whatever fails.
func Seeds(t *testing.T, n uint64, f func(t *testing.T, seed uint64)) {
	t.Helper()
	if n < 1 || n > seedsMax {
		t.Fatalf("%d seeds: want 1 to %d", n, seedsMax)
	}
	chosen, err := choose(os.Getenv(EnvSeed), os.Getenv(EnvSeeds), span{1, n})
	if err != nil {
		t.Fatal(err)
	}
	pkg := underTest()
	failed := 0
	for seed := chosen.first; ; seed++ {
		ok := t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Helper() // what is logged here has the caller's line
			t.Cleanup(func() {
				t.Helper()
				if t.Failed() {
					t.Logf("reproduce: %s", command(t.Name(), pkg, seed))
				}
			})
			f(t, seed)
		})
		if !ok {
			failed++
		}
		if failed == failuresMax && seed != chosen.last {
			t.Logf("ended after %d failing seeds, of %d that ran", failed, seed-chosen.first+1)
			return
		}
		if seed == chosen.last {
			return
		}
	}
}

// command is the command line that runs the subtest of a seed again, and nothing else,
// with the flags that the package under test defines for itself as they are.
func command(name, pkg string, seed uint64) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + escape(p) + "$"
	}
	s := fmt.Sprintf("%s=%d go test -run '%s' %s", EnvSeed, seed, strings.Join(parts, "/"), pkg)
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			s += fmt.Sprintf(" -%s='%s'", f.Name, strings.ReplaceAll(f.Value.String(), "'", `'\''`))
		}
	})
	return s
}

// escape makes a pattern of a test's name that matches nothing else, also inside single
// quotes of a shell. Names of subtests have no white space.
func escape(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r == '\'': // would end the quotes
			b.WriteByte('.')
		case strings.ContainsRune(`\.+*?()|[]{}^$`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// underTest is the import path of the package whose test program this is; ".", the
// package of the working directory, if the program does not say.
func underTest() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if path, ok := strings.CutSuffix(info.Path, ".test"); ok {
			return path
		}
	}
	return "."
}
