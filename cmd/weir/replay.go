package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"weir/scenarios"
)

const replayLong = `Repeats the run that a replay token describes: a token (weir1:...) or a run
directory, which holds one in its file token. It says so when the scenario, an
input or the build is not the same any more, and whether the result is.

If all of them are the same and the result differs, weir is not deterministic, and
the exit code is 3. Otherwise it is that of the run. A result that differs from the logs
in the directory is told with the first record that does, and what is around it.

With --trace, --packet, --node, --from, --until or --stop-at it does not judge but shows
what happens, as it happens: as weir check does with stored logs, and also the timers,
messages within a node and disk operations that leave no record. The run ends where
--until says.

--stop-at EVENT ends the run with an event and shows the state of the actor that is
about to handle it. Under a debugger it stops there:

  dlv exec bin/weir -- replay runs/latest --stop-at 7613
  (dlv) break weir/scenarios.debugStop
  (dlv) continue
  (dlv) up
  (dlv) print a.behind
  (dlv) break weir/system/distributor.(*worker).Receive
  (dlv) continue

` + exitHelp

func (a *app) replayCommand() *cobra.Command {
	f := runFlags{jobs: 1, output: "text"}
	var show traceFlags
	c := &cobra.Command{
		Use:     "replay TOKEN|DIR",
		Short:   "Repeat a run and compare",
		Long:    replayLong,
		Example: "  weir replay runs/latest\n  weir replay runs/latest --trace --until 12.5s\n  weir replay runs/latest --packet e1/1/448\n  weir replay runs/latest --stop-at 7613",
		Args:    takes(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := show.given(c); err != nil {
				return err
			}
			return a.replay(args[0], &f, &show)
		},
	}
	addDirFlag(c, &f.dir)
	addTraceFlags(c, &show)
	c.Flags().StringVar(&show.stopAt, "stop-at", "", "end the run with the event of this number and show the state there")
	c.Flags().StringVar(&f.output, "output", "text", "form of the result: text, json, junit or github; of records: text or json")
	return c
}

// replay repeats one run.
func (a *app) replay(arg string, f *runFlags, show *traceFlags) error {
	if !slices.Contains(outputs, f.output) {
		return usage("--output %q: want one of %v", f.output, outputs)
	}
	token, err := readToken(arg)
	if err != nil {
		return err
	}
	if token.World == scenarios.WorldTCP {
		return usage("a run of real processes cannot be replayed; judge or show its logs with check, or run %s again with --world tcp", token.Scenario)
	}
	if show.wanted() {
		return a.traceRun(arg, token, f.output, show)
	}
	f.set = token.Set
	for _, in := range token.Inputs {
		f.inputs = append(f.inputs, in.Path)
	}
	s := &batch{app: a, flags: f, seeds: seedRange{first: token.Seed, last: token.Seed}}
	if err := s.prepare([]string{token.Scenario}); err != nil {
		return err
	}
	defer s.inputs.close()
	now := scenarios.Token{
		Scenario: token.Scenario, Set: token.Set, Seed: token.Seed, ScenarioHash: s.scenarios[0].sc.Hash(),
		Inputs: s.inputs.tokens(), Build: s.build,
	}
	for _, text := range changes(token, now) {
		a.complain("%s", text)
	}
	var first string
	s.finished = func(res *scenarios.Result) { first = a.firstDifferenceTo(arg, token, res) }
	s.then = func(o *outcome) int { return a.compareReplay(token, o, first) }
	return s.play()
}

// readToken reads a token, or the one in a run's directory.
func readToken(arg string) (scenarios.Token, error) {
	text := arg
	if !strings.HasPrefix(arg, scenarios.TokenPrefix) {
		path := filepath.Join(arg, tokenFile)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return scenarios.Token{}, usage("%s: neither a token (%s...) nor a run directory with the file %s", arg, scenarios.TokenPrefix, tokenFile)
		}
		if err != nil {
			return scenarios.Token{}, usage("%s: %w", path, reason(err))
		}
		text = strings.TrimSuffix(string(data), "\n")
	}
	return scenarios.ParseToken(text)
}

// changes says what is not as it was when the token was made.
func changes(then, now scenarios.Token) []string {
	var list []string
	if then.ScenarioHash != now.ScenarioHash {
		list = append(list, fmt.Sprintf("the scenario %s has changed since: hash %.12s, now %.12s", then.Scenario, then.ScenarioHash, now.ScenarioHash))
	}
	for i := range then.Inputs {
		if then.Inputs[i].SHA256 != now.Inputs[i].SHA256 {
			list = append(list, fmt.Sprintf("the input %s has changed since: SHA-256 %.12s, now %.12s", then.Inputs[i].Path, then.Inputs[i].SHA256, now.Inputs[i].SHA256))
		}
	}
	if then.Build != now.Build {
		list = append(list, fmt.Sprintf("the build is another one: %s, now %s", then.Build, now.Build))
	}
	return list
}

// compareReplay says whether the result is the token's, and which exit code that
// asks for. first is where the logs differ, if that is known.
func (a *app) compareReplay(then scenarios.Token, o *outcome, first string) int {
	if o.verdict == nil || a.ctx.Err() != nil {
		return exitOK // not run to its end: there is nothing to compare
	}
	return a.compareTokens(then, o.token, first)
}

func (a *app) compareTokens(then, now scenarios.Token, first string) int {
	if then.TraceHash == now.TraceHash && then.LogHash == now.LogHash {
		fmt.Fprintf(a.errw, "weir: the same run: trace 0x%x, log 0x%x\n", now.TraceHash, now.LogHash)
		return exitOK
	}
	a.complain("the result is another one: trace 0x%x, now 0x%x; log 0x%x, now 0x%x", then.TraceHash, now.TraceHash, then.LogHash, now.LogHash)
	fmt.Fprint(a.errw, first)
	if then.Same(now) && then.Build == now.Build {
		a.complain("scenario, inputs and build are the same: weir is not deterministic; weir verify names the first difference")
		return exitNotRepeatable
	}
	return exitOK
}

// firstDifferenceTo compares a replay that is another run with the stored logs of the
// first, before it takes their place in the run directory. Empty if there is nothing to
// compare.
func (a *app) firstDifferenceTo(dir string, then scenarios.Token, res *scenarios.Result) string {
	same := then.TraceHash == res.TraceHash && then.LogHash == res.LogHash
	if _, err := os.Stat(filepath.Join(dir, "run.json")); err != nil || same || res.Stop == scenarios.StopInterrupted {
		return ""
	}
	tmp, err := os.MkdirTemp("", "weir-replay-*")
	if err != nil {
		return fmt.Sprintf("weir: the runs cannot be compared: %v\n", reason(err))
	}
	defer os.RemoveAll(tmp)
	err = res.Write(tmp)
	var d *difference
	if err == nil {
		d, err = firstDifference(dir, tmp)
	}
	if err != nil {
		return "weir: the runs cannot be compared: " + clean(err.Error()) + "\n"
	}
	return "  1 is the stored run, 2 is this one\n" + d.text() + d.around(dir, tmp)
}
