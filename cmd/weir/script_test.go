package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"weir/scenarios"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"weir":        main,
		"weir-broken": brokenMain,
	})
}

// TestScripts runs the command in processes of its own, as a user does.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			program, err := nodeBuilt()
			e.Setenv("WEIR_NODE", program)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  cmdExits,
			"equal":  cmdEqual,
			"repeat": cmdRepeat,
		},
	})
}

// nodeBuilt builds weir-node once for all scripts.
var nodeBuilt = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "weir-node-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "weir-node")
	if out, err := exec.Command("go", "build", "-o", program, "weir/cmd/weir-node").CombinedOutput(); err != nil {
		return "", fmt.Errorf("weir-node: %w\n%s", err, out)
	}
	return program, nil
})

// cmdExits runs a program and wants exactly this exit code: exits CODE PROGRAM ARG...
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var e *exec.ExitError
		if !errors.As(err, &e) {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// cmdEqual wants two directories to hold the same files, run.json and the token
// apart, which name the build.
func cmdEqual(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: equal DIR DIR")
	}
	d, err := firstDifference(ts.MkAbs(args[0]), ts.MkAbs(args[1]))
	ts.Check(err)
	if d.file != "" {
		ts.Fatalf("%s", d.text())
	}
}

// cmdRepeat writes a text many times: repeat FILE COUNT TEXT
func cmdRepeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: repeat FILE COUNT TEXT")
	}
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat(args[2]+"\n", count)), 0o644))
}

// brokenMain is the command with a runner that misbehaves as the variable BREAK
// says: the ways to fail that a sound weir does not show.
func brokenMain() {
	a := newApp()
	a.run = brokenRun
	os.Exit(a.main(os.Args[1:]))
}

var interruptOnce sync.Once

func brokenRun(sc *scenarios.Scenario, opt scenarios.Options) (*scenarios.Result, error) {
	how, arg, _ := strings.Cut(os.Getenv("BREAK"), "=")
	switch how {
	case "panic":
		panic("the scheduler is \x1b[31mlost")
	case "error":
		return nil, fmt.Errorf("no world could be made")
	case "interrupt":
		interruptOnce.Do(func() { _ = syscall.Kill(os.Getpid(), syscall.SIGINT) }) // else the test waits in vain
		for !opt.Interrupted() {
			time.Sleep(time.Millisecond)
		}
	case "input": // the input changes while the run goes on
		if err := os.Truncate(arg, 10); err != nil {
			return nil, err
		}
	case "remove":
		if err := os.Remove(arg); err != nil {
			return nil, err
		}
	}
	res, err := scenarios.Run(sc, opt)
	if err == nil && how == "random" && os.Getenv("GOMAXPROCS") == arg {
		first := &res.Logs[0]
		first.Data = scenarios.Text{[]byte(strings.Replace(string(first.Data.Bytes()), `"tok":5`, `"tok":6`, 1))}
		res.LogHash++
	}
	return res, err
}
