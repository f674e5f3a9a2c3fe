package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"weir/logcheck"
	"weir/scenarios"
)

// tokenFile is the file of a run's directory that holds its replay token. A
// directory without it is none of ours and is never removed.
const tokenFile = "token"

// passedFile marks the directory of a run that passed; only those are removed
// when there are too many.
const passedFile = "passed"

// temporaryPrefix begins the names of what is being written in the run directory.
const temporaryPrefix = ".weir-"

// store is the run directory: runs/SCENARIO/SEED and the link runs/latest.
type store struct {
	dir  string
	keep int // passed runs to keep; 0: all

	mu    sync.Mutex
	names int // temporary names given out
}

// openStore creates the directory, so that a run is not made in vain.
func openStore(dir string, keep int) (*store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usage("run directory: %w", err)
	}
	probe, err := os.CreateTemp(dir, temporaryPrefix+"*")
	if err != nil {
		return nil, usage("run directory %s cannot be written: %w", dir, reason(err))
	}
	return &store{dir: dir, keep: keep}, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// save writes a run beside its place and moves it there when it is whole, so that
// neither a full disk nor a second weir in the same run directory leaves a mixture.
// A run that cannot be written whole is removed: half of its logs would be judged
// wrongly, and its seed makes it again.
func (s *store) save(o *outcome, res *scenarios.Result) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strconv.FormatUint(o.seed, 10)
	if o.token.World != "" {
		name = o.token.World + "-" + name
	}
	dir := filepath.Join(s.dir, o.sc.Name, name)
	tmp, err := s.fresh(func(name string) error { return os.Mkdir(name, 0o777) })
	if err != nil {
		return dir, fmt.Errorf("run directory: %w", err)
	}
	err = fill(tmp, o, res)
	if err == nil {
		err = replace(dir, tmp)
	}
	if err != nil {
		_ = os.RemoveAll(tmp) // the first error is the one to tell
		return dir, fmt.Errorf("run directory %s: %w", dir, reason(err))
	}
	return dir, s.link(dir)
}

// fresh calls create with names in the run directory, hidden ones, until one is
// free: other programs and hosts may share the directory.
func (s *store) fresh(create func(name string) error) (string, error) {
	for {
		s.names++
		name := filepath.Join(s.dir, fmt.Sprintf("%s%d-%d", temporaryPrefix, os.Getpid(), s.names))
		if err := create(name); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
}

// fill writes the files of a run.
func fill(dir string, o *outcome, res *scenarios.Result) error {
	if err := os.WriteFile(filepath.Join(dir, tokenFile), []byte(o.token.String()+"\n"), 0o666); err != nil {
		return err
	}
	if err := res.Write(dir); err != nil {
		return err
	}
	if o.status() != logcheck.Pass {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, passedFile), nil, 0o666)
}

// replace moves a whole run to its place. An earlier run there goes; another weir
// may put one there at any moment, so it is tried again.
func replace(dir, whole string) error {
	const tries = 100
	var err error
	for range tries {
		if err = os.MkdirAll(filepath.Dir(dir), 0o777); err != nil { // it may have been pruned
			return err
		}
		if err = clearRun(dir, whole+".old"); err == nil {
			err = os.Rename(whole, dir)
		}
		if !errors.Is(err, errForeign) && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

// errForeign says that a directory was not written by weir, or is being replaced at
// this moment.
var errForeign = errors.New("holds something else than a run; it is left alone")

// clearRun removes an earlier run of the same scenario and seed, by way of the name
// old, and refuses to remove anything else.
func clearRun(dir, old string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return err
	case !isRun(dir):
		return errForeign
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(old)
}

// isRun says whether a directory was written by save.
func isRun(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, tokenFile))
	return err == nil && strings.HasPrefix(string(data), scenarios.TokenPrefix)
}

// link points latest to the run, by a rename so that it never dangles.
func (s *store) link(dir string) error {
	target, err := filepath.Rel(s.dir, dir)
	if err != nil {
		return fmt.Errorf("latest: %w", err)
	}
	latest := filepath.Join(s.dir, "latest")
	if info, err := os.Lstat(latest); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("%s is no link: it is left alone", latest)
	}
	tmp, err := s.fresh(func(name string) error { return os.Symlink(target, name) })
	if err != nil {
		return fmt.Errorf("latest: %w", err)
	}
	if err := os.Rename(tmp, latest); err != nil {
		_ = os.Remove(tmp) // the first error is the one to tell
		return fmt.Errorf("latest: %w", err)
	}
	return nil
}

// leftAfter is when what a killed weir was writing is taken for left behind.
const leftAfter = time.Hour

// prune removes the oldest passed runs beyond the number to keep, and what killed
// programs have left behind.
func (s *store) prune() error {
	dir := os.DirFS(s.dir)
	left, err := fs.Glob(dir, temporaryPrefix+"*")
	if err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	for _, name := range left {
		old := filepath.Join(s.dir, name)
		if info, err := os.Lstat(old); err == nil && time.Since(info.ModTime()) > leftAfter {
			_ = os.RemoveAll(old) // the next run tries again
		}
	}
	runs, err := s.passed(dir)
	if err != nil || s.keep == 0 {
		return err
	}
	for _, old := range runs[min(s.keep, len(runs)):] {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("old run: %w", err)
		}
		_ = os.Remove(filepath.Dir(old)) // only if it is empty now
	}
	return nil
}

// passed lists the directories of the runs that passed, the newest first.
func (s *store) passed(dir fs.FS) ([]string, error) {
	marks, err := fs.Glob(dir, "*/*/"+passedFile)
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	var list []string
	at := map[string]time.Time{}
	for _, m := range marks {
		run := filepath.Join(s.dir, filepath.FromSlash(path.Dir(m)))
		info, err := os.Lstat(filepath.Join(run, passedFile))
		parent, errParent := os.Lstat(filepath.Dir(run))
		if err == nil && errParent == nil && parent.IsDir() && isRun(run) {
			list = append(list, run)
			at[run] = info.ModTime()
		}
	}
	slices.SortFunc(list, func(a, b string) int { return at[b].Compare(at[a]) })
	return list, nil
}
