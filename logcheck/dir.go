package logcheck

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// dirSource is a run's directory. It is the only part of the package that
// touches the file system.
type dirSource struct {
	dir string
	// many makes readers open their file for each chunk, so that a run of thousands
	// of files does not need as many descriptors.
	many bool
	logs *pieced // of the newest List
}

// openMax is how many files are held open at once.
const openMax = 200

// CheckDir judges the run in dir. The error says that there was nothing to judge:
// run.json is missing or wrong, or a file cannot be read. Bad logs are no error:
// they get a verdict.
func CheckDir(dir string, opt Options) (*Verdict, error) {
	run, err := ReadRun(filepath.Join(dir, "run.json"))
	if err != nil {
		return nil, err
	}
	return Check(&dirSource{dir: dir}, run, opt)
}

// ReadRun reads and validates a run.json, at most 4 MiB.
func ReadRun(path string) (*Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("logcheck: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, headerMax+1))
	if err != nil {
		return nil, fmt.Errorf("logcheck: read %s: %w", path, err)
	}
	return ParseRun(b)
}

// DirSource returns the run's directory as a Source.
func DirSource(dir string) Source { return &dirSource{dir: dir} }

// List returns faults.jsonl, if there is one, and the files in logs and metrics.
func (d *dirSource) List() ([]string, error) {
	var names []string
	if st, err := os.Stat(filepath.Join(d.dir, faultsName)); err == nil && st.Mode().IsRegular() {
		names = append(names, faultsName)
	}
	var kinds [3][]string
	for i, kind := range [...][2]string{{"logs", ".jsonl"}, {"logs", deletedSuffix}, {"metrics", ".prom"}} {
		var err error
		if kinds[i], err = d.folder(kind[0], kind[1]); err != nil {
			return nil, err
		}
	}
	d.logs = piecesOf(append(kinds[0], kinds[1]...))
	names = append(append(names, d.logs.names...), kinds[2]...)
	d.many = len(names) > openMax
	return names, nil
}

// folder lists the files of one kind in a folder that need not be there.
func (d *dirSource) folder(name, suffix string) (names []string, err error) {
	f, err := os.Open(filepath.Join(d.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("logcheck: %w", err)
	}
	defer f.Close()
	list, err := f.ReadDir(piecesMax + 1)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("logcheck: %w", err)
	}
	if len(list) > piecesMax {
		return nil, fmt.Errorf("logcheck: %s: more than %d files", f.Name(), piecesMax)
	}
	for _, e := range list {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), suffix) {
			names = append(names, name+"/"+e.Name())
		}
	}
	return names, nil
}

// missing says what is known to be missing of what was listed; empty: nothing.
func (d *dirSource) missing() string {
	if d.logs == nil {
		return ""
	}
	return d.logs.missing()
}

// Open opens one of the listed files.
func (d *dirSource) Open(name string) (io.ReadCloser, error) {
	if d.logs == nil || len(d.logs.numbers[name]) < 2 {
		return d.open(name)
	}
	r := &pieceReader{open: d.open}
	for _, n := range d.logs.numbers[name] {
		r.names = append(r.names, pieceName(name, n))
	}
	return r, nil
}

func (d *dirSource) open(name string) (io.ReadCloser, error) {
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if d.many {
		return &chunkFile{path: path}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("logcheck: %w", err)
	}
	return f, nil
}

// chunkFile reads a file without holding it open between reads.
type chunkFile struct {
	path string
	off  int64
}

// Read reads the next chunk.
func (c *chunkFile) Read(p []byte) (int, error) {
	f, err := os.Open(c.path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := f.ReadAt(p, c.off)
	c.off += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// Close does nothing: there is nothing held.
func (c *chunkFile) Close() error { return nil }
