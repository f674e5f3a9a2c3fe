package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"weir/scenarios"
	"weir/scenarios/study"
)

// studyFlags are the flags of weir study.
type studyFlags struct {
	out   string
	jobs  int
	seeds int
	check bool
}

// seedsOfStudy bounds the runs of a cell.
const seedsOfStudy = 10_000

const studyLong = `Answers a question about designs by a designed set of runs in the simulation, each of which
is judged as well. Of each study NAME it writes NAME.md, a page with the question, the
method, the figures with their intervals and the answer; NAME.svg, its plot; NAME.csv and
NAME.json, the figures. The same build writes the same bytes on every machine.

Files are written when a study is complete: an interrupt leaves what was there.
With --check nothing is written: the exit code is 1 if the files differ from what was found.
Without a name it lists the studies.

` + exitHelp

func (a *app) studyCommand() *cobra.Command {
	var f studyFlags
	c := &cobra.Command{
		Use:     "study [NAME ... | all]",
		Short:   "Answer a question about designs by measuring them",
		Long:    studyLong,
		Example: "  weir study policy\n  weir study all --check\n  weir study detector --out /tmp/studies",
		RunE:    func(_ *cobra.Command, args []string) error { return a.study(args, &f) },
	}
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append(studyNames(), "all"), cobra.ShellCompDirectiveNoFileComp
	}
	fl := c.Flags()
	fl.StringVar(&f.out, "out", filepath.Join("docs", "studies"), "the folder of the files")
	fl.IntVar(&f.jobs, "jobs", runtime.NumCPU(), "worlds at once")
	fl.IntVar(&f.seeds, "seeds", 0, "runs of each cell, with seeds from 1; 0: as many as the study says")
	fl.BoolVar(&f.check, "check", false, "compare with the files instead of writing them")
	return c
}

func studyNames() (names []string) {
	for _, s := range study.All() {
		names = append(names, s.Name)
	}
	return names
}

// study runs the command.
func (a *app) study(args []string, f *studyFlags) error {
	if f.jobs < 1 || f.jobs > 1024 {
		return usage("--jobs %d: want 1 to 1024", f.jobs)
	}
	if f.seeds < 0 || f.seeds > seedsOfStudy {
		return usage("--seeds %d: want 0 to %d", f.seeds, seedsOfStudy)
	}
	if f.out == "" {
		return usage("--out is empty")
	}
	if len(args) == 0 {
		for _, s := range study.All() {
			fmt.Fprintf(a.out, "%-9s %4d runs  %s\n", s.Name, len(s.Cells())*s.Seeds, s.Title)
		}
		return nil
	}
	list, err := chosenStudies(args)
	if err != nil {
		return err
	}
	if !f.check {
		if err := os.MkdirAll(f.out, 0o777); err != nil {
			return usage("--out: %w", err)
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as for a sweep
	code := exitOK
	for _, s := range list {
		if f.seeds > 0 {
			s.Seeds = f.seeds
		}
		t, err := a.measure(s, f.jobs)
		if err != nil {
			return err
		}
		same, err := a.deliver(s.Files(t), f)
		if err != nil {
			return err
		}
		if !same {
			code = exitFailed
		}
	}
	return ended(code)
}

// chosenStudies are those that the arguments name, each once.
func chosenStudies(args []string) ([]*study.Study, error) {
	var list []*study.Study
	seen := map[string]bool{}
	for _, arg := range args {
		named := []*study.Study{study.Named(arg)}
		if arg == "all" {
			named = study.All()
		}
		for _, s := range named {
			if s == nil {
				return nil, usage("there is no study %q; there are %s, and all", clean(arg), strings.Join(studyNames(), ", "))
			}
			if !seen[s.Name] {
				seen[s.Name] = true
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// measured is what one run of a study gave.
type measured struct {
	cell, seed int
	values     []*int64
	err        error
}

// measure makes a study's runs and fills its table. The first run that is not as it
// should be ends it.
func (a *app) measure(s *study.Study, jobs int) (*study.Table, error) {
	cells, t := s.Cells(), s.NewTable()
	all := make([]*scenarios.Scenario, len(cells))
	for i, c := range cells {
		var err error
		if all[i], err = s.Scenario(c); err != nil {
			return nil, internal("%w", err)
		}
	}
	fmt.Fprintf(a.errw, "weir: study %s: %d cells of %d runs\n", s.Name, len(cells), s.Seeds)
	p := startProgress(a, uint64(len(cells)*s.Seeds), false)
	defer p.stop()
	stop := make(chan struct{})
	var failed error
	for m := range a.measureAll(s, all, jobs, p, stop) {
		if m.err != nil && failed == nil {
			failed = fmt.Errorf("%w\nreproduce: %s", m.err, s.Command(cells[m.cell], m.seed))
			close(stop)
		}
		t.Put(m.cell, m.seed, m.values)
	}
	if a.ctx.Err() != nil {
		return nil, interrupted()
	}
	return t, failed
}

// measureAll makes the runs on so many goroutines, which share nothing, until all are
// made, or stop or an interrupt comes.
func (a *app) measureAll(s *study.Study, all []*scenarios.Scenario, jobs int, p *progress, stop <-chan struct{}) <-chan measured {
	todo, done := make(chan measured), make(chan measured)
	go func() {
		defer close(todo)
		for i := range len(all) * s.Seeds {
			select {
			case todo <- measured{cell: i / s.Seeds, seed: i%s.Seeds + 1}:
			case <-stop:
				return
			case <-a.ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for m := range todo {
				p.begin()
				a.measureOne(s, all[m.cell], &m, p)
				p.finished(m.err != nil)
				done <- m
			}
		})
	}
	go func() {
		workers.Wait()
		close(done)
	}()
	return done
}

// measureOne makes and measures one run.
func (a *app) measureOne(s *study.Study, sc *scenarios.Scenario, m *measured, p *progress) {
	defer func() {
		if r := recover(); r != nil {
			m.err = internal("panic: %v\n%s", r, debug.Stack())
		}
	}()
	opt, w := s.Options(uint64(m.seed))
	opt.Progress, opt.Interrupted = p.follow(), func() bool { return a.ctx.Err() != nil }
	res, err := a.run(sc, opt)
	switch {
	case err != nil:
		m.err = internal("%w", err)
	case res.Stop != scenarios.StopInterrupted:
		if m.values, err = s.Measure(sc, res, w); err != nil {
			m.err = &exit{exitFailed, err}
		}
	}
}

// deliver writes a study's files, each whole or not at all, or compares them.
func (a *app) deliver(files []study.File, f *studyFlags) (same bool, err error) {
	same = true
	for _, file := range files {
		path := filepath.Join(f.out, file.Name)
		if !f.check {
			write := func(w io.Writer) error { _, err := w.Write(file.Data); return err }
			if err := writeWhole(path, write); err != nil {
				return false, err
			}
			fmt.Fprintln(a.out, clean(path))
			continue
		}
		old, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(a.out, "%s: missing\n", clean(path))
			same = false
		case err != nil:
			return false, internal("%w", err)
		case !bytes.Equal(old, file.Data):
			fmt.Fprintf(a.out, "%s: differs from what was found\n", clean(path))
			same = false
		default:
			fmt.Fprintf(a.out, "%s: the same\n", clean(path))
		}
	}
	return same, nil
}
