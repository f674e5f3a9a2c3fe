package main

import (
	"errors"
	"fmt"
	"os"
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

// store is the run directory: runs/SCENARIO/SEED and the link runs/latest.
type store struct {
	dir  string
	keep int // passed runs to keep; 0: all
	mu   sync.Mutex
}

// openStore creates the directory, so that a run is not made in vain.
func openStore(dir string, keep int) (*store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, usage("run directory: %w", err)
	}
	probe, err := os.CreateTemp(dir, ".weir-*")
	if err != nil {
		return nil, usage("run directory %s cannot be written: %w", dir, reason(err))
	}
	return &store{dir: dir, keep: keep}, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// save writes a run. The error of a full disk comes back with the directory: what
// was written stays there.
func (s *store) save(o *outcome, res *scenarios.Result) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := filepath.Join(s.dir, o.sc.Name, strconv.FormatUint(o.seed, 10))
	if err := clearRun(dir); err != nil {
		return dir, fmt.Errorf("run directory %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return dir, fmt.Errorf("run directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, tokenFile), []byte(o.token.String()+"\n"), 0o666); err != nil {
		return dir, fmt.Errorf("run directory: %w", err)
	}
	if err := res.Write(dir); err != nil {
		return dir, fmt.Errorf("%w; what was written until then is kept", err)
	}
	if o.status() == logcheck.Pass {
		if err := os.WriteFile(filepath.Join(dir, passedFile), nil, 0o666); err != nil {
			return dir, fmt.Errorf("run directory: %w", err)
		}
	}
	return dir, s.link(dir)
}

// clearRun removes an earlier run of the same scenario and seed, and refuses to
// remove anything else.
func clearRun(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return reason(err)
	}
	if !isRun(dir) {
		return errors.New("holds something else than a run; it is left alone")
	}
	return os.RemoveAll(dir)
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
	tmp := latest + ".new"
	_ = os.Remove(tmp) // of an interrupted run; if it is not there, so much the better
	if err := os.Symlink(target, tmp); err != nil {
		return fmt.Errorf("latest: %w", err)
	}
	return os.Rename(tmp, latest)
}

// prune removes the oldest passed runs beyond the number to keep.
func (s *store) prune() error {
	if s.keep == 0 {
		return nil
	}
	paths, err := filepath.Glob(filepath.Join(s.dir, "*", "*", passedFile))
	if err != nil {
		return fmt.Errorf("run directory: %w", err)
	}
	type passed struct {
		dir string
		at  time.Time
	}
	var list []passed
	for _, p := range paths {
		dir := filepath.Dir(p)
		info, err := os.Lstat(p)
		parent, errParent := os.Lstat(filepath.Dir(dir))
		if err == nil && errParent == nil && parent.IsDir() && isRun(dir) {
			list = append(list, passed{dir, info.ModTime()})
		}
	}
	slices.SortFunc(list, func(a, b passed) int { return b.at.Compare(a.at) })
	for _, old := range list[min(s.keep, len(list)):] {
		if err := os.RemoveAll(old.dir); err != nil {
			return fmt.Errorf("old run: %w", err)
		}
		_ = os.Remove(filepath.Dir(old.dir)) // only if it is empty now
	}
	return nil
}
