package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func openSpool(t interface{ Fatal(...any) }, dir string) *Spool {
	s, err := OpenSpool(dir, SpoolMin)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openSmall opens a spool of small segments.
func openSmall(t interface{ Fatal(...any) }, dir string) *Spool {
	s := openSpool(t, dir)
	s.max, s.roll = 64<<10, 4<<10
	return s
}

// readAll reads a store from an offset to where it has nothing more.
func readAll(s Store, offset int64) (string, error) {
	r, err := s.Open(offset)
	if err != nil {
		return "", err
	}
	defer r.Close()
	var all []byte
	buf := make([]byte, 7000)
	for {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil {
			if errors.Is(err, ErrLater) {
				err = nil
			}
			return string(all), err
		}
	}
}

// segments lists a spool's files, oldest first.
func segments(t interface{ Fatal(...any) }, dir string) []string {
	all, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(all) == 0 {
		t.Fatal("no segments: ", err)
	}
	slices.Sort(all)
	return all
}

// tear leaves of the last segment what a crash in the middle of a write would leave: a
// frame cut anywhere, and perhaps a new segment whose first frame is cut.
func tear(t *rapid.T, s *Spool, dir string) {
	s.Close()
	torn := appendFrame(nil, s.id, frame{s.end, []byte("never"), []byte("never synced")})
	torn = torn[:rapid.IntRange(0, len(torn)-1).Draw(t, "torn at")]
	name := segments(t, dir)[len(segments(t, dir))-1]
	if rapid.IntRange(0, 3).Draw(t, "new segment") == 0 {
		name = filepath.Join(dir, fmt.Sprintf("%s-%020d.seg", s.id, s.end))
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(torn)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// Whatever is appended, released and torn by crashes: a spool holds exactly what was
// taken and not released, with the position of the last that was taken.
func TestSpoolIsItsStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "spool")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s := openSmall(t, dir)
		defer func() { s.Close() }()
		id, stream, position, released, full := s.ID(), "", "", 0, 0
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch k := rapid.IntRange(0, 9).Draw(t, "do"); {
			case k < 6:
				payload := strings.Repeat(fmt.Sprintf("%d,", len(stream)), rapid.SampledFrom([]int{0, 1, 3, 300, 2000}).Draw(t, "length"))
				at := fmt.Sprint("at ", len(stream)+len(payload))
				switch err := s.Append([]byte(payload), []byte(at)); {
				case err == nil:
					stream, position = stream+payload, at
				case !errors.Is(err, ErrFull):
					t.Fatal(err)
				default:
					full++
				}
			case k < 8:
				released = max(released, rapid.IntRange(0, len(stream)).Draw(t, "released"))
				s.Release(int64(released))
			default:
				tear(t, s, dir)
				s = openSmall(t, dir)
				s.Release(int64(released))
			}
			if s.ID() != id || string(s.Position()) != position {
				t.Fatalf("spool %s at %q, want %s at %q", s.ID(), s.Position(), id, position)
			}
			from := rapid.IntRange(released, len(stream)).Draw(t, "from")
			if got, err := readAll(s, int64(from)); err != nil || got != stream[from:] {
				t.Fatalf("%d bytes from %d, want %d: %v", len(got), from, len(stream)-from, err)
			}
			if held, waiting := s.Level(); held > s.max || waiting != int64(len(stream)-released) {
				t.Fatalf("holds %d bytes, %d of them waiting; at most %d and %d", held, waiting, s.max, len(stream)-released)
			}
		}
		s.Release(int64(len(stream)))
		if held, _ := s.Level(); held > s.roll+16<<10 || s.Append([]byte("x"), nil) != nil {
			t.Fatalf("%d bytes held of what is released", held)
		}
	})
}

