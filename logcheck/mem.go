package logcheck

import (
	"bytes"
	"fmt"
	"io"
)

// MemFile is one file of a run in memory.
type MemFile struct {
	// Name is the path below the run's directory, with slashes.
	Name string
	// Data is the content; the check reads it in place and does not change it.
	Data []byte
}

// Mem is a run in memory: a Source that copies nothing, for sweeps and tests.
type Mem []MemFile

// List returns the names.
func (m Mem) List() ([]string, error) {
	names := make([]string, len(m))
	for i := range m {
		names[i] = m[i].Name
	}
	return names, nil
}

// Open returns a reader of the file of that name.
func (m Mem) Open(name string) (io.ReadCloser, error) {
	b, ok := m.data(name)
	if !ok {
		return nil, fmt.Errorf("logcheck: no file %q in memory", name)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

// data returns the whole file, so that the engine need not copy it.
func (m Mem) data(name string) ([]byte, bool) {
	for i := range m {
		if m[i].Name == name {
			return m[i].Data, true
		}
	}
	return nil, false
}
