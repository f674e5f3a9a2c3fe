package weirtest

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/scenarios"
	"weir/scenarios/shrink"
)

// report tells how to see a failing run again, and keeps it if asked to. res is nil if
// the run could not be made.
func (s *session) report(t *testing.T, one trial, res *scenarios.Result) {
	t.Helper()
	dir := keepIn(t)
	if dir != "" {
		if err := keep(dir, one, res); err != nil {
			t.Logf("not kept: %v", err)
			dir = ""
		}
	}
	switch {
	case one.arg != "":
		t.Logf("play:      weir run %s --seed %d", one.arg, one.seed)
	case dir != "":
		t.Logf("play:      weir run %s --seed %d", quote(filepath.Join(dir, scenarioFile)), one.seed)
	}
	switch {
	case dir == "":
		t.Log("keep:      go test -artifacts writes the scenario and its logs, for weir replay, shrink and check")
	case res != nil:
		t.Logf("view:      weir check %s", quote(dir))
		t.Logf("replay:    weir replay %s", quote(dir))
		t.Logf("shrink:    weir shrink %s", quote(dir))
	}
	if !s.opt.NoShrink && !s.shrunk {
		s.shrunk = true
		shrinkRun(t, one, dir)
	}
}

// keepIn is where a failing run is kept: the test's artifact directory if go test keeps
// that, else nowhere.
func keepIn(t *testing.T) string {
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		return ""
	}
	return t.ArtifactDir()
}

// The files that are kept beside a run's own.
const (
	scenarioFile = "scenario.yaml"
	shrunkFile   = "shrunk.yaml"
	tokenFile    = "token"
)

// keep writes the scenario, the run and its replay token, which names the scenario's file.
func keep(dir string, one trial, res *scenarios.Result) error {
	file := filepath.Join(dir, scenarioFile)
	if err := os.WriteFile(file, one.sc.YAML(), 0o666); err != nil {
		return err
	}
	if res == nil {
		return nil
	}
	token := scenarios.Token{
		Scenario: file, Seed: one.seed, ScenarioHash: one.sc.Hash(), Build: build,
		TraceHash: res.TraceHash, LogHash: res.LogHash,
	}
	if err := os.WriteFile(filepath.Join(dir, tokenFile), []byte(token.String()+"\n"), 0o666); err != nil {
		return err
	}
	return res.Write(dir)
}

// shrinkRun looks for a smaller world that fails like this one, prints it, and keeps it in
// dir if that is not empty.
func shrinkRun(t *testing.T, one trial, dir string) {
	t.Helper()
	small, err := shrink.Shrink(one.sc, shrink.Options{
		Base: scenarios.Options{Seed: one.seed, Build: build}, RunsMax: shrinkRuns,
		Stop: func() bool { return late(t) },
	})
	switch {
	case errors.Is(err, shrink.ErrNoFailure):
		return // inconclusive, or Judge's business alone
	case err != nil:
		t.Logf("not shrunk: %v", err)
		return
	}
	where := "FILE, with this in it"
	if dir != "" {
		where = quote(filepath.Join(dir, shrunkFile))
		if err := os.WriteFile(filepath.Join(dir, shrunkFile), small.Text, 0o666); err != nil {
			t.Logf("not kept: %v", err)
		}
	}
	t.Logf("smaller:   %s, before %s; play it: weir run %s\n%s", small.Last, small.First, where, small.Text)
}

// quote makes one word of a path for a shell.
func quote(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/=:,%@") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
