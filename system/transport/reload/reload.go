package reload

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// lookEvery is how often the files are looked at, at most.
const lookEvery = 250 * time.Millisecond

// Files are the newest good contents of files, as one value. Safe for concurrent use.
type Files[T any] struct {
	names  []string
	read   func(was *T) (T, error)
	failed func(error)

	mu     sync.Mutex
	looked time.Time
	stamp  []os.FileInfo // as they were when now was read
	now    T
	told   string // what failed was told last; empty: nothing since they were good
}

// Load reads the files of these names; empty ones are none. read makes the value of
// them; was is the value in force, nil at first. failed is told, once for each different
// error and by whichever goroutine finds it, when files that changed later cannot be
// used; it may be nil.
func Load[T any](read func(was *T) (T, error), failed func(error), names ...string) (*Files[T], error) {
	f := &Files[T]{names: slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" }),
		read: read, failed: failed, looked: time.Now()}
	var err error
	if f.stamp, err = f.stat(); err == nil {
		f.now, err = read(nil)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Current returns what the files say now, if they changed and can be used; otherwise
// what they said before.
func (f *Files[T]) Current() T {
	f.mu.Lock()
	err := f.look()
	tell := err != nil && err.Error() != f.told
	if err != nil {
		f.told = err.Error()
	}
	now := f.now
	f.mu.Unlock()
	if tell && f.failed != nil {
		f.failed(err)
	}
	return now
}

// look reads the files again if it is time to and one of them is not what it was. What
// cannot be used is tried again at the next look: a set of files is not replaced at once.
// f.mu is held.
func (f *Files[T]) look() error {
	if time.Since(f.looked) < lookEvery {
		return nil
	}
	f.looked = time.Now()
	stamp, err := f.stat()
	if err == nil && slices.EqualFunc(stamp, f.stamp, same) {
		f.told = ""
		return nil
	}
	var next T
	if err == nil {
		next, err = f.read(&f.now)
	}
	if err == nil {
		f.now, f.stamp, f.told = next, stamp, ""
	}
	return err
}

// same reports whether a file is what it was. A rename puts another file there, which
// may have the size and the time of the old one.
func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func (f *Files[T]) stat() ([]os.FileInfo, error) {
	var all []os.FileInfo
	for _, name := range f.names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		all = append(all, info)
	}
	return all, nil
}

// Read returns the contents of a file of at most so many bytes.
func Read(name string, most int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s: more than %d bytes", name, most)
	}
	return b, err
}
