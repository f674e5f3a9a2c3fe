package lease_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"weir/sim/simtest"
)

// command is a line of README.md, and what it says follows.
type command struct {
	env, args []string
	want      string
}

var (
	blocks  = regexp.MustCompile("(?s)```\n\\$ (.*?)\n(.*?)```")
	invoked = regexp.MustCompile(`^(?:(WEIR_SEEDS=\S+) )?go test \./examples/lease (.*)$`)
	seconds = regexp.MustCompile(`\(\d+\.\d\ds\)|\t\d+\.\d{3}s$`) // the machine's, not the world's
)

// commands reads README.md.
func commands(t *testing.T) (list []command) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks.FindAllStringSubmatch(string(text), -1) {
		m := invoked.FindStringSubmatch(b[1])
		if m == nil {
			t.Fatalf("README.md: %s: not a go test of this package", b[1])
		}
		c := command{want: b[2], env: []string{simtest.EnvSeed + "=", simtest.EnvSeeds + "="}}
		if m[1] != "" {
			c.env = append(c.env, m[1])
		}
		for _, a := range strings.Fields(m[2]) {
			switch a {
			case "-run", "-failfast": // flags of go test have a prefix in the test program
				a = "-test." + a[1:]
			}
			c.args = append(c.args, a)
		}
		list = append(list, c)
	}
	return list
}

// TestReadme runs the commands of README.md, but for the compiling and for the long one of
// ten thousand seeds, and holds what the page says they print.
func TestReadme(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	all := commands(t)
	if len(all) != len(steps) {
		t.Fatalf("README.md has %d commands, want one for each of %d designs", len(all), len(steps))
	}
	for i, c := range all {
		run := exec.Command(exe, c.args...)
		run.Env = append(os.Environ(), c.env...)
		if i == len(all)-1 {
			run.Env = append(run.Env, simtest.EnvSeeds+"=1..50") // the rest takes its time
		}
		out, err := run.CombinedOutput()
		if sound := i == len(all)-1; (err == nil) != sound {
			t.Errorf("%v passes: %t", c.args, err == nil)
		} else if !sound {
			contains(t, string(out), c.want)
		}
	}
}

// contains holds that an output has the lines that a page shows, in this order, where "..."
// stands for any others.
func contains(t *testing.T, out, page string) {
	t.Helper()
	lines := strings.Split(seconds.ReplaceAllString(out, "(time)"), "\n")
	skip := false
	for want := range strings.SplitSeq(strings.TrimSuffix(seconds.ReplaceAllString(page, "(time)"), "\n"), "\n") {
		if want == "..." {
			skip = true
			continue
		}
		for skip && len(lines) > 0 && lines[0] != want {
			lines = lines[1:]
		}
		if len(lines) == 0 || lines[0] != want {
			t.Errorf("README.md says\n%s\nand the command prints\n%s", page, out)
			return
		}
		lines, skip = lines[1:], false
	}
}
