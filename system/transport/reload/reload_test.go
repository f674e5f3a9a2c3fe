package reload

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file that a rename put there is read although it has the size and the time of the
// old one, as what a tool unpacks has.
func TestReplacedBySuchAnother(t *testing.T) {
	name, when := filepath.Join(t.TempDir(), "f"), time.Unix(1e9, 0)
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name+".new", when, when); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	put("one")
	f, err := Load(func(*string) (string, error) { b, err := Read(name, 10); return string(b), err }, nil, name)
	if err != nil || f.Current() != "one" {
		t.Fatalf("%q: %v", f.Current(), err)
	}
	put("two")
	for end := time.Now().Add(10 * time.Second); f.Current() != "two"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q is in force", f.Current())
		}
	}
}