func TestSpoolIsFullAndHasRoomAgain(t *testing.T) {
	for name, s := range map[string]Store{"spool": openSpool(t, t.TempDir()), "buffer": NewBuffer(SpoolMin)} {
		chunk := bytes.Repeat([]byte("0123456789abcde\n"), 16<<10)
		n := 0
		for ; n < 100; n++ {
			if err := s.Append(chunk, nil); err != nil {
				if !errors.Is(err, ErrFull) {
					t.Fatal(name, err)
				}
				break
			}
		}
		if n < 12 || n > 16 {
			t.Errorf("%s: full after %d chunks of 256 KiB, of 4 MiB", name, n)
		}
		r, err := s.Open(0)
		if err != nil {
			t.Fatal(name, err)
		}
		s.Release(int64(n * len(chunk)))
		if err := s.Append([]byte("more"), nil); err != nil {
			t.Errorf("%s: %v after everything was released", name, err)
		}
		if _, err := s.Open(0); !errors.Is(err, ErrReleased) {
			t.Errorf("%s: open of what was released: %v", name, err)
		}
		s.Finish()
		if got, err := readAll(s, int64(n*len(chunk))); got != "more" || err != io.EOF {
			t.Errorf("%s: read %q: %v", name, got, err)
		}
		r.Close()
	}
}

// A flipped bit of what was synced is told, never passed over: neither when the spool
// is opened nor when it is read.
func TestDamagedSpoolIsTold(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	for i := range 3 {
		if err := s.Append(fmt.Appendf(nil, "line %d\n", i), []byte("p")); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	name := segments(t, dir)[0]
	sound, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndex(sound, []byte(frameMagic))
	for at := range sound {
		bad := bytes.Clone(sound)
		bad[at] ^= 0x10
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := OpenSpool(dir, SpoolMin)
		if at < last && err == nil {
			t.Fatalf("byte %d: the damage was not told", at)
		}
		if at >= last { // as a torn end
			if err != nil {
				t.Fatalf("byte %d: %v", at, err)
			}
			if got, err := readAll(again, 0); got != "line 0\nline 1\n" || err != nil {
				t.Fatalf("byte %d: %q: %v", at, got, err)
			}
			again.Close()
		}
	}
	if err := os.WriteFile(name, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	s = openSpool(t, dir)
	defer s.Close()
	bad := bytes.Clone(sound)
	bad[last-3] ^= 1
	if err := os.WriteFile(name, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(s, 0); got != "line 0\n" || !errors.Is(err, errNoFrame) {
		t.Fatalf("read %q of a damaged spool: %v", got, err)
	}
}

func TestSpoolRefuses(t *testing.T) {
	if _, err := OpenSpool(t.TempDir(), SpoolMin-1); err == nil {
		t.Error("a spool that is too small was opened")
	}
	dir := t.TempDir()
	openSpool(t, dir).Close()
	if err := os.WriteFile(filepath.Join(dir, "0000000000000000-00000000000000000007.seg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSpool(dir, SpoolMin); err == nil || !strings.Contains(err.Error(), "segments of the spools") {
		t.Errorf("segments of two spools: %v", err)
	}
	dir = t.TempDir()
	s := openSpool(t, dir)
	defer s.Close()
	if _, err := OpenSpool(dir, SpoolMin); err == nil {
		t.Error("a spool was opened twice")
	}
	if err := s.Append(make([]byte, payloadMax+1), nil); err == nil {
		t.Error("a frame that is too long was taken")
	}
	if _, err := s.Open(1); !errors.Is(err, ErrReleased) {
		t.Errorf("open after the end: %v", err)
	}
}

// FuzzFrame: a frame that is read is the bytes that would be written, and nothing else
// is read.
func FuzzFrame(f *testing.F) {
	sound := appendFrame(nil, "id", frame{77, []byte("position"), []byte("line\n")})
	f.Add(sound)
	f.Add(append(bytes.Clone(sound), "rest"...))
	f.Add(sound[:len(sound)-1])
	f.Add(appendFrame(nil, "other", frame{77, nil, nil}))
	f.Add(appendFrame(nil, "id", frame{0, nil, nil}))
	f.Add([]byte(frameMagic + "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, size := readFrame(b, "id")
		if size == 0 {
			return
		}
		if again := appendFrame(nil, "id", fr); !bytes.Equal(again, b[:size]) {
			t.Fatalf("%q is read as %+v, which is written %q", b[:size], fr, again)
		}
	})
}
